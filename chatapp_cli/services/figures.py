"""The figures for metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatapp_cli.services import channels, deadletters
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one moment."""

    channels: Sequence[ChannelRow]
    outbox: Sequence[tuple[int, str, int]]
    """Channel, state, how many."""
    dead: int
    uncertain: int
    unread: int


def gather(tx: Tx) -> Figures:
    """Count everything."""
    return Figures(
        channels=channels.everything(tx),
        outbox=tx.all(lambda channel, state, number: (channel, state, number), "outbox.depth"),
        dead=deadletters.count(tx),
        uncertain=tx.value("messages.uncertain_count"),
        unread=tx.value("dialogs.totals"),
    )
