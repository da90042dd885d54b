"""Rows that are numbered in the order of time, so that a moment is found by halving, without an index on time."""

from __future__ import annotations

from typing import NamedTuple

from chatapp_cli.domain.ids import Millis
from chatapp_cli.store.tx import Tx


class Numbered(NamedTuple):
    """A row by number and time."""

    id: int
    at: Millis


def first_since(tx: Tx, at: str, last: int, moment: Millis) -> int:
    """The number of the first row from a moment on; above ``last`` if there is none.

    ``at`` is a statement that gives the first row from a number on. Where the clock was set back, a row that is a
    little older may have a greater number.
    """
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        found = tx.one(Numbered, at, id=middle)
        if found is None or found.at >= moment:
            high = middle
        else:
            low = found.id + 1
    return min(low, last + 1)
