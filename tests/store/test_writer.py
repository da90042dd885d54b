"""Whoever writes at the same time shares a commit, and nobody shares another's mistake."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chatapp_cli.domain.errors import StoreDamaged, StoreError, StoreLost
from chatapp_cli.services import lines
from chatapp_cli.store.database import Database
from chatapp_cli.store.tx import Connection, Tx
from chatapp_cli.store.waiting_jobs import Outcome
from chatapp_cli.store.writer import Slowest, Writer
from tests.stores import ON_POSTGRESQL, ON_SQLITE, OWNER, Shop


@pytest.fixture
def writer(shop: Shop) -> Iterator[Writer]:
    opened = Writer(shop.database, longest=60)
    yield opened
    opened.close()


class Waiting:
    """Callers who wait for what became of their jobs."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome[Any]] = {}
        self._all = threading.Condition()

    def done(self, name: str) -> Callable[[Outcome[Any]], None]:
        def keep(outcome: Outcome[Any]) -> None:
            with self._all:
                assert name not in self.outcomes, "told twice"
                self.outcomes[name] = outcome
                self._all.notify_all()

        return keep

    def until(self, n: int) -> dict[str, Outcome[Any]]:
        with self._all:
            assert self._all.wait_for(lambda: len(self.outcomes) >= n, timeout=30)
            return dict(self.outcomes)


def adding(name: str) -> Callable[[Tx], object]:
    return lambda tx: lines.add(tx.by(OWNER), name)


def held(writer: Writer, waiting: Waiting) -> threading.Event:
    """Keep the writer busy, so that what is submitted now shares the next commit."""
    go, started = threading.Event(), threading.Event()

    def hold(tx: Tx) -> None:
        started.set()
        assert go.wait(30)

    writer.submit(hold, waiting.done("hold"))
    assert started.wait(30)
    return go


def names(shop: Shop) -> list[str]:
    return [line.name for line in shop.read(lines.everything)]


def test_jobs_that_wait_together_share_one_commit(shop: Shop, writer: Writer) -> None:
    waiting = Waiting()
    go = held(writer, waiting)
    for number in range(20):
        writer.submit(adding(f"Л{number}"), waiting.done(f"Л{number}"))
    go.set()
    outcomes = waiting.until(21)
    assert all(outcome.error is None for outcome in outcomes.values())
    assert (names(shop), writer.commits, writer.jobs) == ([f"Л{n}" for n in range(20)], 2, 21)


def test_a_job_that_fails_takes_nothing_else_with_it(shop: Shop, writer: Writer) -> None:
    def half(tx: Tx) -> None:
        lines.add(tx.by(OWNER), "наполовину")
        raise ZeroDivisionError

    def refused(tx: Tx) -> None:
        tx.run("channels.proof", id="никакой", at="когда-то")
        tx.run("lines.rename", id=1, name=None)

    waiting = Waiting()
    go = held(writer, waiting)
    for name, job in (("раз", adding("раз")), ("half", half), ("refused", refused), ("два", adding("два"))):
        writer.submit(job, waiting.done(name))
    go.set()
    outcomes = waiting.until(5)
    assert isinstance(outcomes["half"].error, ZeroDivisionError)
    assert outcomes["refused"].error is not None
    assert (outcomes["раз"].error, outcomes["два"].error, names(shop)) == (None, None, ["раз", "два"])


@ON_SQLITE
def test_when_the_commit_fails_everybody_is_told_and_nothing_is_there(shop: Shop, writer: Writer) -> None:
    waiting = Waiting()

    def fill(tx: Tx) -> None:
        execute = tx._execute
        execute(f"PRAGMA max_page_count = {execute('PRAGMA page_count').fetchone()[0]}")
        for number in range(5000):
            lines.add(tx.by(OWNER), f"{number}" + "я" * 190)

    go = held(writer, waiting)
    for name, job in (("раз", adding("раз")), ("fill", fill), ("два", adding("два"))):
        writer.submit(job, waiting.done(name))
    go.set()
    outcomes = waiting.until(4)
    assert {type(outcome.error) for outcome in outcomes.values() if outcome.error} == {StoreError}
    assert [name for name, outcome in outcomes.items() if outcome.error is None] in ([], ["hold"])
    assert names(shop) == []


@pytest.mark.parametrize("patient", [False, True], ids=["of people", "that can wait"])
def test_jobs_that_take_long_share_no_commit(shop: Shop, patient: bool) -> None:
    writer, waiting, done = Writer(shop.database, longest=0), Waiting(), list[str]()
    go = held(writer, waiting)
    for name in "abc":
        writer.submit(lambda _tx, name=name: done.append(name), waiting.done(name), patient=patient)  # type: ignore[misc]
    go.set()
    waiting.until(4)
    writer.close()
    assert ("".join(done), writer.commits, writer.jobs) == ("abc", 4, 4)


def test_what_can_wait_comes_after_the_others_and_as_much_of_it_goes_along(shop: Shop, writer: Writer) -> None:
    waiting, done = Waiting(), list[str]()
    go = held(writer, waiting)
    for name, patient in (("p1", True), ("p2", True), ("p3", True), ("u1", False), ("p4", True), ("u2", False)):
        writer.submit(lambda _tx, name=name: done.append(name), waiting.done(name), patient=patient)  # type: ignore[misc]
    go.set()
    waiting.until(7)
    assert (done, writer.commits) == (["u1", "u2", "p1", "p2", "p3", "p4"], 3)


def test_what_can_wait_goes_on_although_each_of_the_others_fills_a_commit(shop: Shop) -> None:
    writer, waiting, done = Writer(shop.database, longest=0), Waiting(), list[str]()
    go = held(writer, waiting)
    for name in ("p1", "p2", *(f"u{n}" for n in range(5))):
        job = lambda _tx, name=name: done.append(name)  # noqa: E731
        writer.submit(job, waiting.done(name), patient=name.startswith("p"))
    go.set()
    waiting.until(8)
    writer.close()
    assert done == ["u0", "p1", "u1", "p2", "u2", "u3", "u4"]


def test_closing_finishes_what_is_queued(shop: Shop) -> None:
    writer, waiting = Writer(shop.database), Waiting()
    go = held(writer, waiting)
    for number in range(300):
        writer.submit(adding(f"Л{number}"), waiting.done(f"Л{number}"))
    threading.Thread(target=go.set).start()
    writer.close()
    assert (len(names(shop)), len(waiting.outcomes)) == (300, 301)


def test_many_threads_lose_nothing_and_double_nothing(shop: Shop, writer: Writer) -> None:
    waiting = Waiting()

    def work(who: int) -> None:
        for number in range(25):
            name = f"{who}-{number}"
            job = adding(name) if number % 5 else adding("одна на всех")
            writer.submit(job, waiting.done(name))

    threads = [threading.Thread(target=work, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes = waiting.until(200)
    good = [name for name, outcome in outcomes.items() if outcome.error is None]
    assert (len(names(shop)), len(good), writer.jobs) == (161, 161, 200)
    assert names(shop).count("одна на всех") == 1


class Fatal(BaseException):
    """No job may raise it, and the writer ends with it."""


def test_when_the_writer_ends_what_waits_and_what_comes_later_fails_at_once(shop: Shop) -> None:
    ended: list[StoreLost] = []
    writer, waiting = Writer(shop.database, broken=ended.append), Waiting()
    go, started = threading.Event(), threading.Event()

    def end(tx: Tx) -> None:
        started.set()
        assert go.wait(30)
        raise Fatal

    writer.submit(end, waiting.done("end"))
    assert started.wait(30)
    writer.submit(adding("ждёт"), waiting.done("ждёт"))
    go.set()
    waiting.until(2)
    writer.submit(adding("позже"), waiting.done("позже"))
    outcomes = waiting.until(3)
    assert {type(outcome.error) for outcome in outcomes.values()} == {StoreLost}
    assert "The writer of the store ended: Fatal" in str(ended[0])
    assert isinstance(ended[0].__cause__, Fatal)
    assert names(shop) == []
    writer.close()


@ON_SQLITE
def test_the_first_damage_that_a_job_meets_ends_all_writing(shop: Shop, writer: Writer) -> None:
    found: list[StoreDamaged] = []
    shop.database.on_damage.append(found.append)
    shop.line("была")

    def meet(tx: Tx) -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    waiting = Waiting()
    writer.submit(meet, waiting.done("meets"))
    waiting.until(1)
    writer.submit(adding("после"), waiting.done("после"))
    outcomes = waiting.until(2)
    assert [type(outcome.error) for outcome in outcomes.values()] == [StoreDamaged] * 2
    assert (found, names(shop)) == ([shop.database.damaged], ["была"])
    with pytest.raises(StoreDamaged, match="is damaged"):
        shop.database.write(adding("после"))


def test_the_slowest_commit_is_told_for_a_minute_or_two() -> None:
    slowest = Slowest()
    slowest.add(30.0, 0.7)
    slowest.add(45.0, 0.2)
    assert [slowest.at(moment) for moment in (59.0, 61.0, 119.0)] == [0.7, 0.7, 0.7]
    slowest.add(100.0, 0.1)
    assert [slowest.at(moment) for moment in (119.0, 121.0, 500.0)] == [0.7, 0.1, 0.0]


def test_a_writer_counts_its_commits_and_what_they_took(writer: Writer) -> None:
    waiting = Waiting()
    writer.submit(adding("одна"), waiting.done("одна"))
    waiting.until(1)
    assert writer.commits == 1
    assert 0 < writer.slowest <= writer.seconds < 30


@ON_POSTGRESQL
def test_a_server_lets_who_waits_write_before_who_has_just_written(database: Database) -> None:
    connection, wrote = database.connection(), list[str]()
    other = threading.Thread(target=lambda: database.write(lambda _tx: wrote.append("who waited")))
    database.driver.begin(connection)
    other.start()
    until_somebody_waits(connection)
    connection.execute("COMMIT")
    database.driver.begin(connection)
    wrote.append("who had just written")
    connection.execute("COMMIT")
    other.join(30)
    assert database.driver.fair
    assert wrote == ["who waited", "who had just written"]


def until_somebody_waits(connection: Connection) -> None:
    deadline = time.monotonic() + 30
    while not connection.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall():
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.005)
