"""Unsent messages: what waits and why, and what a person must decide."""

from __future__ import annotations

from collections.abc import Mapping

from chatapp_cli.domain.address import title_of, with_name
from chatapp_cli.domain.health import STOPPED, Health
from chatapp_cli.domain.ids import ChannelId, MessageId, Millis
from chatapp_cli.store.rows.dialogs import WaitingRow
from chatapp_cli.store.rows.messages import TroubledRow
from chatapp_cli.store.tx import Tx

RECENT = 7 * 86_400_000
"""The period in milliseconds for which failures are counted."""


def everything(tx: Tx, *, n: int = 200) -> list[WaitingRow]:
    """Waiting messages, soonest first."""
    return tx.all(WaitingRow, "waiting.all", n=n)


def troubled(tx: Tx, *, n: int = 200) -> list[TroubledRow]:
    """Uncertain and failed messages, newest first."""
    return tx.all(TroubledRow, "waiting.troubled", n=n)


def undelivered(tx: Tx, *, channel: ChannelId | None = None, since: Millis = 0, n: int = 200) -> list[TroubledRow]:
    """Uncertain, failed and late messages sent since then, and those of which a copy failed, newest first.

    A server that gives a mail up says so within a week; one that is late for longer has arrived. A failed copy is
    listed as long.
    """
    late = tx.now - RECENT
    return tx.all(TroubledRow, "waiting.undelivered", channel=channel or 0, since=since, late=late, n=n)


def counts(tx: Tx) -> Mapping[tuple[ChannelId, str], int]:
    """The numbers of uncertain and failed messages of the last week, by channel and state."""
    rows = tx.all(lambda *row: row, "waiting.counts", since=tx.now - RECENT)
    return {(channel, state): n for channel, state, n in rows}


def depth(tx: Tx) -> Mapping[tuple[ChannelId, str], int]:
    """The size of the outbox, by channel and state."""
    return {(channel, state): n for channel, state, n in tx.all(lambda *row: row, "outbox.depth")}


def dead(tx: Tx) -> Mapping[ChannelId, int]:
    """The number of dead letters of each channel."""
    return dict(tx.all(lambda channel, n: (channel, n), "waiting.dead"))


def goes_at(row: WaitingRow) -> Millis:
    """The earliest sending time; 0: now."""
    return max(row.not_before, row.paused_until)


def recipient(row: WaitingRow | TroubledRow) -> str:
    """Whom a message goes to, by name and address; the name of a dialog may be a subject."""
    return with_name(row.person or title_of(row.name, row.address), row.address)


def reason(row: WaitingRow) -> str:
    """The code for why it waits: the reason of a stopped channel before its own; empty if none."""
    if row.health in STOPPED:
        return row.health_code
    return row.wait_code or (row.health_code if row.health == Health.RETRYING else "")


def for_elsewhere(tx: Tx, *, n: int = 100) -> list[MessageId]:
    """Failed messages with channels left in their chain."""
    return tx.all(MessageId, "chain.failed", n=n)
