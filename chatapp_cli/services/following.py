"""Acting on journal entries after their transaction.

A follower has a name and a position in the journal. The position moves in the transaction that writes the plan, so that
every entry is planned exactly once, in any process and despite crashes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.services import journal
from chatapp_cli.store.tx import Tx

Plan: TypeAlias = Callable[[Tx, Sequence[JournalEntry]], int | None]
"""Plans for entries, in order; returns how many it took, at least one, or ``None`` for all of them."""
MOST = 500
"""Entries planned in one transaction."""


def follow(tx: Tx, name: str, plan: Plan, *, most: int = MOST) -> int:
    """Plan for the entries since the last time, in order; returns how many were taken.

    A new follower starts from now. If ``plan`` raises, its position stays.
    """
    whole = tx.whole()
    place = _place(whole, name)
    if place is None:
        _move(whole, name, journal.last(whole))
        return 0
    entries = journal.after(whole, place, n=most)
    if not entries:
        return 0
    taken = plan(whole, entries)
    done = len(entries) if taken is None else taken
    _move(whole, name, entries[done - 1].id)
    return done


def begin(tx: Tx, name: str) -> None:
    """Let a follower start from now, unless it follows already."""
    if _place(tx.whole(), name) is None:
        _move(tx.whole(), name, journal.last(tx.whole()))


def end(tx: Tx, name: str) -> None:
    """Forget a follower: whatever happens, it has nothing to do."""
    tx.run("followers.forget", name=name)


def _place(tx: Tx, name: str) -> int | None:
    place: int | None = tx.value("followers.place", name=name)
    return place


def _move(tx: Tx, name: str, number: int) -> None:
    tx.run("followers.move", name=name, until=number, now=tx.now)
