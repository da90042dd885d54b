"""Automation makes way for others that write: while they are many, its pauses are long beside its work."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.automation import ActWanted, RuleEvent, RuleWanted
from chatapp_cli.runtime.automation import LONGEST_PAUSE, SHARE, AutomationRunner, desk_of
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import auto_rules, lines


@dataclass
class CountedClock:
    """Each look at it takes so long, and its pauses are over at once."""

    look: float
    pauses: list[float] = field(default_factory=list)
    _passed: float = 0.0

    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(time.time() * 1000)

    def monotonic(self) -> float:
        """Seconds."""
        self._passed += self.look
        return self._passed

    async def sleep(self, seconds: float) -> None:
        """Wait for nothing."""
        self.pauses.append(seconds)


@pytest.mark.parametrize(
    ("others", "took", "pauses"),
    [(12, 0.01, [SHARE * 0.01]), (400, 0.07, [LONGEST_PAUSE]), (3, 1.0, [])],
    ids=["many", "many and slow", "few"],
)
async def test_automation_pauses_in_proportion_to_its_work_while_many_others_write(
    companies: Callable[..., Company], others: int, took: float, pauses: list[float]
) -> None:
    clock = CountedClock(took)
    company, go = companies(clock=clock), threading.Event()
    desk = desk_of(company, making=True)
    wanted = RuleWanted(name="А", event=RuleEvent.CREATED, acts=[ActWanted("tag", ["новый"])])
    company.write(lambda tx: auto_rules.add(tx, wanted, desk.names(tx)))
    company.write(lambda tx: lines.add(tx, name="Опт"))
    store = AsyncStore(company)
    held = asyncio.create_task(store.write(lambda _tx: go.wait(30)))
    turn = asyncio.create_task(AutomationRunner(store).turn())
    writing = [asyncio.create_task(store.write(lambda _tx: None)) for _ in range(others)]
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(held, turn, *writing)
    await store.aclose()
    assert clock.pauses == pytest.approx(pauses)
