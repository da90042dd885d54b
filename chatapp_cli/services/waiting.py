"""What has not gone out: what waits and why, and what a person has to decide."""

from __future__ import annotations

from collections.abc import Mapping

from chatapp_cli.domain.health import STOPPED
from chatapp_cli.domain.ids import ChannelId, MessageId, Millis
from chatapp_cli.store.rows.dialogs import WaitingRow
from chatapp_cli.store.rows.messages import TroubledRow
from chatapp_cli.store.tx import Tx

RECENT = 7 * 86_400_000
"""Trouble of so many milliseconds is counted."""


def everything(tx: Tx, *, n: int = 200) -> list[WaitingRow]:
    """What waits, the soonest first."""
    return tx.all(WaitingRow, "waiting.all", n=n)


def troubled(tx: Tx, *, n: int = 200) -> list[TroubledRow]:
    """What is uncertain or failed, the newest first."""
    return tx.all(TroubledRow, "waiting.troubled", n=n)


def counts(tx: Tx) -> Mapping[tuple[ChannelId, str], int]:
    """How many of the last week's messages are uncertain or failed, by channel and state."""
    rows = tx.all(lambda *row: row, "waiting.counts", since=tx.now - RECENT)
    return {(channel, state): n for channel, state, n in rows}


def depth(tx: Tx) -> Mapping[tuple[ChannelId, str], int]:
    """How much is in the outbox, by channel and state."""
    return {(channel, state): n for channel, state, n in tx.all(lambda *row: row, "outbox.depth")}


def dead(tx: Tx) -> Mapping[ChannelId, int]:
    """How many dead letters each channel has."""
    return dict(tx.all(lambda channel, n: (channel, n), "waiting.dead"))


def goes_at(row: WaitingRow) -> Millis:
    """The earliest time for it; 0: at once."""
    return max(row.not_before, row.paused_until)


def reason(row: WaitingRow) -> str:
    """The code that explains why it waits: the channel's trouble before its own; empty if nothing holds it."""
    return row.health_code if row.health in STOPPED else row.wait_code


def for_elsewhere(tx: Tx, *, n: int = 100) -> list[MessageId]:
    """Messages that failed for good and have somewhere to go."""
    return tx.all(MessageId, "chain.failed", n=n)
