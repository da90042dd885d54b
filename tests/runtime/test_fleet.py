"""A link that is no channel is kept up by the same lifecycle, and renewed by the same fleet."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
import structlog

from chatapp_cli.domain.errors import NeedsRebind, Retryable, StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.fleet import Fleet
from chatapp_cli.runtime.lifecycle import AGAIN, Lifecycle
from tests.runtime.desk import eventually
from tests.runtime.scripted import Restless


@dataclass(frozen=True)
class Row:
    """What is to run."""

    revision: int


@dataclass
class Link:
    """It lives as long as nothing is wrong with it."""

    row: Row
    wrong: list[Exception] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    noun: str = "link"
    full: int = 0
    """How often its health cannot be stored."""
    looks: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lives = 0
        self.clock = Restless()
        self.lifecycle = Lifecycle(self, World(clock=self.clock, chance=SystemChance()), structlog.get_logger())

    async def run(self) -> None:
        await self.lifecycle.run()

    async def live(self) -> None:
        self.lives += 1
        self.lifecycle.came_up()
        if self.wrong:
            raise self.wrong.pop(0)
        await self.lifecycle.tell("ok")
        await asyncio.Event().wait()

    async def write_health(self, health: str, code: str, detail: str, look: float) -> None:
        if self.full:
            self.full -= 1
            raise StoreError(T("The disk is full."))
        self.health.append(f"{health} {code}".strip())
        self.looks.append(look)

    async def write_retry(self, look: float) -> None:
        self.looks.append(look)

    async def stumbled(self, why: str) -> None:
        await self.lifecycle.stumbled(why)


async def test_it_falls_rests_and_heals_and_each_change_is_told_once() -> None:
    link = Link(Row(1), [Retryable("away"), Retryable("away"), NeedsRebind("revoked"), ValueError("ours")])
    task = asyncio.create_task(link.run())
    await eventually(lambda: "ok" in link.health)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert link.health == ["retrying away", "needs_rebind revoked", "retrying stumbled", "ok"]
    assert link.lives == 5
    assert 270 <= max(link.clock.pauses) <= 330


async def test_a_fleet_starts_renews_and_stops_what_the_store_says() -> None:
    wanted = {"a": Row(1), "b": Row(1)}

    async def read() -> dict[str, Row]:
        return dict(wanted)

    fleet: Fleet[str, Row, Link] = Fleet(read, Link, clock=Restless())
    await fleet.refresh()
    first = dict(fleet.runners)
    await eventually(lambda: all(link.lives for link in first.values()))
    wanted |= {"b": Row(2), "c": Row(1)}
    await fleet.refresh()
    assert fleet.runners["a"] is first["a"]
    assert {key: link.row.revision for key, link in fleet.runners.items()} == {"a": 1, "b": 2, "c": 1}
    del wanted["a"]
    await fleet.refresh()
    assert set(fleet.runners) == {"b", "c"}
    await fleet.stop()
    assert fleet.runners == {}


class Slow:
    """It takes its time to land, and counts how often it was told to."""

    def __init__(self, row: Row) -> None:
        self.told = 0
        self.stumbles: list[str] = []
        self.landed = asyncio.Event()
        self.may_land = asyncio.Event()

    async def run(self) -> None:
        while not self.landed.is_set():
            try:
                await (self.may_land.wait() if self.told else asyncio.Event().wait())
            except asyncio.CancelledError:
                self.told += 1
            else:
                self.landed.set()

    async def stumbled(self, why: str) -> None:
        self.stumbles.append(why)


async def test_a_fleet_that_is_told_to_stop_while_one_lands_starts_nothing_and_lets_it_land() -> None:
    wanted = {"a": Row(1)}

    async def read() -> dict[str, Row]:
        return dict(wanted)

    fleet: Fleet[str, Row, Slow] = Fleet(read, Slow, clock=Restless())
    await fleet.refresh()
    (slow,) = fleet.runners.values()
    await asyncio.sleep(0)
    wanted["a"] = Row(2)
    refreshing = asyncio.create_task(fleet.refresh())
    await eventually(lambda: slow.told)
    refreshing.cancel()
    assert await asyncio.gather(refreshing, return_exceptions=True) != [None]
    assert list(fleet.runners.values()) == [slow]
    stopping = asyncio.create_task(fleet.stop())
    await asyncio.sleep(0)
    slow.may_land.set()
    await stopping
    assert (slow.landed.is_set(), slow.told, slow.stumbles) == (True, 1, [])


async def test_what_could_not_be_stored_is_stored_again_while_it_rests() -> None:
    link = Link(Row(1), [NeedsRebind("revoked")], full=3)
    link.clock.stands.clear()
    task = asyncio.create_task(link.run())
    for pauses in range(1, 4):
        await eventually(lambda pauses=pauses: len(link.clock.pauses) == pauses)
        assert link.health == []
        link.clock.stands.set()
        await asyncio.sleep(0)
        link.clock.stands.clear()
    await eventually(lambda: link.health == ["needs_rebind revoked"])
    assert link.lives == 1
    assert link.clock.pauses[:3] == [AGAIN] * 3
    assert 240 <= link.looks[0] <= 315
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_refused_link_says_each_time_when_it_looks_again() -> None:
    link = Link(Row(1), [NeedsRebind("revoked"), NeedsRebind("revoked")])
    task = asyncio.create_task(link.run())
    await eventually(lambda: "ok" in link.health)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert link.health == ["needs_rebind revoked", "ok"]
    assert [round(look / 300) for look in link.looks] == [1, 2, 0]


@pytest.mark.parametrize("end", [KeyError("ours"), asyncio.CancelledError(), None], ids=["error", "cancel", "return"])
async def test_a_task_that_ends_by_itself_is_reported_and_started_again(end: BaseException | None) -> None:
    async def read() -> dict[str, Row]:
        return {"a": Row(1)}

    clock = Restless()
    fleet: Fleet[str, Row, Brief] = Fleet(read, lambda row: Brief(row, end), clock=clock, noun="link")
    await fleet.refresh()
    (brief,) = fleet.runners.values()
    await eventually(lambda: brief.runs >= 3)
    assert brief.told[:2] == ["ended" if end is None else type(end).__name__] * 2
    assert clock.pauses[0] == 2.0
    assert [state.name for state in fleet.stumbling] == ["link a"]
    await fleet.stop()
    assert fleet.runners == {}


class Brief:
    """It ends at once, by a mistake."""

    def __init__(self, row: Row, end: BaseException | None) -> None:
        self.row, self.end, self.runs = row, end, 0
        self.told: list[str] = []

    async def run(self) -> None:
        self.runs += 1
        if self.end is not None:
            raise self.end

    async def stumbled(self, why: str) -> None:
        self.told.append(why)
