"""The figures for metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatapp_cli.services import alarms, channels, deadletters
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
    alarms: Mapping[str, int]
    """Open alarms by kind."""


def gather(tx: Tx) -> Figures:
    """Count everything."""
    return Figures(
        channels=channels.everything(tx),
        outbox=tx.all(lambda channel, state, number: (channel, state, number), "outbox.depth"),
        dead=deadletters.count(tx),
        uncertain=tx.value("messages.uncertain_count"),
        unread=tx.value("dialogs.totals"),
        alarms=Counter(one.kind for one in alarms.open_alarms(tx)),
    )
