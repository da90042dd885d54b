"""Alarms as messages to the addresses in the company's option ``alarm``, by channels that work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from chatapp_cli.domain.access import DAEMON, Right
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.health import WORKING
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.message import Origin
from chatapp_cli.domain.moment import local
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show
from chatapp_cli.services import access, alarms, channels, composing
from chatapp_cli.services.message_request import MessageRequest, ToChainRest
from chatapp_cli.services.routes import Able, ChainStep
from chatapp_cli.services.sending import SendOptions, key_of
from chatapp_cli.store.rows.alarms import AlarmRow
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx

OPTION = "alarm"
"""The option of the company with the recipients."""


class AlarmRecipient(NamedTuple):
    """Somebody who is told of alarms."""

    channel: str
    """By which channel: its kind, account or number; empty: any that reaches the address."""
    address: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.address}" if self.channel else self.address


def recipients(option: str) -> Sequence[AlarmRecipient]:
    """The recipients in a value of the option: ``CHANNEL:ADDRESS`` or ``ADDRESS``, between commas or spaces."""
    words = [word.partition(":") for word in re.split(r"[,\s]+", option) if word]
    return [AlarmRecipient(head, tail) if colon else AlarmRecipient("", head) for head, colon, tail in words]


def sentence(alarm: AlarmRow, company: str) -> Text:
    """What people are told of an alarm now."""
    what = alarms.sentence(alarm)
    if alarm.healed_at is None:
        return T("{company}: {what} (since {moment})", company=company, what=what, moment=_moment(alarm.since))
    return T("{company}: over since {moment}: {what}", company=company, what=what, moment=_moment(alarm.healed_at))


def _moment(at: int) -> str:
    return f"{local(at):%Y-%m-%d %H:%M}"


def send(tx: Tx, able: Able, alarm: AlarmRow, to: Sequence[AlarmRecipient], text: Text) -> Sequence[AlarmRecipient]:
    """Write to each recipient once; returns those who are reached.

    Channels that do not work are not used. What is wrong with a channel is not told by that channel, even if no other
    one is there.
    """
    there = _usable(tx, alarm.channel_id if alarm.healed_at is None else None)
    return [one for one in to if _write(tx, able, one, there, text, key=_key(alarm, one)) is not None]


def try_out(tx: Tx, able: Able, one: AlarmRecipient, text: Text) -> MessageId:
    """Write a trial message to one recipient. Raises Refused, NotFound or UsageError with the reason."""
    access.require(tx, Right.SETTINGS)
    steps = [ChainStep(row.id, (one.address,)) for row in _of(_usable(tx, None), one)]
    if not steps:
        raise NotFound(T("No channel that works fits {recipient}.", recipient=one))
    return _accept(tx, able, steps, text, key=key_of(f"alarm test {one} {tx.now}"))


def _usable(tx: Tx, failed: ChannelId | None) -> Sequence[ChannelRow]:
    """The channels that work, apart from the one that failed."""
    broken = {one.channel_id for one in alarms.open_(tx) if one.kind == "channel"} | {failed}
    return [row for row in channels.everything(tx) if row.health in WORKING and row.id not in broken]


def _of(there: Sequence[ChannelRow], one: AlarmRecipient) -> Sequence[ChannelRow]:
    named = one.channel
    return [row for row in there if not named or named in {row.kind, row.account, str(row.id)}]


def _key(alarm: AlarmRow, one: AlarmRecipient) -> str:
    """One message for each time that it breaks or heals, and each recipient."""
    return key_of(f"alarm {alarm.kind} {alarm.ref} {alarm.since} {alarm.healed_at} {one}")


def _write(
    tx: Tx, able: Able, one: AlarmRecipient, there: Sequence[ChannelRow], text: Text, *, key: str
) -> MessageId | None:
    steps = [ChainStep(row.id, (one.address,)) for row in _of(there, one)]
    try:
        with tx.trial():
            return _accept(tx, able, steps, text, key=key) if steps else None
    except (Refused, NotFound, UsageError):
        return None


def _accept(tx: Tx, able: Able, steps: Sequence[ChainStep], text: Text, *, key: str) -> MessageId:
    words = show(text)
    draft = Draft(subject=words.splitlines()[0][:120], text=words)
    request = MessageRequest(to=ToChainRest(steps), draft=draft, options=SendOptions(key=key, origin=Origin.AUTOREPLY))
    return composing.accept(tx.whole().by(DAEMON), able, request)
