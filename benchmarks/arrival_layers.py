"""``python -m benchmarks.arrival_layers``: where the processor's time of one arrival goes, from the tables upwards.

Each row does what the one above does and something more, so that a difference is the price of what was added. The best
of a few runs, in processor time: neither a busy machine nor the disk counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from benchmarks.ingesting import arrival, batches, by_hand, by_product, company
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain import border
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.services.ingest import ingest
from chatapp_cli.store.tx import Tx

EVENTS = 8000
SIZE = 100
"""Arrivals in one commit."""
RUNS = 5
Call = tuple[str, tuple[object, ...]]


def main() -> None:
    """Measure and show."""
    rows: tuple[tuple[str, Callable[[Company], float]], ...] = (
        ("a bare loop that writes the same rows", lambda opened: spent(lambda: by_hand(SIZE, EVENTS, opened))),
        ("our statements, run by a bare loop", lambda opened: replayed(opened, recorded())),
        ("with the services above them", lambda opened: spent(lambda: served(opened))),
        ("with 64 callers and the thread that writes", lambda opened: spent(lambda: by_product(64, EVENTS, opened))),
    )
    batches(EVENTS)
    found = {name: min(fresh(measure) for _ in range(RUNS)) for name, measure in rows}
    for name, microseconds in found.items():
        print(f"{name:<44} {microseconds:6.1f} µs")
    checked, unchecked = making()
    print(f"the border, where a connector makes it       {checked - unchecked:6.1f} µs")
    ingesting = found["with the services above them"]
    print(f"ingest with the border, of ingest without    {(ingesting + unchecked) / (ingesting + checked):6.2f}")


def making() -> tuple[float, float]:
    """Microseconds to make an arrival, with checked values and with bare ones, by turns: the best of each."""
    made = [(spent(partial(make, border)), spent(partial(make, Unchecked))) for _ in range(RUNS)]
    checked, unchecked = zip(*made, strict=True)
    return min(checked), min(unchecked)


def make(by: object) -> None:
    """Make all arrivals."""
    for n in range(EVENTS):
        arrival(f"m{n}", n, by)


class Unchecked:
    """A border that lets everything in as it came."""

    @staticmethod
    def at(said: float, _now: int) -> float:
        """A time."""
        return said

    @staticmethod
    def external_id(said: str) -> str:
        """An id; names, texts and addresses likewise."""
        return said

    name = text = address = external_id


def fresh(measure: Callable[[Company], float]) -> float:
    """Measure on a store of its own."""
    with company() as opened:
        return measure(opened)


def spent(work: Callable[[], object]) -> float:
    """Microseconds of processor for each arrival."""
    began = time.process_time()
    work()
    return (time.process_time() - began) / EVENTS * 1e6


def served(opened: Company) -> None:
    """Ingest on this thread, so many a commit, as the thread that writes does it."""
    for first in range(0, EVENTS, SIZE):
        commit(opened, partial(take, numbers=range(first, first + SIZE)))


def commit(opened: Company, job: Callable[[Tx], None]) -> None:
    """A whole transaction without savepoints."""
    database = opened.database
    connection = database.connection()
    database.driver.begin(connection)
    job(database.tx(connection))
    connection.execute("COMMIT")


def take(tx: Tx, numbers: range) -> None:
    """Ingest these, each a batch of its own as callers bring them."""
    for batch in batches(EVENTS)[numbers.start : numbers.stop]:
        ingest(tx, ChannelId(1), batch)


def recorded() -> list[list[Call]]:
    """The statements of all arrivals, commit by commit, as they were run on another store."""
    commits: list[list[Call]] = []
    with company() as opened:
        for first in range(0, EVENTS, SIZE):
            calls: list[Call] = []
            commit(opened, partial(_record, calls=calls, numbers=range(first, first + SIZE)))
            commits.append(calls)
    return commits


def _record(tx: Tx, calls: list[Call], numbers: range) -> None:
    execute = tx._execute

    def noted(sql: str, params: tuple[object, ...] = ()) -> object:
        calls.append((sql, params))
        return execute(sql, params)

    tx._execute = noted  # type: ignore[assignment]  # a measurement looks inside; the product never does
    take(tx, numbers)


def replayed(opened: Company, commits: list[list[Call]]) -> float:
    """Run recorded statements, fetching what a SELECT finds."""

    def replay() -> None:
        for calls in commits:
            commit(opened, partial(_run, calls=calls))

    return spent(replay)


def _run(tx: Tx, calls: list[Call]) -> None:
    execute = tx._execute
    for sql, params in calls:
        cursor = execute(sql, params)
        if sql.startswith("SELECT"):
            cursor.fetchone()


if __name__ == "__main__":
    main()
