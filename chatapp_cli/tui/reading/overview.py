"""What the bars show: health of the channels, messages that wait, and how much needs a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chatapp_cli.domain.alarm import AlarmKind
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.message import State
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.operators import AttendanceRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.reading.cells import line

_COUNTED = frozenset({AlarmKind.DEAD_LETTER, AlarmKind.UNCERTAIN})
"""The kinds of alarms whose subjects are counted one by one."""
_NOTHING: Mapping[tuple[ChannelId, str], int] = {}


class Overview(NamedTuple):
    """Channels, waiting messages by channel and state, and the counts of dialogs."""

    channels: Sequence[ChannelRow] = ()
    waiting: Mapping[tuple[ChannelId, str], int] = _NOTHING
    unread: int = 0
    unanswered: int = 0
    away: AttendanceRow | None = None
    """Until when the operator is away; ``None``: they are not."""


def read(tx: Tx) -> Overview:
    """Read it from the store."""
    from chatapp_cli.services import channels, dialogs, duties, waiting

    unread, unanswered = dialogs.unread_count(tx), dialogs.waiting_count(tx)
    return Overview(channels.everything(tx), waiting.depth(tx), unread, unanswered, duties.away(tx))


def needing(tx: Tx) -> int:
    """How much needs a person: this week's failed and uncertain messages, dead letters, mentions, and other alarms."""
    from chatapp_cli.services import alarms, notes, waiting

    others = [one for one in alarms.open_alarms(tx) if one.kind not in _COUNTED]
    return sum(waiting.counts(tx).values()) + sum(waiting.dead(tx).values()) + len(notes.calling(tx)) + len(others)


def doubled(rows: Sequence[ChannelRow]) -> Mapping[ChannelId, str]:
    """The titles of the channels that their kind does not tell apart, as there are several of it."""
    counts = Counter(row.kind for row in rows)
    return {row.id: line(row.title) for row in rows if counts[row.kind] > 1}


def queued(state: Overview) -> int:
    """How many messages wait to be sent; scheduled ones do not count."""
    return sum(n for (_channel, kind), n in state.waiting.items() if kind != State.SCHEDULED)
