"""Timers: run something once at a time; they survive restarts.

A timer has a kind, which names its handler, and a ``ref``, whose format the handler defines. Setting it again moves it.
It fires in the transaction that removes it, so its handler's writes happen exactly once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from chatapp_cli.domain.ids import Millis
from chatapp_cli.store.tx import Tx

Handler: TypeAlias = Callable[[Tx, str], None]
"""Handles a due timer, given its ``ref``.

It may change only the store, because it may run twice with the first run rolled back. To repeat, it sets the timer
again.
"""


def put(tx: Tx, kind: str, ref: str, at: Millis, *, keeps_hour: bool) -> None:
    """Set a timer, or move an existing one.

    ``keeps_hour``: a person chose the time, so it stays when the wall clock is set back; other timers are shifted.
    """
    tx.run("timers.set", kind=kind, ref=ref, at=at, keeps_hour=int(keeps_hour))


def cancel(tx: Tx, kind: str, ref: str) -> bool:
    """Cancel a timer; false if there is none, for example because it has fired."""
    return bool(tx.run("timers.cancel", kind=kind, ref=ref))


def at(tx: Tx, kind: str, ref: str) -> Millis | None:
    """When a timer fires; ``None`` if it is not set."""
    found: Millis | None = tx.value("timers.at", kind=kind, ref=ref)
    return found


def kinds_due(tx: Tx) -> Sequence[str]:
    """The kinds with at least one due timer."""
    return tx.all(str, "timers.kinds_due", now=tx.now)


def due(tx: Tx, kind: str, *, n: int) -> Sequence[str]:
    """The ``ref`` of each due timer of a kind, oldest first."""
    return tx.all(str, "timers.due", kind=kind, now=tx.now, n=n)


def fire(tx: Tx, kind: str, ref: str, handler: Handler) -> bool:
    """Remove a due timer and run its handler; false if it was cancelled or moved meanwhile."""
    if not tx.run("timers.take", kind=kind, ref=ref, now=tx.now):
        return False
    handler(tx, ref)
    return True


def delay(tx: Tx, kind: str, ref: str, *, seconds: float) -> bool:
    """Delay a timer whose handler failed; false if it was cancelled or moved meanwhile."""
    return bool(tx.run("timers.put_off", kind=kind, ref=ref, at=tx.now + int(seconds * 1000), now=tx.now))
