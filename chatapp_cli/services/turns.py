"""The place of a waiting message in its channel's queue, and when its turn comes."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.health import Health
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Operation, State
from chatapp_cli.services import channels, dialogs, pace
from chatapp_cli.services.routes import Able
from chatapp_cli.services.transcript import QueuePosition, TranscriptEntry
from chatapp_cli.store.rows.channels import ChannelRow
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
    return entry._replace(place=place(tx, channel, able(channel), row))


def place(tx: Tx, channel: ChannelRow, can: Capabilities, row: OutboxRow) -> QueuePosition:
    """The number of the channel's messages before it, and how long they take at its rates."""
    ahead = tx.all(RecentSend, "outbox.ahead", channel=channel.id, priority=row.priority, before=row.message_id)
    if channel.health != Health.OK:
        return QueuePosition(len(ahead) + 1)
    card = dialogs.card(tx, row.dialog_id)
    stranger = int(card.heard_at is None and card.chat_kind == "private")
    wanted = RecentSend(card.address, card.chat_kind, stranger, row.not_before)
    turn = pace.forecast(tx, channel, can, priority=row.priority, before=row.message_id).next(wanted)
    return QueuePosition(len(ahead) + 1, turn.at)
