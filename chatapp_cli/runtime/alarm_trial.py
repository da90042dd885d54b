"""A trial of the alarms: everybody who is told of them is told that this is one, and how that went is said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import Busy, ChatappError, Refused
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.message import SENT, WAITING
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show
from chatapp_cli.kit import commands
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime.alarms import NAME_SOMEBODY, NOBODY_TOLD, recipients
from chatapp_cli.runtime.lease import HolderKind, current_holder, silent_holder
from chatapp_cli.runtime.once import deliver
from chatapp_cli.services import alarm_messages, channels, dialogs, lease, transcript, words
from chatapp_cli.services.alarm_recipients import AlarmRecipient
from chatapp_cli.services.standings import standing

PATIENCE = 10.0
"""Seconds for which the verdicts of the messages are awaited; after them they are on their way."""


def try_out(company: Company, files: Sequence[Path] = ()) -> Sequence[Finding]:
    """Tell everybody, and how that went for each. Raises Refused if nobody is told of alarms.

    Messages are sent by the daemon: without one none is written. Of the settings ``files`` it is said if the daemon
    does not know what they say now: it would not tell whom this trial tells.
    """
    company.require(Right.SETTINGS)
    to = company.read(partial(recipients, company=company))
    command = company.settings.alarm_command
    if not (to or command):
        raise Refused("nobody_told", NOBODY_TOLD, NAME_SOMEBODY)
    text = T("{company}: this is a trial of the alarms", company=company.settings.company)
    tried = [*_by_messages(company, to, text), *(_by_command(command, text) if command else ())]
    return [*tried, *_changed(company, files)]


def _changed(company: Company, files: Sequence[Path]) -> Iterator[Finding]:
    """Settings that were changed after the daemon had read them; no finding without any."""
    found = current_holder(company)
    if found is None or found.kind is HolderKind.COMMAND:
        return
    began = company.database.read(lease.read).taken_at
    for file in files:
        if file.is_file() and file.stat().st_mtime * 1000 > began:
            what = T("{file} was changed after the daemon had read it (process {n})", file=file, n=found.named)
            yield Finding(name="settings", ok=False, what=what, next_step=T("Restart the daemon, and try again."))


def _by_command(command: str, text: Text) -> Iterator[Finding]:
    why = commands.tell(command, f"{show(text)}\n", extra={"ALARM_KIND": "test", "ALARM_STATE": "raised"})
    what = T("The command failed: {why}", why=why) if why else T("The command was told")
    yield Finding(name="alarm_command", ok=not why, what=what, next_step=T("Correct the command."))


def _by_messages(company: Company, to: Sequence[AlarmRecipient], text: Text) -> Iterator[Finding]:
    served = _is_served(company)
    written = [(one, _written(company, one, text, served=served)) for one in to]
    until = time.monotonic() + PATIENCE
    for one, found in written:
        if isinstance(found, ChatappError):
            yield Finding(name=str(one), ok=False, what=found.what, next_step=found.next_step)
        else:
            last = asyncio.run(deliver(company, found, seconds=max(0.0, until - time.monotonic())))
            yield _verdict(company, one, last)


def _is_served(company: Company) -> bool:
    found = current_holder(company)
    return found is not None and found.kind is not HolderKind.COMMAND and silent_holder(company) is None


def _written(company: Company, one: AlarmRecipient, text: Text, *, served: bool) -> MessageId | ChatappError:
    try:
        if served:
            return company.whole.write(partial(alarm_messages.try_out, able=company.capabilities, one=one, text=text))
        company.whole.read(partial(alarm_messages.ways, one=one))
    except ChatappError as error:
        return error
    if (silent := silent_holder(company)) is not None:
        what = T("The daemon gives no sign of life: nothing is sent (process {n})", n=silent.owner.named)
        return Busy(what, T("See: {how}", how=to_do(Next.DOCTOR)))
    return Busy(T("The daemon is not running: nothing is sent"), T("Start it: {how}", how=to_do(Next.SERVE)))


def _verdict(company: Company, one: AlarmRecipient, number: MessageId) -> Finding:
    message = company.whole.read(partial(transcript.message, wanted=number))
    card = company.whole.read(partial(dialogs.card, dialog=message.dialog_id))
    row = company.whole.read(partial(channels.one, channel=card.channel_id))
    if message.state in SENT:
        return Finding(name=str(one), ok=True, what=T("Message {n} was sent by {title}", n=number, title=row.title))
    if message.state not in WAITING:
        why, step = words.why(company.manifest(row), message.code, message.detail)
        what = T("Message {n} by {title} failed: {why}", n=number, title=row.title, why=why)
        return Finding(name=str(one), ok=False, what=what, next_step=step)
    found = standing(row, company.manifest(row), company.world.clock.now(), held=True)
    if not found.well:
        what = T("Message {n} waits: {title}: {said}", n=number, title=row.title, said=found.sentence())
        return Finding(name=str(one), ok=False, what=what, next_step=found.next_step)
    return Finding(name=str(one), ok=True, what=T("Message {n} is on its way by {title}", n=number, title=row.title))
