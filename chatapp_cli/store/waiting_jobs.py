"""The jobs that wait for the writer: what people and providers wait for goes before what can wait."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from chatapp_cli.store.database import Job

R = TypeVar("R")


@dataclass(slots=True)
class Outcome(Generic[R]):
    """The outcome of a job: its value, or why it was rolled back."""

    value: R | None = None
    error: BaseException | None = None


Done: TypeAlias = Callable[[Outcome[Any]], None]


class WaitingJob(NamedTuple):
    """A transaction that somebody waits for."""

    job: Job[Any]
    done: Done
    patient: bool = False
    """Whether it may wait until the others are done, as what an automation does."""


class WaitingJobs:
    """Filled by any thread; one thread takes from it."""

    def __init__(self) -> None:
        self._coming: queue.SimpleQueue[WaitingJob | None] = queue.SimpleQueue()
        self._usual: deque[WaitingJob] = deque()
        self._patient: deque[WaitingJob] = deque()
        self._closed = False
        self._taken = 0
        """Patient jobs in the last batch."""
        self._overdue = False
        """Whether the last commit was full before the first of them."""

    def put(self, one: WaitingJob | None) -> None:
        """Let a job wait; ``None``: none comes after those that wait now."""
        self._coming.put(one)

    def take(self, most: int) -> Sequence[WaitingJob]:
        """Those that share the next commit; waits until there is one, and is empty after the last.

        Of the patient ones only as many go along with the others as there are of those, behind them; if none of them
        was run the last time, the first of them goes before all: none waits for ever.
        """
        self._collect(wait=not (self._usual or self._patient))
        patient = min(len(self._patient), len(self._usual) or most, most // 2 if self._usual else most)
        usual = min(len(self._usual), most - patient)
        first = [self._patient.popleft()] if patient and self._overdue else []
        self._taken, self._overdue = patient, False
        later = [self._patient.popleft() for _ in range(patient - len(first))]
        return first + [self._usual.popleft() for _ in range(usual)] + later

    def give_back(self, left: Iterable[WaitingJob]) -> None:
        """Those that were taken and not run go first the next time, in their order."""
        jobs = [*left]
        self._overdue = 0 < self._taken == sum(one.patient for one in jobs)
        for one in reversed(jobs):
            (self._patient if one.patient else self._usual).appendleft(one)

    def refused(self) -> Iterator[WaitingJob]:
        """All that wait, which are not run any more; any thread may ask once nobody takes from it."""
        self._collect(wait=False)
        for waiting in (self._usual, self._patient):
            with suppress(IndexError):  # another thread refuses them as well
                while waiting:
                    yield waiting.popleft()

    def _collect(self, *, wait: bool) -> None:
        wait = wait and not self._closed
        while True:
            try:
                one = self._coming.get(wait)
            except queue.Empty:
                return
            wait = False
            if one is None:
                self._closed = True
            else:
                (self._patient if one.patient else self._usual).append(one)
