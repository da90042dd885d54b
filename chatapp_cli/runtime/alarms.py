"""Notices what is wrong, and tells people once when it breaks and once when it heals."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import structlog

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.alarm import AlarmKind
from chatapp_cli.domain.draft import MEGABYTE
from chatapp_cli.domain.journal.automation import (
    AutomationResumed,
    AutomationStormed,
    AutoRuleChanged,
    AutoRuleHalted,
)
from chatapp_cli.domain.journal.channels import HealthChanged
from chatapp_cli.domain.journal.company import AlarmHealed, AlarmRaised, CompanyConfigured
from chatapp_cli.domain.journal.links import LinkStateChanged, PairingAccepted, PairingRefused
from chatapp_cli.domain.journal.messages import DeadLetterKept
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.runtime.alarm_command import AlarmCommand
from chatapp_cli.runtime.restarting import WorkerState
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.worker import Chore
from chatapp_cli.services import alarm_recipients, alarms, crm_presence, faults
from chatapp_cli.services.alarm_recipients import OPTION, AlarmRecipient
from chatapp_cli.services.faults import Fault, Key
from chatapp_cli.store.rows.alarms import AlarmRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.services.alarm_messages import Told

log = structlog.get_logger()

EVERY = 60.0
"""Seconds between looks at what no event tells of."""
ENOUGH_AGAIN = faults.LEAST_SPACE + 50 * MEGABYTE
"""Free bytes above which a full disk no longer counts as full."""
WATCHED = frozenset(AlarmKind) - {AlarmKind.STORE}
"""The kinds of alarms that are raised and healed here; others belong to whoever raised them."""
NOBODY_TOLD = T("Nobody is told of alarms.")
NAME_SOMEBODY = T(
    "Name addresses: {addresses}; or a command: {command}",
    addresses=to_do(Next.CONFIGURE_COMPANY, name=OPTION, value="email:olga@shop.example"),
    command=to_do(Next.SET, name="alarm_command", value="'curl -fsS --data-binary @- https://push.example/desk'"),
)
_WAKES = (
    *(AlarmRaised, AlarmHealed, CompanyConfigured, DeadLetterKept),
    *(AutoRuleChanged, AutoRuleHalted, AutomationResumed, AutomationStormed),
    *(HealthChanged, LinkStateChanged, PairingAccepted, PairingRefused),
)


class _Seen(NamedTuple):
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
        free = await self._store.off_loop(partial(_free_bytes, self._company.settings.folder))
        found = await self._store.read(partial(self._look, free=free))
        if found.faults.keys() != {(one.kind, one.ref) for one in found.open if one.kind in WATCHED}:
            await self._store.write(partial(faults.settle, found=found.faults, kinds=WATCHED))
        to = await self._store.read(partial(recipients, company=self._company))
        await self._confirm(to)
        for alarm in await self._store.read(alarms.due_to_tell):
            await self._tell(alarm, to)

    async def _confirm(self, to: Sequence[AlarmRecipient]) -> None:
        """Record what was told by messages that were sent meanwhile."""
        if not to:
            return
        from chatapp_cli.services import alarm_messages  # nobody who is told of nothing needs them

        if await self._store.read(partial(alarm_messages.got_through, to=to)):
            for alarm in await self._store.write(partial(alarm_messages.confirm, to=to)):
                await self._settled(alarm, told=True)

    def _look(self, tx: Tx, *, free: int) -> _Seen:
        found = alarms.open_alarms(tx)
        known = {(one.kind, one.ref) for one in found}
        wrong = faults.everything(tx, self._company.manifest, known=known, began=self._began)
        return _Seen({**wrong, **_of_links(tx), **self._process_faults(known, free)}, found)

    def _process_faults(self, known: set[Key], free: int) -> Mapping[Key, Fault]:
        """What only this process knows: workers that fail, and the disk."""
        found: dict[Key, Fault] = {
            (AlarmKind.WORKER, one.name): Fault(T("{name} keeps failing: {why}", name=one.name, why=one.why))
            for one in self._conditions()
            if one.why
        }
        if free < (ENOUGH_AGAIN if (AlarmKind.DISK, "") in known else faults.LEAST_SPACE):
            text = T("The disk is almost full: {n} MB are free beside the store", n=free // MEGABYTE)
            found[AlarmKind.DISK, ""] = Fault(text)
        return found

    async def _tell(self, alarm: AlarmRow, to: Sequence[AlarmRecipient]) -> None:
        """Tell people of one alarm by the command and to every address.

        It is told once the command ends well or a message was sent; until then, it is tried again.
        """
        command = self._command
        if not (to or command.is_set) or not await self._store.write(partial(alarms.begin_telling, alarm=alarm)):
            return
        words = alarm_recipients.message(alarm, self._company.settings.company)
        run = command.is_set and await command.run(alarm, words, mark=_mark(alarm))
        told = await self._store.write(
            partial(_send_and_record, company=self._company, alarm=alarm, to=to, text=words, run=run)
        )
        if told.reached or not told.under_way or alarm.tries:
            await self._settled(alarm, told=told.reached)

    async def _settled(self, alarm: AlarmRow, *, told: bool) -> None:
        """Note the outcome; what was told needs no mark any more."""
        if told:
            await self._store.off_loop(partial(self._command.forget, _mark(alarm)))
        self._say(alarm, told=told)

    def _say(self, alarm: AlarmRow, *, told: bool) -> None:
        """Log once when telling fails, and once when it works again."""
        if not told and not self._failing:
            log.error("alarm.untold", kind=alarm.kind, ref=alarm.ref)
        if told and self._failing:
            log.info("alarm.told_again", kind=alarm.kind)
        self._failing = not told


def recipients(tx: Tx, company: Company) -> Sequence[AlarmRecipient]:
    """Who is told by messages."""
    return alarm_recipients.recipients(company.options.text(tx, OPTION))


def _send_and_record(
    tx: Tx, company: Company, alarm: AlarmRow, to: Sequence[AlarmRecipient], text: Text, *, run: bool
) -> Told:
    """Write the messages and record whether anybody was told, in one transaction; ``run``: by the command."""
    from chatapp_cli.services import alarm_messages

    found = alarm_messages.send(tx, company.capabilities, alarm, to, text)
    found = found._replace(reached=found.reached or run)
    if found.reached:
        alarms.record_told(tx, alarm)
    return found


def _of_links(tx: Tx) -> Mapping[Key, Fault]:
    if not crm_presence.is_linked(tx):
        return {}
    from chatapp_cli.kit import crms
    from chatapp_cli.services import link_faults

    return link_faults.of_links(tx, crms.manifest)


def _mark(alarm: AlarmRow) -> str:
    """Under which the command is run once for each of its states."""
    return f"{alarm.kind} {alarm.ref} {alarm.since}"


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def chore(store: AsyncStore, conditions: Callable[[], Sequence[WorkerState]]) -> Chore:
    """The worker of a daemon that watches and tells."""
    watch = AlarmWatch(store, conditions)
    found = Chore("alarms", watch.turn, clock=store.company.world.clock, every=EVERY, wakes=_WAKES)
    found.wake()
    return found
