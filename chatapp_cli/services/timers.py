"""What is to happen once, at a time, and survives restarts.

A timer has a kind, which names its handler, and a ``ref``, which says what it is about in the handler's own spelling.
Setting it again moves it. It fires in the transaction that removes it: what its handler writes happens exactly once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from chatapp_cli.domain.ids import Millis
from chatapp_cli.store.tx import Tx

Handler: TypeAlias = Callable[[Tx, str], None]
"""Does what is due, given the timer's ``ref``.

It changes nothing but the store, for it may be run twice and the first run rolled back. To repeat, it sets the timer
again.
"""


def put(tx: Tx, kind: str, ref: str, at: Millis, *, keeps_hour: bool) -> None:
    """Set a timer, or move one that is set.

    ``keeps_hour`` tells a person's date, which stays where it is when the wall clock is set back, from a wait, which
    is moved by as much.
    """
    tx.run("timers.set", kind=kind, ref=ref, at=at, keeps_hour=int(keeps_hour))


def cancel(tx: Tx, kind: str, ref: str) -> bool:
    """Forget a timer; False if there is none, as after it has fired."""
    return bool(tx.run("timers.cancel", kind=kind, ref=ref))


def at(tx: Tx, kind: str, ref: str) -> Millis | None:
    """When a timer fires; ``None`` if it is not set."""
    found: Millis | None = tx.value("timers.at", kind=kind, ref=ref)
    return found


def kinds_due(tx: Tx) -> Sequence[str]:
    """The kinds of which at least one timer is due."""
    return tx.all(str, "timers.kinds_due", now=tx.now)


def due(tx: Tx, kind: str, *, n: int) -> Sequence[str]:
    """What the timers of a kind that are due are about, the oldest first."""
    return tx.all(str, "timers.due", kind=kind, now=tx.now, n=n)


def fire(tx: Tx, kind: str, ref: str, handler: Handler) -> bool:
    """Remove a timer that is due and run its handler; False if it was cancelled or moved meanwhile."""
    if not tx.run("timers.take", kind=kind, ref=ref, now=tx.now):
        return False
    handler(tx, ref)
    return True


def put_off(tx: Tx, kind: str, ref: str, *, seconds: float) -> bool:
    """Let a timer whose handler failed be due again later; False if it was cancelled or moved meanwhile."""
    return bool(tx.run("timers.put_off", kind=kind, ref=ref, at=tx.now + int(seconds * 1000), now=tx.now))
