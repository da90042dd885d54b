"""A company with fifty rules and four automatic answers, and what its daemon has running to carry them out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cache
from typing import Any

from benchmarks import ingesting
from benchmarks.incoming import incoming
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.automation import FOLLOWER, ActWanted, RuleEvent, RuleKind, RuleWanted
from chatapp_cli.domain.ids import AutoRuleId
from chatapp_cli.domain.option import COMPANY
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.runtime.builtin import PARTS
from chatapp_cli.runtime.journal_tail import new_entries
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.worker import Worker, WorkerRunner
from chatapp_cli.services import auto_rules, options

RULES = 50
MATCHED = 100
"""Of so many arrivals one has the word of a rule."""
PRICES = 16
"""Further answers for so many words: one rule may answer only so often in a minute."""
_OPTIONS = {"hours": "mon-sun 00:00-24:00", "hours_zone": "Europe/Moscow", "auto_storm": "1440"}
_TAG = (ActWanted("tag", ["важно"]),)


def rules() -> Iterator[RuleWanted]:
    """Most look for words, some by channel or hour; few have to ask the store about every message."""
    for number in range(RULES):
        event = RuleEvent.ARRIVED if number % 10 else RuleEvent.TAG_ADDED
        yield RuleWanted(name=f"Правило {number}", event=event, asked=_asked(number), acts=_TAG)
    answers: Mapping[str, Mapping[str, Any]] = {
        "Закрыто": {"open": False}, "Цены": {"words": ["прайс", "прейскурант"]}, "Первое": {"first": "ever"},
        "Ждут": {"waited": 15},
    }  # fmt: skip
    for name, asked in answers.items():
        acts = [ActWanted("send", "Спасибо, скоро ответим.")]
        yield RuleWanted(name=name, kind=RuleKind.AUTOREPLY, asked=asked, acts=acts)


def _asked(number: int) -> Mapping[str, Any]:
    if number % 10 == 0:
        return {"untagged": [f"тег{number}"]}
    if number == 1:
        return {"match": [r"заказ\s+№?\s*\d+"]}
    if number in {4, 5}:
        return {"tags": [f"тег{number}"]}
    words = {"words": [f"товар{number}", f"услуга{number}", "возврат" if number == 6 else "обмен"]}
    if number % 3 == 0:
        return {**words, "channels": [1]}
    return {**words, "hours": ["09:00-18:00"], "zone": "Asia/Yekaterinburg"} if number % 3 == 1 else words


def prices() -> Iterator[RuleWanted]:
    """Automatic answers to one word each."""
    for number in range(PRICES):
        acts = [ActWanted("send", "Пришлём прайс.")]
        yield RuleWanted(name=f"Цена {number}", kind=RuleKind.AUTOREPLY, asked={"words": [price(number)]}, acts=acts)


def price(number: int) -> str:
    """The word of one of these."""
    return f"цена{number % PRICES}"


def keep_rules(opened: Company, wanted: Iterable[RuleWanted] | None = None) -> Sequence[AutoRuleId]:
    """Keep rules, these if no others are given; the company is always open."""
    desk = desk_of(opened)
    opened.write(lambda tx: options.change(tx, COMPANY, options.Changes(_OPTIONS)))
    every = list(rules() if wanted is None else wanted)
    return opened.write(lambda tx: [auto_rules.add(tx, one, desk.names(tx)) for one in every])


@contextmanager
def company(*, ruled: bool) -> Iterator[Company]:
    """A company with one channel and dialogs, with these rules or with none."""
    with ingesting.company() as opened:
        if ruled:
            keep_rules(opened)
        yield opened


@cache
def batches(events: int, start: str = "m") -> Sequence[Batch]:
    """So many arrivals, each as it comes from its caller; one of ``MATCHED`` has the word of a rule."""
    return [Batch(arrivals=(arrival(f"{start}{number}", number),)) for number in range(events)]


def arrival(name: str, number: int) -> Arrival:
    """A client's message by number."""
    words = ingesting.WORDS + ("Нужен возврат." if number % MATCHED == 0 else str(number))
    client = f"c{number % ingesting.DIALOGS}"
    return incoming(name, client, words, raw=ingesting.RAW, provider_id=name)


@asynccontextmanager
async def planner(store: AsyncStore) -> AsyncIterator[Worker]:
    """What ``serve`` has running for rules, if there are any or none: the follower of the journal and the worker."""
    (worker,) = next(part for part in PARTS if FOLLOWER in part.timers).workers(store)
    runner = WorkerRunner(worker, store.company.world.clock)
    tasks = [asyncio.create_task(one) for one in (_follow(store, runner), runner.run())]
    try:
        yield worker
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _follow(store: AsyncStore, runner: WorkerRunner) -> None:
    async for entries in new_entries(store):
        runner.hear(entries)
