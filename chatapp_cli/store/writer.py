"""The writer thread: callers that wait at the same time share a commit.

A transaction per event would cost an fsync each, so all jobs that queue up during one commit go into the next. A
failing job is rolled back alone: the batch runs again with each job behind a savepoint. Savepoints cost a sixth of
the speed, so the first run has none. A single caller loses nothing. Every caller of a commit waits for all of it, so
that it takes only as many jobs as are done in a moment.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

from chatapp_cli.domain.errors import ChatappError, StoreLost
from chatapp_cli.domain.text import T
from chatapp_cli.store.database import Database, Job
from chatapp_cli.store.tx import Connection
from chatapp_cli.store.waiting_jobs import Done, Outcome, WaitingJob, WaitingJobs

R = TypeVar("R")

MOST = 256
"""Jobs in one commit."""
LONGEST = 0.01
"""Seconds of work after which a commit takes no more jobs."""
PATIENCE = 5
"""How many times as long it may be where a sync takes as long, so that a slow disk keeps half of its speed."""
GAP = 0.001
"""Seconds for which the lock is released from time to time for other processes."""
SLOW = 0.002
"""Seconds of an fsync after which the lock is released, because others waited meanwhile."""
TURN = 0.02
"""Seconds of work after which the lock is released on a fast disk."""


FinishedJob: TypeAlias = tuple[Done, Outcome[Any]]
Delivery: TypeAlias = Callable[[Sequence[FinishedJob]], None]


class Slowest:
    """The greatest of the numbers of the last one or two minutes."""

    def __init__(self) -> None:
        self._minute = 0
        self._found = (0.0, 0.0)
        """Of the minute before, and of this one."""

    def add(self, at: float, seconds: float) -> None:
        """Take another one at a time in seconds."""
        before, now = self._moved(at)
        self._found = before, max(now, seconds)

    def at(self, at: float) -> float:
        """The greatest by now."""
        return max(self._moved(at))

    def _moved(self, at: float) -> tuple[float, float]:
        minute = int(at // 60)
        if minute != self._minute:
            before = self._found[1] if minute == self._minute + 1 else 0.0
            self._minute, self._found = minute, (before, 0.0)
        return self._found


def deliver(outcomes: Sequence[FinishedJob]) -> None:
    """Deliver the outcomes to the waiting callers."""
    for done, outcome in outcomes:
        done(outcome)


class Writer:
    """The thread and its queue. ``delivery`` passes the outcomes of a commit to the callers' thread.

    ``broken`` is called with the error that ended the thread; what is queued then, or later, fails with it at once.
    """

    def __init__(
        self,
        database: Database,
        delivery: Delivery = deliver,
        broken: Callable[[StoreLost], None] | None = None,
        *,
        longest: float = LONGEST,
    ) -> None:
        database.make()
        self._database = database
        self._delivery = delivery
        self._broken = broken
        self._longest = longest
        self._waiting = WaitingJobs()
        self.commits = 0
        self.jobs = 0
        self._sync = 0.0
        self._slow = Slowest()
        self.seconds = 0.0
        """What all commits took together."""
        self._batch: Sequence[WaitingJob] = ()
        """What is being run."""
        self._ended: StoreLost | None = None
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def slowest(self) -> float:
        """Seconds of the slowest commit of the last minute or two: how slow the disk is."""
        return self._slow.at(time.monotonic())

    def submit(self, job: Job[R], done: Callable[[Outcome[R]], None], *, patient: bool = False) -> None:
        """Queue a transaction; ``done`` is called when it is durable or refused. ``patient``: the others go first.

        It may run twice, with the first run rolled back, so it must change only the store.
        """
        self._waiting.put(WaitingJob(job, done, patient))
        if self._ended is not None:
            self._refuse(self._ended)

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # nobody else would hear of it: the thread ends with it
            self._end_with(error)
            if self._broken is None:
                raise

    def _end_with(self, error: BaseException) -> None:
        """Refuse what was being run, what is queued, and what comes later."""
        ended = StoreLost(
            T("The writer of the store ended: {why}.", why=f"{type(error).__name__} {error}".strip()),
            T("Start the daemon again; a service does so automatically. The log has the details."),
        )
        ended.__cause__ = error
        self._ended = ended
        with suppress(Exception):  # of a loop that is closed: its callers are gone
            self._delivery([(one.done, Outcome(error=ended)) for one in self._batch])
            self._refuse(ended)
        if self._broken is not None:
            self._broken(ended)

    def _refuse(self, ended: StoreLost) -> None:
        """Answer what is queued and will not be run."""
        for one in self._waiting.refused():
            self._delivery([(one.done, Outcome(error=ended))])

    def _work(self) -> None:
        busy = 0.0
        while batch := self._waiting.take(MOST):
            started, self._batch = time.monotonic(), batch
            outcomes = self._commit(batch)
            self._batch = ()
            self._waiting.give_back(batch[len(outcomes) :])
            self._delivery(outcomes)
            busy += time.monotonic() - started
            if not self._database.driver.fair and (busy > TURN or self._sync > SLOW):
                time.sleep(GAP)
                busy = 0.0

    def _commit(self, batch: Sequence[WaitingJob]) -> list[FinishedJob]:
        """Commit the first of the batch; if the commit fails, all of it gets the error, as in a damaged store."""
        if (damaged := self._database.damaged) is not None:
            return [(one.done, Outcome(error=damaged)) for one in batch]
        connection: Connection | None = None
        try:
            connection = self._database.connection()
            outcomes = self._all_good(connection, batch) or self._one_by_one(connection, batch)
            began = time.monotonic()
            self._database.driver.commit(connection)
            self._sync = time.monotonic() - began
            self.seconds += self._sync
            self._slow.add(began, self._sync)
        except Exception as error:  # noqa: BLE001 - told to every caller, who logs or shows it
            if connection is not None:
                self._database.abandon(connection, error)
            explained = self._database.explain(error)
            return [(one.done, Outcome(error=explained)) for one in batch]
        self.commits += 1
        self.jobs += len(outcomes)
        return outcomes

    def _all_good(self, connection: Connection, batch: Sequence[WaitingJob]) -> list[FinishedJob]:
        """Run the jobs without savepoints; if one fails, all are rolled back."""
        self._database.driver.begin(connection)
        tx = self._database.tx(connection)
        try:
            return self._run_each(batch, lambda job: Outcome(value=job(tx)))
        except Exception as error:  # whatever a job stumbles over, the others are run again without it
            if self._hopeless(error):
                raise
        connection.execute("ROLLBACK")
        return []

    def _one_by_one(self, connection: Connection, batch: Sequence[WaitingJob]) -> list[FinishedJob]:
        """Run them again, each behind a savepoint, and each effect as well."""
        self._database.driver.begin(connection)
        tx = self._database.tx(connection, guarded=True)
        return self._run_each(batch, lambda job: self._attempt(connection, job, tx))

    def _run_each(self, batch: Sequence[WaitingJob], run: Callable[[Job[Any]], Outcome[Any]]) -> list[FinishedJob]:
        """Run the first of the batch, or as many more as a commit may take."""
        done: list[FinishedJob] = []
        until = time.monotonic() + max(self._longest, min(self._sync, PATIENCE * self._longest))
        for one in batch:
            done.append((one.done, run(one.job)))
            if time.monotonic() > until:
                break
        return done

    def _attempt(self, connection: Connection, job: Job[Any], tx: Any) -> Outcome[Any]:
        connection.execute("SAVEPOINT job")
        try:
            outcome = Outcome(value=job(tx))
        except Exception as error:  # raised to the job's caller; the others of the batch continue
            if self._hopeless(error):
                raise
            connection.execute("ROLLBACK TO SAVEPOINT job")
            outcome = Outcome(error=self._database.explain(error))
        connection.execute("RELEASE SAVEPOINT job")
        return outcome

    def _hopeless(self, error: Exception) -> bool:
        """Whether an error, such as a full disk or a lost connection, aborts the whole transaction."""
        return not isinstance(error, ChatappError) and self._database.driver.translate(error) is not None
