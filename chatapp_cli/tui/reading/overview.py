"""What the bars tell: the health of the channels, what waits, and how much needs somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.message import State
from chatapp_cli.services import channels, dialogs, notes, waiting
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx

_NOTHING: Mapping[tuple[ChannelId, str], int] = {}


class Overview(NamedTuple):
    """What the bars tell."""

    channels: Sequence[ChannelRow] = ()
    waiting: Mapping[tuple[ChannelId, str], int] = _NOTHING
    unread: int = 0
    unanswered: int = 0


def read(tx: Tx) -> Overview:
    """Health, outbox and counts."""
    return Overview(channels.everything(tx), waiting.depth(tx), dialogs.unread_count(tx), dialogs.waiting_count(tx))


def needing(tx: Tx) -> int:
    """How much of the last week needs a person: failed, uncertain, not understood, asked of whoever looks in a note."""
    return sum(waiting.counts(tx).values()) + sum(waiting.dead(tx).values()) + len(notes.calling(tx))


def queued(state: Overview) -> int:
    """How many messages are still to go out."""
    return sum(n for (_channel, kind), n in state.waiting.items() if kind != State.SCHEDULED)
