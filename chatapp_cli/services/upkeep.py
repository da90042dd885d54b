"""Periodic clean-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.journal.company import ClockSetBack
from chatapp_cli.services import crm_upkeep, crm_uploads, duties, journal, outbox, timers
from chatapp_cli.store.tx import Tx

DAY = 86_400_000
AT_ONCE = 500
"""Rows that are deleted in one transaction."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is due."""

    scheduled: bool
    snoozed: bool
    timers: Sequence[str]
    """Kinds of timers of which some are due."""
    next_at: Millis | None
    """When the next of what is not due yet will be; ``None`` if nothing waits for a time."""

    def __bool__(self) -> bool:
        return self.scheduled or self.snoozed or bool(self.timers)


def due(tx: Tx) -> Due:
    """Find everything that is due."""
    return Due(
        scheduled=outbox.something_due(tx),
        snoozed=duties.something_due(tx),
        timers=timers.kinds_due(tx),
        next_at=tx.value("timers.next_due", now=tx.now),
    )


def delete_early_changes(tx: Tx, most: int = AT_ONCE) -> int:
    """Delete, after a day, delivery states without a message of ours, and changes without their message.

    Returns how many; if it is ``most``, there may be more.
    """
    done = tx.run("early.forget", before=tx.now - DAY, n=most)
    if done < most:
        tx.run("early.none_left")
    return done


def delete_expired(tx: Tx, most: int = AT_ONCE) -> int:
    """Delete, after a day, presence entries and closed windows; returns how many entries, as the one before."""
    done = journal.delete_live(tx, before=tx.now - DAY, most=most)
    tx.run("presence.expire", before=tx.now - DAY)
    return done


def delete_crm_events(tx: Tx, most: int = AT_ONCE) -> int:
    """Delete abandoned questions to CRMs, files that none asks for, and old events of theirs.

    Returns how many events, as the ones before.
    """
    crm_upkeep.delete_abandoned(tx)
    crm_uploads.sweep(tx)
    return crm_upkeep.delete_applied(tx, most)


def clock_went_back(tx: Tx, milliseconds: Millis) -> None:
    """Shift every wait by as much as the wall clock was set back.

    Times chosen by a person are not shifted.
    """
    for wait in ("outbox.shift", "channels.shift", "files.shift", "timers.shift"):
        tx.run(wait, by=milliseconds, now=tx.now)
    for wait in ("ledger.shift", "crmevents.shift", "holds.shift", "runs.shift"):
        tx.run(wait, by=milliseconds, now=tx.now)
    tx.emit(ClockSetBack(seconds=milliseconds // 1000), actor=PROGRAM)
