"""Notices what is wrong, and tells people once when it breaks and once when it heals."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import structlog

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.draft import MEGABYTE
from chatapp_cli.domain.errors import ChatappError, Refused
from chatapp_cli.domain.journal.channels import HealthChanged
from chatapp_cli.domain.journal.company import AlarmHealed, AlarmRaised, CompanyConfigured
from chatapp_cli.domain.journal.messages import DeadLetterKept
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show
from chatapp_cli.kit import commands
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime.alarm_command import AlarmCommand
from chatapp_cli.runtime.restarting import WorkerState
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.worker import Chore
from chatapp_cli.services import alarm_messages, alarms, faults
from chatapp_cli.services.alarm_messages import OPTION, AlarmRecipient
from chatapp_cli.services.faults import Fault, Key
from chatapp_cli.store.rows.alarms import AlarmRow
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

EVERY = 60.0
"""Seconds between looks at what no event tells of."""
ENOUGH_AGAIN = faults.LEAST_SPACE + 50 * MEGABYTE
"""Free bytes above which a full disk no longer counts as full."""
WATCHED = frozenset({"channel", "deadletter", "disk", "follower", "uncertain", "worker"})
"""The kinds of alarms that are raised and healed here; others belong to whoever raised them."""
_WAKES = (AlarmRaised, AlarmHealed, CompanyConfigured, DeadLetterKept, HealthChanged)


def try_out(company: Company) -> Sequence[Finding]:
    """Tell everybody that this is a trial, and how that went for each. Raises Refused if nobody is told of alarms."""
    company.require(Right.SETTINGS)
    to = company.read(partial(_recipients, company=company))
    command = company.settings.alarm_command
    if not (to or command):
        raise Refused(
            "nobody_told",
            T("Nobody is told of alarms."),
            T(
                "Name addresses: {addresses}; or a command: {command}",
                addresses=to_do(Next.CONFIGURE_COMPANY, name="alarm", value="email:olga@shop.example"),
                command=to_do(Next.SET, name="alarm_command"),
            ),
        )
    words = T("{company}: this is a trial of the alarms", company=company.settings.company)
    found = [_tried(company, one, words) for one in to]
    if command:
        why = commands.tell(command, f"{show(words)}\n", extra={"ALARM_KIND": "test", "ALARM_STATE": "raised"})
        what = T("The command failed: {why}", why=why) if why else T("The command was told")
        found.append(Finding(name="alarm_command", ok=not why, what=what, next_step=T("Correct the command.")))
    return found


def _tried(company: Company, one: AlarmRecipient, words: Text) -> Finding:
    try:
        job = partial(alarm_messages.try_out, able=company.capabilities, one=one, text=words)
        number = company.whole.write(job)
    except ChatappError as error:
        return Finding(name=str(one), ok=False, what=error.what, next_step=error.next_step)
    return Finding(name=str(one), ok=True, what=T("Message {n} is on its way", n=number))


class _Look(NamedTuple):
    """What a look found, beside the alarms that are open."""

    faults: Mapping[Key, Fault]
    open: Sequence[AlarmRow]


class AlarmWatch:
    """Looks, has alarms raised and healed, and tells people of them."""

    def __init__(self, store: AsyncStore, conditions: Callable[[], Sequence[WorkerState]]) -> None:
        self._store = store
        self._company = store.company
        self._conditions = conditions
        self._command = AlarmCommand(self._company.settings)
        self._began = store.company.world.clock.now()
        self._failing = False

    async def turn(self) -> None:
        """Look once, and tell what is due."""
        room = await self._store.off_loop(partial(_room, self._company.settings.folder))
        found = await self._store.read(partial(self._look, room=room))
        if found.faults.keys() != {(one.kind, one.ref) for one in found.open if one.kind in WATCHED}:
            await self._store.write(partial(faults.settle, found=found.faults, kinds=WATCHED))
        for alarm in await self._store.read(alarms.due):
            await self._tell(alarm)

    def _look(self, tx: Tx, *, room: int) -> _Look:
        found = alarms.open_(tx)
        known = {(one.kind, one.ref) for one in found}
        wrong = faults.look(tx, self._company.manifest, known=known, began=self._began)
        return _Look({**wrong, **self._of_process(known, room)}, found)

    def _of_process(self, known: set[Key], room: int) -> Mapping[Key, Fault]:
        """What only this process knows: workers that fail, and the disk."""
        found = {
            ("worker", one.name): Fault(T("{name} keeps failing: {why}", name=one.name, why=one.why))
            for one in self._conditions()
            if one.why
        }
        if room < (ENOUGH_AGAIN if ("disk", "") in known else faults.LEAST_SPACE):
            text = T("The disk is almost full: {n} MB are free beside the store", n=room // MEGABYTE)
            found["disk", ""] = Fault(text)
        return found

    async def _tell(self, alarm: AlarmRow) -> None:
        """Tell people of one alarm by the command and to every address; it is told if one of these succeeds."""
        to = await self._store.read(partial(_recipients, company=self._company))
        command = self._command
        if not (to or command.is_set) or not await self._store.write(partial(alarms.begin, alarm=alarm)):
            return
        words = alarm_messages.sentence(alarm, self._company.settings.company)
        mark = f"{alarm.kind} {alarm.ref} {alarm.since} {alarm.healed_at}"
        run = command.is_set and await command.run(alarm, words, mark=mark)
        job = partial(_told, company=self._company, alarm=alarm, to=to, text=words, already=run)
        told = await self._store.write(job)
        if told:
            await self._store.off_loop(partial(command.forget, mark))
        self._say(alarm, told=told)

    def _say(self, alarm: AlarmRow, *, told: bool) -> None:
        """Log once when telling fails, and once when it works again."""
        if not told and not self._failing:
            log.error("alarm.untold", kind=alarm.kind, ref=alarm.ref)
        if told and self._failing:
            log.info("alarm.told_again", kind=alarm.kind)
        self._failing = not told


def _recipients(tx: Tx, company: Company) -> Sequence[AlarmRecipient]:
    return alarm_messages.recipients(company.options.text(tx, OPTION))


def _told(
    tx: Tx, company: Company, alarm: AlarmRow, to: Sequence[AlarmRecipient], text: Text, *, already: bool
) -> bool:
    """Write the messages and record it, in one transaction; whether anybody was told."""
    reached = alarm_messages.send(tx, company.capabilities, alarm, to, text)
    if reached or already:
        alarms.told(tx, alarm)
    return bool(reached or already)


def _room(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def chore(store: AsyncStore, conditions: Callable[[], Sequence[WorkerState]]) -> Chore:
    """The worker of a daemon that watches and tells."""
    watch = AlarmWatch(store, conditions)
    found = Chore("alarms", watch.turn, clock=store.company.world.clock, every=EVERY, wakes=_WAKES)
    found.wake()
    return found
