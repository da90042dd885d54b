"""The daemon keeps the index of messages up to date, and nothing that befalls the index stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.runtime.indexer import Indexer
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.worker import WorkerRunner
from chatapp_cli.services import channels, ingest, journal, lines
from chatapp_cli.services.wording import understood
from chatapp_cli.store.search import TOP
from tests.unit.kit.worlds import held_world

Companies = Callable[..., Company]


@pytest.fixture
def company(companies: Companies) -> Company:
    return replace(companies(), world=held_world())


@pytest.fixture
def channel(company: Company) -> ChannelId:
    line = company.write(lambda tx: lines.add(tx, "Магазин"))
    bound = Bound(account="a", title="Сайт")
    return company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="api"))


def hear(company: Company, channel: ChannelId, text: str) -> None:
    event = MessageArrived(peer=Peer(key=text, address=text), ext_id=text, at=company.world.clock.now(), text=text)
    batch = Batch(arrivals=(Arrival(provider_id=text, raw=b"{}", events=(event,)),))
    company.write(lambda tx: ingest.ingest(tx, channel, batch))


def found(company: Company, words: str) -> int:
    query = understood(words)
    return len(company.search.ask(lambda index: index.hits(query, since=0, below=TOP, n=50)))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.req("S-116")
async def test_what_was_said_before_and_what_is_said_now_is_indexed_in_the_background(
    company: Company, channel: ChannelId
) -> None:
    hear(company, channel, "Серый диван")
    store = AsyncStore(company)
    indexer = WorkerRunner(Indexer(store), company.world.clock)
    task = asyncio.create_task(indexer.run())
    try:
        await until(lambda: found(company, "диваны") == 1)
        hear(company, channel, "Два дивана")
        indexer.hear(company.read(lambda tx: journal.after(tx, 0)))
        await until(lambda: found(company, "диваны") == 2)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await store.aclose()


async def test_an_index_that_cannot_be_written_stops_nothing_and_is_tried_again_later(
    company: Company, channel: ChannelId
) -> None:
    hear(company, channel, "Серый диван")
    index = company.search.path
    index.mkdir()
    store = AsyncStore(company)
    task = asyncio.create_task(WorkerRunner(Indexer(store), company.world.clock).run())
    started = company.world.clock.monotonic()
    try:
        await until(lambda: company.world.clock.monotonic() > started + 300)
        assert not task.done()
        index.rmdir()
        await until(lambda: found(company, "диваны") == 1)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await store.aclose()
