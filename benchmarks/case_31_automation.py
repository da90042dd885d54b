"""Case 31: what fifty rules and four automatic answers cost an arrival, and how soon a client is answered.

Arrivals are measured as an owner feels them: until each is durable, while the follower of the journal and the planner
work beside it in the same process, as in ``serve``; without rules they run as well. While many arrivals wait, the
planner leaves nearly all the time to them, so what it takes by itself is measured too: all that it does of an
arrival, in processor time, of what the arrival took.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks import ingesting, ruled
from benchmarks.case_10_replies import PATIENCE, Provider, listening
from benchmarks.case_19_idle import SECONDS, megabytes
from benchmarks.harness import Case
from benchmarks.load import load
from benchmarks.shop import SECRET, company, serving, shop, signed
from chatapp_cli.bootstrap import Company
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import auto_plan
from chatapp_cli.services.auto_desk import AutoDesk

EVENTS = 6000
CALLERS = 64
FEW = 2000
ANSWERS = 9
"""Automatic answers of one round."""
PACE = 0.02
"""Seconds between two looks for what another connection wrote, as the daemon looks."""
_numbers = count(100_000)


def cases() -> Iterator[Case]:
    """With rules, of the same without; answers, of their limit and of a bare row and one look."""
    yield Case(
        "ingest, 64 callers, with 50 rules and 4 autoreplies; without",
        "ev/s",
        ours=lambda: _arriving(rules=True),
        peer=lambda: _arriving(rules=False),
        at_least=0.95,
    )
    yield Case(
        "planning for an arrival by 54 rules; the arrival itself", "µs", ours=_planning, peer=_taking, at_most=1.0
    )
    yield from _answers()
    yield from _memory()


def _arriving(*, rules: bool) -> float:
    """Arrivals a second."""
    with ruled.company(ruled=rules) as opened:
        took = asyncio.run(ingesting.seconds(CALLERS, ruled.batches(EVENTS), opened, ruled.planner))
        return EVENTS / took


def _planning() -> float:
    """Microseconds of processor for an arrival until all acts are planned; its client has waited for some time."""
    with ruled.company(ruled=True) as opened:
        desk = desk_of(opened)
        asyncio.run(ingesting.seconds(CALLERS, ruled.batches(ingesting.DIALOGS, "begun"), opened))
        _plan(opened, desk)
        asyncio.run(ingesting.seconds(CALLERS, ruled.batches(FEW), opened))
        began = time.process_time()
        _plan(opened, desk)
        return (time.process_time() - began) / FEW * 1e6


def _plan(opened: Company, desk: AutoDesk) -> None:
    while opened.write(lambda tx: auto_plan.follow(tx.whole(), desk)):
        pass


def _taking() -> float:
    """Microseconds of processor for an arrival until it is durable."""
    with ruled.company(ruled=False) as opened:
        began = time.process_time()
        asyncio.run(ingesting.seconds(CALLERS, ruled.batches(FEW), opened))
        return (time.process_time() - began) / FEW * 1e6


def _answers() -> Iterator[Case]:
    with listening() as provider, company() as made, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = made.bind("api", {"name": "Замер", "secret": SECRET, "url": provider.url})
        ruled.keep_rules(made.company, [*ruled.prices(), *ruled.rules()])
        with serving(made) as (port, _pid):
            desk = AnsweringDesk(provider, port, path)
            name = "autoreply at the provider after its arrival is durable, p95"
            yield Case(name, "ms", ours=desk.answers, limit=300, at_most=1, warm_up=False)
            yield Case(
                f"{name}; a bare row and a look 20 ms later",
                "ms",
                ours=desk.answers,
                peer=lambda: _seen(Path(folder, "bare.db")),
                at_most=5,
                warm_up=False,
            )


@dataclass(frozen=True, slots=True)
class AnsweringDesk:
    """A desk whose daemon answers by itself."""

    provider: Provider
    port: int
    path: str

    def answers(self) -> float:
        """95th percentile of some answers, one after the other, each to a new client."""
        return sorted(self._answer() for _ in range(ANSWERS))[int(ANSWERS * 0.95)]

    def _answer(self) -> float:
        """Milliseconds from the answer to the webhook, when the message is durable, until the provider has ours."""
        number = next(_numbers)
        came = self.provider.waiting[f"c{number}"] = threading.Event()
        words = f"{ruled.price(number)} сколько "
        (request,) = signed(self.path, range(number, number + 1), dialogs=1_000_000, words=words)
        assert load(self.port, [request], 1).statuses == {200}
        began = time.perf_counter()
        assert came.wait(PATIENCE), f"no answer to {words}"
        return (time.perf_counter() - began) * 1000


def _seen(file: Path) -> float:
    """95th percentile of the milliseconds from a row's commit until another connection has seen that there is one."""
    with closing(sqlite3.connect(file)) as store, closing(sqlite3.connect(file)) as other:
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("PRAGMA synchronous = FULL")
        store.execute("CREATE TABLE IF NOT EXISTS row (text TEXT)")
        return sorted(_seen_once(store, other) for _ in range(ANSWERS))[int(ANSWERS * 0.95)]


def _seen_once(store: sqlite3.Connection, other: sqlite3.Connection) -> float:
    (before,) = other.execute("PRAGMA data_version").fetchone()
    began = time.perf_counter()
    with store:
        store.execute("INSERT INTO row (text) VALUES (?)", (ingesting.WORDS,))
    time.sleep(PACE)
    assert other.execute("PRAGMA data_version").fetchone() != (before,)
    return (time.perf_counter() - began) * 1000


def _memory() -> Iterator[Case]:
    """What a daemon takes for rules, once they were asked."""
    with ExitStack() as stack:
        _, without = stack.enter_context(serving(stack.enter_context(shop())))
        made = stack.enter_context(shop())
        ruled.keep_rules(made.company)
        port, pid = stack.enter_context(serving(made))
        assert load(port, signed(made.path, range(10))).statuses == {200}
        time.sleep(SECONDS / 2)
        ours = lambda: megabytes(pid) - megabytes(without)  # noqa: E731
        yield Case("idle daemon's memory for 54 rules", "MB", ours=ours, limit=15, at_most=1, rounds=3, warm_up=False)
