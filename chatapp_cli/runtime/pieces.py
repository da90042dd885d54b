"""Large writes of a command in pieces, so that whoever else writes waits for a piece and not for all of it.

A piece has at most a hundred items, and fewer if they take long: the next one is fitted to how long the last one held
the writer. It may hold it for a millisecond, or half as long again as a piece of one item if that is longer: where
each statement takes its time, as with a server on another machine or a busy disk, a piece of one holds the writer for
almost as long as a piece of ten, and a list in pieces of one would hold it ten times as often. What was committed stays
if the command is interrupted, so each write must be one that can be repeated.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company

T = TypeVar("T")
R = TypeVar("R")

MOST = 100
"""Items in a piece."""
_TURN = 0.001
"""Seconds for which a piece may hold the writer."""
_OF_ONE = 1.5
"""How many times as long as a piece of one item any piece may hold it."""
_TRIED = 8
"""Pieces of one item at the beginning, and the latest of which the quickest counts: a server prepares a statement only
after it ran a few times, and others may have slowed down the rest."""
_AGAIN = 32
"""After so many pieces one of one item is timed again: the machine may have become quicker."""
_GAP = 0.002
"""Least seconds between pieces; others ask for the writer more often than this."""
_IDLE = 2
"""How many times as long as a piece took, with its commit, nothing is written after it: a list is in no hurry."""
_LONGEST = 0.2
"""Most seconds between pieces."""


class Pieces:
    """Writes pieces of a size that fits."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._size = 1
        self._written = 0
        self._held = 0.0
        self._of_one: deque[float] = deque(maxlen=_TRIED)
        """Seconds for which the latest pieces of one item held the writer."""

    def write(self, job: Callable[[Tx, int], R]) -> R:
        """Commit one piece: the job handles at most so many items."""
        self._written += 1
        size = self._size if self._written % _AGAIN else 1
        began = time.monotonic()
        result = self._company.write(lambda tx: self._timed(job, tx, size))
        took = time.monotonic() - began
        self._fit(size)
        _rest(took)
        return result

    def _fit(self, size: int) -> None:
        """Choose the size of the next piece after one of this size."""
        if size == 1:
            self._of_one.append(self._held)
        if len(self._of_one) == _TRIED and size == self._size:
            turn = max(_TURN, _OF_ONE * min(self._of_one))
            fitting = int(size * turn / max(self._held, 1e-6))
            if self._held <= turn:
                fitting = max(fitting, size + 1)
            self._size = min(MOST, max(1, min(fitting, 2 * size)))

    def _timed(self, job: Callable[[Tx, int], R], tx: Tx, size: int) -> R:
        began = time.monotonic()
        try:
            return job(tx, size)
        finally:
            self._held = time.monotonic() - began


def _rest(took: float) -> None:
    time.sleep(max(_GAP, min(_IDLE * took, _LONGEST)))


def together(company: Company, items: Sequence[T], n: int, job: Callable[[Tx, Sequence[T]], object]) -> Iterator[int]:
    """Write ``n`` items at a time, all of them or none; yields how many are done, which stay if a later one refuses."""
    done = 0

    def write(tx: Tx) -> int:
        some = items[done : done + n]
        job(tx, some)
        return len(some)

    while done < len(items):
        began = time.monotonic()
        done += company.write(write)
        yield done
        if done < len(items):
            _rest(time.monotonic() - began)


def in_pieces(company: Company, items: Sequence[T], job: Callable[[Tx, Sequence[T]], R]) -> Iterator[tuple[R, int]]:
    """Write all items; yields the result of each piece, once it is durable, and how many items are done."""
    pieces, done = Pieces(company), 0

    def piece(tx: Tx, n: int) -> tuple[R, int]:
        some = items[done : done + n]
        return job(tx, some), len(some)

    while done < len(items):
        result, taken = pieces.write(piece)
        done += taken
        yield result, done


def until_done(company: Company, job: Callable[[Tx, int], int]) -> Iterator[int]:
    """Repeat a write, which returns how many items it handled, until none is left; yields how many are done."""
    pieces, done = Pieces(company), 0
    while n := pieces.write(job):
        done += n
        yield done
