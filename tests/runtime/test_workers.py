"""A worker that breaks is started again and named in health; messages go on. The core that breaks ends the daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import httpx
import pytest

from chatapp_cli.api.server import application
from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.errors import ChatappError, StoreError, StoreLost
from chatapp_cli.domain.journal.lines import LineAdded
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.domain.robot import RUN_TIMER
from chatapp_cli.domain.text import T
from chatapp_cli.kit.system import SystemChance, SystemClock
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.daemon import Daemon, running
from chatapp_cli.runtime.parts import Part, handlers_of
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.timekeeper import Timekeeper
from chatapp_cli.runtime.worker import Worker
from chatapp_cli.services import lines, timers
from chatapp_cli.store.tx import Tx
from tests.runtime.desk import eventually
from tests.stores import OWNER


class Counting(Worker):
    """A part that somebody adds: it counts new lines, and breaks as it is told."""

    name = "counting"
    wakes = (LineAdded,)

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.lives = 0
        self.breaks: set[str] = set()

    def hear(self, entries: Sequence[JournalEntry]) -> None:
        if "hearing" in self.breaks:
            raise KeyError("hearing")
        self.heard += [type(entry.event).__name__ for entry in entries]

    async def run(self) -> None:
        self.lives += 1
        if "running" in self.breaks:
            raise ValueError("token=123")
        await asyncio.Event().wait()


class FastClock(SystemClock):
    """Waits of a second and more are a hundred times as short."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 100 if seconds >= 1 else seconds)


@pytest.fixture
def quick(companies: Callable[..., Company]) -> Company:
    return open_company(companies().settings, World(clock=FastClock(), chance=SystemChance())).seen_by(OWNER)


def add_line(company: Company, name: str) -> None:
    company.write(lambda tx: lines.add(tx, name))


async def health(daemon: Daemon) -> tuple[str, dict[str, str]]:
    transport = httpx.ASGITransport(application(daemon))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answer = await http.get("/healthz")
    assert answer.status_code == 200
    return answer.json()["status"], answer.json()["workers"]


async def figure(daemon: Daemon, line: str) -> bool:
    transport = httpx.ASGITransport(application(daemon))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        return line in (await http.get("/metrics")).text.splitlines()


async def test_a_part_hears_of_the_events_that_it_names_and_of_no_others(quick: Company) -> None:
    worker = Counting()
    async with running(quick, parts=[Part(workers=lambda _store: [worker])]):
        await eventually(lambda: worker.lives)
        quick.write(lambda tx: lines.rename(tx, lines.add(tx, "Продажи"), "Опт"))
        await eventually(lambda: worker.heard)
        assert worker.heard == ["LineAdded"]


@pytest.mark.parametrize(("where", "why"), [("running", "ValueError"), ("hearing", "KeyError")])
async def test_one_that_breaks_is_named_without_its_secrets_until_it_works_again(
    quick: Company, where: str, why: str
) -> None:
    worker = Counting()
    worker.breaks.add(where)
    async with running(quick, parts=[Part(workers=lambda _store: [worker])]) as daemon:
        await eventually(lambda: daemon.ready)
        if where == "hearing":
            await eventually(lambda: worker.lives)
            add_line(quick, "Продажи")
        await eventually(lambda: any(not one.works for one in daemon.conditions))
        status, workers = await health(daemon)
        assert (status, workers["counting"]) == ("degraded", why)
        assert {name for name, state in workers.items() if state != "ok"} == {"counting"}
        assert await figure(daemon, 'chatapp_worker_up{worker="counting"} 0.0')
        worker.breaks.clear()
        await eventually(lambda: all(one.works for one in daemon.conditions))
        assert (await health(daemon))[0] == "ok"
        add_line(quick, "Опт")
        await eventually(lambda: worker.heard)


async def test_a_daemon_without_other_parts_has_all_of_ours(quick: Company) -> None:
    async with running(quick, parts=()) as daemon:
        names = [one.name for one in daemon.conditions]
    assert names == [
        *("channels", "crm", "scheduled", "snoozed", "alarms", "store_alarm", "automation", "rule_calls", "relay"),
        *(
            "upkeep",
            "packing",
            "index",
            "distribution",
            "timer automation",
            "timer automation clock",
            "timer join",
            "timer run",
        ),
    ]


async def test_a_timer_of_a_part_fires_and_one_whose_handler_fails_is_named_and_fires_later(quick: Company) -> None:
    fails = True

    def handle(tx: Tx, ref: str) -> None:
        if fails and ref == "bad":
            raise RecursionError
        timers.put(tx, "fired", ref, tx.now + 3_600_000, keeps_hour=False)

    for ref in ("bad", "good"):
        quick.write(partial(_due_now, ref=ref))
    async with running(quick, parts=[Part(timers={"line": handle})]) as daemon:
        await eventually(lambda: has_fired(quick, "good") and not daemon.conditions[-1].works)
        assert (await health(daemon))[1]["timer line"] == "RecursionError"
        assert not has_fired(quick, "bad")
        fails = False
        await eventually(lambda: has_fired(quick, "bad"))
        await eventually(lambda: daemon.conditions[-1].works)


def _due_now(tx: Tx, *, ref: str) -> None:
    timers.put(tx, "line", ref, tx.now, keeps_hour=False)


def has_fired(company: Company, ref: str) -> bool:
    return company.read(lambda tx: timers.at(tx, "fired", ref)) is not None


async def test_a_timer_whose_handler_is_not_installed_waits_for_it(quick: Company) -> None:
    quick.write(partial(_due_now, ref="later"))
    async with running(quick, parts=()) as daemon:
        await eventually(lambda: daemon.ready)
        await asyncio.sleep(0.1)
    assert quick.read(lambda tx: timers.at(tx, "line", "later")) is not None


async def test_a_handler_that_fails_for_a_timer_that_is_cancelled_then_is_well_again(quick: Company) -> None:
    def handle(_tx: Tx, _ref: str) -> None:
        raise RecursionError

    quick.write(partial(_due_now, ref="bad"))
    async with running(quick, parts=[Part(timers={"line": handle})]) as daemon:
        await eventually(lambda: not daemon.conditions[-1].works)
        quick.write(lambda tx: timers.cancel(tx, "line", "bad"))
        await eventually(lambda: daemon.conditions[-1].works)


class Watched(AsyncStore):
    """Remembers what is asked of it."""

    def __init__(self, company: Company) -> None:
        super().__init__(company)
        self.asked: list[str] = []

    async def read(self, job: Callable[[Tx], Any]) -> Any:
        self.asked.append(getattr(job, "func", job).__name__)
        return await super().read(job)


async def test_timers_whose_handlers_fail_are_not_looked_for_before_they_are_due_again(quick: Company) -> None:
    def handle(_tx: Tx, _ref: str) -> None:
        raise RecursionError

    for n in range(20):
        quick.write(partial(_due_now, ref=f"bad {n}"))
    store = Watched(quick)
    keeper = Timekeeper(store, {"line": handle}, scheduled=lambda: None, snoozed=lambda: None)
    looking = asyncio.create_task(keeper.run())
    await eventually(lambda: keeper.conditions["line"].failures >= 20)
    store.asked.clear()
    await eventually(lambda: store.asked.count("due") > 30)
    assert "at" not in store.asked
    assert quick.write(lambda tx: sum(timers.cancel(tx, "line", f"bad {n}") for n in range(20))) == 20
    await eventually(lambda: keeper.conditions["line"].works)
    assert store.asked.count("at") == 20
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    await store.aclose()


class SteppedClock(FastClock):
    """A fast clock whose wall time stands until it is moved on; it counts the waits."""

    def __init__(self) -> None:
        self.at, self.waits = 1_790_000_000_000, 0

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1000

    async def sleep(self, seconds: float) -> None:
        self.waits += 1
        await super().sleep(seconds)


async def test_a_store_in_which_nothing_changes_is_not_read_until_the_next_time_comes(quick: Company) -> None:
    clock, fired = SteppedClock(), []
    company = open_company(quick.settings, World(clock=clock, chance=SystemChance())).seen_by(OWNER)
    store = Watched(company)
    keeper = Timekeeper(
        store, {"line": lambda _tx, ref: fired.append(ref)}, scheduled=lambda: None, snoozed=lambda: None
    )
    looking = asyncio.create_task(keeper.run())

    async def rest() -> int:
        waits = clock.waits
        await eventually(lambda: clock.waits > waits + 5)
        return store.asked.count("due")

    before = await rest()
    assert await rest() == before == 1
    company.write(lambda tx: timers.put(tx, "line", "in an hour", clock.at + 3_600_000, keeps_hour=True))
    before = await rest()
    assert await rest() == before == 2
    clock.at += 3_600_000
    await eventually(lambda: fired)
    assert fired == ["in an hour"]
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    await store.aclose()
    company.close()


class Deaf(BaseException):
    """The core cannot go on."""


async def test_a_writer_that_ends_ends_the_daemon_with_its_error(quick: Company) -> None:
    def die(_tx: Tx) -> None:
        raise Deaf

    async def asked(store: AsyncStore) -> None:
        await store.write(die)

    store = AsyncStore(quick)
    daemon = asyncio.create_task(Daemon(store).run())
    asking = asyncio.create_task(asked(store))
    try:
        with pytest.raises(StoreLost, match="writer of the store ended: Deaf"):
            await asyncio.wait_for(daemon, 10)
        with pytest.raises(StoreLost):
            await asyncio.wait_for(asking, 1)
    finally:
        await store.aclose()


class Cancelling(AsyncStore):
    """Asked for due timers, it is cancelled by something else than its daemon."""

    async def read(self, job: Callable[[Tx], Any]) -> Any:
        if getattr(job, "func", job).__name__ == "due" and getattr(job, "keywords", {}).get("kind") != RUN_TIMER:
            raise asyncio.CancelledError
        return await super().read(job)


async def test_a_part_of_the_core_that_is_cancelled_from_within_ends_the_daemon_with_words(quick: Company) -> None:
    store = Cancelling(quick)
    try:
        with pytest.raises(ChatappError, match="core ended: timekeeper"):
            await asyncio.wait_for(Daemon(store).run(), 10)
    finally:
        await store.aclose()


def broken(store: AsyncStore) -> Sequence[Worker]:
    raise KeyError("no such setting")


async def test_a_part_that_cannot_make_its_workers_keeps_no_message_from_coming(quick: Company) -> None:
    counting = Counting()
    parts = [Part(workers=broken), Part(workers=lambda _store: [counting])]
    store = AsyncStore(quick)
    daemon = Daemon(store, parts)
    task = asyncio.create_task(daemon.run())
    await eventually(lambda: counting.lives)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.aclose()


async def test_of_two_handlers_of_one_kind_the_first_holds(quick: Company) -> None:
    def first(tx: Tx, ref: str) -> None: ...

    def second(tx: Tx, ref: str) -> None: ...

    assert handlers_of([Part(timers={"a": first}), Part(timers={"a": second, "b": second})]) == {
        "a": first,
        "b": second,
    }


async def test_what_a_handler_refuses_stops_no_other_kind(quick: Company) -> None:
    fired: list[str] = []

    def refuse(tx: Tx, ref: str) -> None:
        raise StoreError(T("The key does not open it."))

    def fire(tx: Tx, ref: str) -> None:
        fired.append(ref)

    for kind in ("a", "b"):
        quick.write(lambda tx, kind=kind: timers.put(tx, kind, "1", tx.now, keeps_hour=False))
    store = AsyncStore(quick)
    daemon = Daemon(store, [Part(timers={"a": refuse, "b": fire})])
    task = asyncio.create_task(daemon.run())
    await eventually(lambda: fired)
    await eventually(lambda: {one.name for one in daemon.conditions if not one.works} == {"timer a"})
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.aclose()
