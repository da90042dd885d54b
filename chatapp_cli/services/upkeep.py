"""Periodic clean-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.journal.company import ClockSetBack
from chatapp_cli.services import duties, journal, outbox, timers
from chatapp_cli.store.tx import Tx

DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Due:
    """What is due."""

    scheduled: bool
    snoozed: bool
    timers: Sequence[str]
    """Kinds of timers of which some are due."""


def due(tx: Tx) -> Due:
    """Find everything that is due, in one query."""
    return Due(scheduled=outbox.something_due(tx), snoozed=duties.something_due(tx), timers=timers.kinds_due(tx))


def delete_early_changes(tx: Tx) -> None:
    """Delete, after a day, delivery states without a message of ours, and changes without their message."""
    tx.run("early.forget", before=tx.now - DAY)
    tx.run("early.none_left")


def delete_expired(tx: Tx) -> None:
    """Delete, after a day, presence entries and closed windows."""
    journal.delete_live(tx, before=tx.now - DAY)
    tx.run("presence.expire", before=tx.now - DAY)


def clock_went_back(tx: Tx, milliseconds: Millis) -> None:
    """Shift every wait by as much as the wall clock was set back.

    Times chosen by a person are not shifted.
    """
    for wait in ("outbox.shift", "channels.shift", "files.shift", "timers.shift"):
        tx.run(wait, by=milliseconds, now=tx.now)
    tx.emit(ClockSetBack(seconds=milliseconds // 1000), actor=PROGRAM)
