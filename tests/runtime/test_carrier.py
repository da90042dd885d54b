"""The machine behind the outbox carries any queue: nothing twice, nothing lost, whatever stops or breaks it.

The queue here is thrown away after the test: parcels in a table of its own, carried to a shelf.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.errors import StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.kit.system import SystemChance, SystemClock
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.carrier import LONGEST_NAP, Carrier
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.verdicts import VerdictJob, VerdictWriter
from chatapp_cli.store.tx import Tx
from tests.runtime.desk import eventually


class Parcel(NamedTuple):
    """A row of the queue."""

    number: int
    what: str


class Stumble(Exception):
    """Our own code breaks."""


@dataclass
class Depot:
    """A queue of parcels, and the shelf that they are carried to; what a parcel is called says what befalls it."""

    store: AsyncStore
    shelf: Counter[int] = field(default_factory=Counter)
    retried: set[int] = field(default_factory=set)
    most: int = 0
    now: int = 0
    due_in: int | None = None

    verdicts: VerdictWriter = field(init=False)

    def __post_init__(self) -> None:
        self.verdicts = VerdictWriter(self.store, structlog.get_logger(), grace=0.2)

    def claim(self, tx: Tx, n: int) -> Sequence[Parcel]:
        sql = """UPDATE parcel SET state = 'claimed' WHERE number IN
          (SELECT number FROM parcel WHERE state = 'queued' ORDER BY number LIMIT :n) RETURNING number, what"""
        return sorted(tx.compose(Parcel, sql, {"n": n}))

    async def carry(self, item: Parcel) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self._carry(item)
        finally:
            self.now -= 1

    async def _carry(self, item: Parcel) -> None:
        try:
            await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            await self.verdicts.record(self.leave(item, None))
            raise
        if item.what == "again" and item.number not in self.retried:
            self.retried.add(item.number)
            await self.verdicts.record(marked(item, "queued"))
            return
        self.shelf[item.number] += 1
        if item.what == "stumbles":
            raise Stumble
        await self.verdicts.record(marked(item, "done"))

    def leave(self, item: Parcel, error: Exception | None) -> VerdictJob:
        return marked(item, "queued" if error is None else "uncertain")

    async def next_due(self, *, idle: bool) -> int | None:
        del idle
        return None if self.due_in is None else self.store.company.world.clock.now() + self.due_in


def marked(item: Parcel, state: str) -> VerdictJob:
    sql = "UPDATE parcel SET state = :state WHERE number = :number AND state = 'claimed' RETURNING number"
    return lambda tx: tx.compose(int, sql, {"state": state, "number": item.number})


def add(company: Company, parcels: Sequence[str]) -> None:
    def write(tx: Tx) -> None:
        for what in parcels:
            tx.compose(
                int, "INSERT INTO parcel (what, state) VALUES (:what, 'queued') RETURNING number", {"what": what}
            )

    company.write(write)


def states(company: Company) -> Counter[str]:
    return Counter(company.read(lambda tx: tx.compose(str, "SELECT state FROM parcel", {})))


class Failing(AsyncStore):
    """A store that cannot be written now and then."""

    failures = 0

    async def write(self, job, *, patient=False):
        if self.failures:
            self.failures -= 1
            raise StoreError(T("The disk is full."), T("Free some space."))
        return await super().write(job, patient=patient)


@dataclass
class Scene:
    """A carrier at work on a depot, which may be stopped at any moment and started again by another process."""

    company: Company
    most: int = 3
    depot: Depot = field(init=False)

    async def work(self, parcels: Sequence[str], stops: Sequence[float], failures: int) -> None:
        store = Failing(self.company)
        self.depot = Depot(store)
        add(self.company, parcels)
        try:
            for seconds in stops:
                await self._own(store, seconds)
            store.failures = failures
            await self._own(store, None)
        finally:
            await store.aclose()

    async def _own(self, store: Failing, seconds: float | None) -> None:
        carrier: Carrier[Parcel] = Carrier(store, self.depot.verdicts, structlog.get_logger(), at_once=2)

        async def ready() -> int:
            return self.most

        async def retry() -> None:
            while True:
                with suppress(StoreError):
                    await carrier.run(self.depot, ready)

        task = asyncio.create_task(retry())
        try:
            if seconds is None:
                await eventually(lambda: not {"queued", "claimed"} & states(self.company).keys())
            else:
                await asyncio.sleep(seconds)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def depot(companies: Callable[..., Company]) -> Company:
    company = open_company(companies().settings, World(clock=QuickClock(), chance=SystemChance()))
    company.write(
        lambda tx: tx.compose(int, "CREATE TABLE parcel (number INTEGER PRIMARY KEY, what TEXT, state TEXT)", {})
    )
    return company


class QuickClock(SystemClock):
    """Waits are a hundred times as short."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 100)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    parcels=st.lists(st.sampled_from(["fine", "fine", "again", "stumbles"]), min_size=1, max_size=12),
    stops=st.lists(st.floats(0, 0.02), max_size=4),
    failures=st.integers(0, 6),
)
def test_each_parcel_is_carried_once_and_has_its_verdict_whatever_stops_the_carrier(
    depot: Company, parcels: list[str], stops: list[float], failures: int
) -> None:
    depot.write(lambda tx: tx.compose(int, "DELETE FROM parcel RETURNING number", {}))
    scene = Scene(depot)
    asyncio.run(scene.work(parcels, stops, failures))
    assert scene.depot.shelf.total() == len(parcels)
    assert set(scene.depot.shelf.values()) == {1}
    assert states(depot) == Counter("uncertain" if what == "stumbles" else "done" for what in parcels)
    assert scene.depot.most <= scene.most


class NappingClock(SystemClock):
    """It stands still and ends no nap."""

    def __init__(self) -> None:
        self.naps: list[float] = []

    def now(self) -> int:
        return 1_790_000_000_000

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("due_in", "nap"), [(None, 60.0), (3000, 3.0), (3_600_000, LONGEST_NAP)], ids=["nothing", "soon", "far away"]
)
async def test_a_queue_without_anything_to_wait_for_is_seldom_looked_at(
    depot: Company, due_in: int | None, nap: float
) -> None:
    clock = NappingClock()
    store = AsyncStore(open_company(depot.settings, World(clock=clock, chance=SystemChance())))
    queue = Depot(store, due_in=due_in)
    carrier: Carrier[Parcel] = Carrier(store, queue.verdicts, structlog.get_logger(), at_once=2, empty_nap=60.0)

    async def ready() -> int:
        return 1

    task = asyncio.create_task(carrier.run(queue, ready))
    await eventually(lambda: clock.naps)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.aclose()
    assert clock.naps == [nap]
