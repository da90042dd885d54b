"""What has to be cleared away from time to time."""

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
    """What time has made due."""

    scheduled: bool
    snoozed: bool
    timers: Sequence[str]
    """Kinds of timers of which some are due."""


def due(tx: Tx) -> Due:
    """Look once for everything that time makes due."""
    return Due(scheduled=outbox.something_due(tx), snoozed=duties.something_due(tx), timers=timers.kinds_due(tx))


def forget_early_news(tx: Tx) -> None:
    """Drop news of messages that never became ours, and changes of those that never came, after a day."""
    tx.run("early.forget", before=tx.now - DAY)
    tx.run("early.none_left")


def forget_passing_things(tx: Tx) -> None:
    """Drop after a day what nobody asks for later: answered errands, who looked and typed, windows that are closed."""
    tx.run("errands.forget", before=tx.now - DAY)
    journal.forget_live(tx, before=tx.now - DAY)
    tx.run("presence.expire", before=tx.now - DAY)


def clock_went_back(tx: Tx, milliseconds: Millis) -> None:
    """Shift every wait by as much as the wall clock was set back, so that nothing waits for the wrong hour.

    What a person scheduled keeps its time on the clock.
    """
    for wait in ("outbox.shift", "channels.shift", "files.shift", "timers.shift"):
        tx.run(wait, by=milliseconds, now=tx.now)
    tx.emit(ClockSetBack(seconds=milliseconds // 1000), actor=PROGRAM)
