"""The place of a waiting message in its channel's queue, and when its turn comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from chatapp_cli.domain.health import SENDING, STOPPED
from chatapp_cli.domain.ids import ChannelId, MessageId, Millis
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Operation, State
from chatapp_cli.services import channels, dialogs, pace, waiting
from chatapp_cli.services.resting import PACE
from chatapp_cli.services.routes import Able
from chatapp_cli.services.transcript import QueuePosition, TranscriptEntry
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import WaitingRow
from chatapp_cli.store.rows.outbox import OutboxRow, RecentSend
from chatapp_cli.store.tx import Tx


def with_places(tx: Tx, able: Able, entries: Sequence[TranscriptEntry]) -> list[TranscriptEntry]:
    """Entries with their places in the queue; messages that do not wait are unchanged."""
    return [_placed(tx, able, entry) for entry in entries]


def _placed(tx: Tx, able: Able, entry: TranscriptEntry) -> TranscriptEntry:
    row = entry.waiting
    if row is None or row.state != State.QUEUED or row.action != Operation.SEND:
        return entry
    channel = channels.one(tx, row.channel_id)
    found = place(tx, channel, able(channel), row)
    code = _CODES.get(found.reason, row.wait_code)
    waiting = row._replace(not_before=max(row.not_before, found.at), wait_code=code)
    return entry._replace(place=found, waiting=waiting)


def place(tx: Tx, channel: ChannelRow, can: Capabilities, row: OutboxRow) -> QueuePosition:
    """The number of the channel's messages before it, and how long they take at its rates."""
    ahead = tx.all(RecentSend, "outbox.ahead", channel=channel.id, priority=row.priority, before=row.message_id)
    if channel.health not in SENDING:
        return QueuePosition(len(ahead) + 1)
    card = dialogs.card(tx, row.dialog_id)
    stranger = int(card.heard_at is None and card.chat_kind == "private")
    wanted = RecentSend(card.address, card.chat_kind, stranger, row.not_before)
    turn = pace.forecast(tx, channel, can, priority=row.priority, before=row.message_id).next(wanted)
    return QueuePosition(len(ahead) + 1, turn.at, turn.reason)


_CODES: Mapping[str, str] = MappingProxyType({"phone": "phone_pace"})
"""Why a message waits, where the rate that it waits for has words of its own."""


def expected(tx: Tx, able: Able, rows: Sequence[WaitingRow]) -> list[WaitingRow]:
    """Waiting messages, each with the time of its own turn at the rates of its channel, soonest first (S-055)."""
    turns: dict[MessageId, pace.Turn] = {}
    pauses: dict[ChannelId, str] = {}
    for number in {row.channel_id for row in rows if row.state == State.QUEUED and row.health not in STOPPED}:
        channel = channels.one(tx, number)
        pauses[number] = channel.paused_code or PACE
        turns |= _turns(tx, able, channel)
    found = [_at_its_turn(row, turns.get(row.message_id, pace.NOW), pauses.get(row.channel_id, PACE)) for row in rows]
    return sorted((_ahead(row, tx.now) for row in found), key=lambda row: row.not_before)


def _ahead(row: WaitingRow, now: Millis) -> WaitingRow:
    """The same without a time that is over: it goes as soon as its channel sends."""
    return row if waiting.goes_at(row) > now else row._replace(not_before=0, paused_until=0)


def _turns(tx: Tx, able: Able, channel: ChannelRow) -> dict[MessageId, pace.Turn]:
    forecast = pace.forecast(tx, channel, able(channel), before=MessageId(0))
    queue = tx.all(lambda message, *send: (message, RecentSend(*send)), "outbox.queue", channel=channel.id)
    return {message: forecast.next(send) for message, send in queue}


def _at_its_turn(row: WaitingRow, turn: pace.Turn, pause: str) -> WaitingRow:
    """``pause``: the code of its channel's pause, which is the reason if its turn comes when the pause ends."""
    if row.action != Operation.SEND or row.state != State.QUEUED or turn.at <= row.not_before or not turn.reason:
        return row._replace(wait_code=_CODES.get(turn.reason, row.wait_code))
    code = pause if turn.at <= row.paused_until else PACE
    return row._replace(not_before=turn.at, wait_code=_CODES.get(turn.reason, code))
