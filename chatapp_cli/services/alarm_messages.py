"""Alarms as messages to the addresses in the company's option ``alarm``, by channels that work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from chatapp_cli.domain.access import DAEMON, Right
from chatapp_cli.domain.alarm import AlarmKind
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.health import WORKING
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.message import SENT, WAITING, Origin
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show
from chatapp_cli.services import access, alarms, chains, channels, composing, dialogs, sending, transcript
from chatapp_cli.services.alarm_recipients import AlarmRecipient
from chatapp_cli.services.message_request import MessageRequest, ToChainRest
from chatapp_cli.services.routes import Able, ChainStep
from chatapp_cli.services.sending import SendOptions, key_of
from chatapp_cli.store.rows.alarms import AlarmRow
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx

_MAIL = "email"
"""The kind of channel for an address without one: other kinds would take it for a client of theirs."""


class Told(NamedTuple):
    """How far the messages about an alarm are."""

    reached: bool
    """Whether one of them was sent."""
    under_way: bool
    """Whether one of them waits to be sent."""


def send(tx: Tx, able: Able, alarm: AlarmRow, to: Sequence[AlarmRecipient], text: Text) -> Told:
    """Write to each recipient whom no message reached and for whom none is under way.

    Channels that do not work are not used, and those that failed before are tried last. What is wrong with a channel
    is not told by that channel, even if no other one is there.
    """
    tx = tx.whole().by(DAEMON)
    there = _usable(tx, alarm.channel_id if alarm.healed_at is None else None)
    if alarm.healed_at is not None:
        _take_back(tx, alarm._replace(healed_at=None), to)
    for one in to:
        _write_again(tx, able, alarm, one, _of(there, one), text)
    return told(tx, alarm, to)


def told(tx: Tx, alarm: AlarmRow, to: Sequence[AlarmRecipient]) -> Told:
    """How far it is."""
    last = [written[-1] for one in to if (written := _written(tx, alarm, one))]
    return Told(any(one.state in SENT for one in last), any(one.state in WAITING for one in last))


def confirm(tx: Tx, to: Sequence[AlarmRecipient]) -> list[AlarmRow]:
    """Record for which alarms a message was sent since telling began; returns them."""
    found = got_through(tx, to)
    for alarm in found:
        alarms.record_told(tx, alarm)
    return found


def got_through(tx: Tx, to: Sequence[AlarmRecipient]) -> list[AlarmRow]:
    """The alarms that count as untold though a message about them was sent."""
    return [one for one in alarms.being_told(tx) if told(tx, one, to).reached]


def try_out(tx: Tx, able: Able, one: AlarmRecipient, text: Text) -> MessageId:
    """Write a trial message to one recipient. Raises Refused, NotFound or UsageError with the reason."""
    access.require(tx, Right.SETTINGS)
    return _accept(tx, able, ways(tx, one), text, key=key_of(f"alarm test {one} {tx.now}"))


def ways(tx: Tx, one: AlarmRecipient) -> Sequence[ChainStep]:
    """The channels by which a recipient may be told now. Raises NotFound if none works."""
    steps = [ChainStep(row.id, (one.address,)) for row in _of(_usable(tx, None), one)]
    if not steps:
        raise NotFound(T("No channel that works fits {recipient}.", recipient=one))
    return steps


def unreachable(tx: Tx, to: Sequence[AlarmRecipient]) -> Sequence[AlarmRecipient]:
    """The recipients whom no bound channel can reach, whether it works or not."""
    there = channels.everything(tx)
    return [one for one in to if not _of(there, one)]


def _usable(tx: Tx, failed: ChannelId | None) -> Sequence[ChannelRow]:
    """The channels that work, apart from the one that failed."""
    broken = {one.channel_id for one in alarms.open_alarms(tx) if one.kind == AlarmKind.CHANNEL} | {failed}
    return [row for row in channels.everything(tx) if row.health in WORKING and row.id not in broken]


def _of(there: Sequence[ChannelRow], one: AlarmRecipient) -> Sequence[ChannelRow]:
    if not one.channel:
        return [row for row in there if row.kind == _MAIL]
    return [row for row in there if one.channel in {row.kind, row.account, str(row.id)}]


def _key(alarm: AlarmRow, one: AlarmRecipient, n: int) -> str:
    """One message for each time that it breaks or heals, each recipient, and each time that this failed before."""
    again = f" {n}" if n else ""
    return key_of(f"alarm {alarm.kind} {alarm.ref} {alarm.since} {alarm.healed_at} {one}{again}")


def _written(tx: Tx, alarm: AlarmRow, one: AlarmRecipient) -> Sequence[MessageRow]:
    """What was written to a recipient about an alarm as it is now, the oldest first; of each chain the last."""
    found: list[MessageRow] = []
    while (number := tx.value("messages.by_key", key=_key(alarm, one, len(found)))) is not None:
        last = MessageId(number)
        while (onward := chains.continuation_of(tx, last)) is not None:
            last = onward
        found.append(transcript.message(tx, last))
    return found


def _channel(tx: Tx, message: MessageRow) -> ChannelId:
    return dialogs.card(tx, message.dialog_id).channel_id


def _write_again(
    tx: Tx, able: Able, alarm: AlarmRow, one: AlarmRecipient, there: Sequence[ChannelRow], text: Text
) -> None:
    """Write to a recipient, if that is still to be done and any channel is there."""
    written = _written(tx, alarm, one)
    if not there or (written and not _give_up_on(tx, written[-1], there)):
        return
    failures = Counter(_channel(tx, message) for message in written)
    steps = [ChainStep(row.id, (one.address,)) for row in sorted(there, key=lambda row: failures[row.id])]
    with suppress(Refused, NotFound, UsageError), tx.trial():
        _accept(tx, able, steps, text, key=_key(alarm, one, len(written)))


def _give_up_on(tx: Tx, message: MessageRow, there: Sequence[ChannelRow]) -> bool:
    """Take back a message that waits in a channel that is not there; true if another message is needed for it."""
    if message.state not in WAITING:
        return message.state not in SENT
    return _channel(tx, message) not in {row.id for row in there} and _take_back_message(tx, message)


def _take_back(tx: Tx, alarm: AlarmRow, to: Sequence[AlarmRecipient]) -> None:
    """Take back what still waits to tell of it."""
    for one in to:
        for message in _written(tx, alarm, one):
            _take_back_message(tx, message)


def _take_back_message(tx: Tx, message: MessageRow) -> bool:
    """Take back a message; false if it is too late for that."""
    try:
        with tx.trial():
            sending.cancel(tx, message.id)
    except Refused:
        return False
    return True


def _accept(tx: Tx, able: Able, steps: Sequence[ChainStep], text: Text, *, key: str) -> MessageId:
    words = show(text)
    draft = Draft(subject=words.splitlines()[0][:120], text=words)
    request = MessageRequest(to=ToChainRest(steps), draft=draft, options=SendOptions(key=key, origin=Origin.AUTOREPLY))
    return composing.accept(tx.whole().by(DAEMON), able, request)
