"""In the background the daemon packs what arrived and deletes what is old."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.runtime.packing import Packing
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.upkeep import RARELY, Upkeep
from chatapp_cli.services import channels, ingest, journal, lines, packing
from tests.services.packed import raw
from tests.unit.kit.worlds import held_world

DAY = 86_400


@pytest.fixture
def company(companies: Callable[..., Company]) -> Company:
    return replace(companies(), world=held_world())


@pytest.fixture
def channel(company: Company) -> ChannelId:
    line = company.write(lambda tx: lines.add(tx, "Магазин"))
    bound = Bound(account="a", title="Сайт")
    return company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="api"))


@pytest.fixture
async def store(company: Company) -> AsyncIterator[AsyncStore]:
    opened = AsyncStore(company)
    yield opened
    await opened.aclose()


def arrive(company: Company, channel: ChannelId, numbers: range) -> None:
    arrivals = tuple(Arrival(provider_id=f"u{n}", raw=raw(n)) for n in numbers)
    company.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=arrivals)))


async def test_whole_hundreds_are_packed_and_the_rest_waits_for_more(
    company: Company, channel: ChannelId, store: AsyncStore
) -> None:
    arrive(company, channel, range(250))
    packs = Packing(store)
    await packs.turn()
    assert company.read(packing.count) == 50
    arrive(company, channel, range(250, 300))
    await packs.turn()
    assert company.read(packing.count) == 0


async def test_what_is_old_goes_and_a_file_that_nothing_needs_with_it(
    company: Company, channel: ChannelId, store: AsyncStore
) -> None:
    arrive(company, channel, range(5))
    unused = company.media.path(company.media.put(b"unused"))
    os.utime(unused, (1_700_000_000, 1_700_000_000))
    now = company.database.clock.now()
    company.database.connection().execute(f"UPDATE arrived SET at = {now - 91 * DAY * 1000}")
    company.database.connection().execute(f"UPDATE journal SET at = {now - 91 * DAY * 1000}")
    await Upkeep(store).turn()
    packed = company.read(lambda tx: tx.compose(int, "SELECT packed FROM arrived", {}))
    assert (packed, unused.exists()) == ([packing.GONE] * 5, False)
    assert len(company.read(partial(journal.after, number=0))) == 1


async def test_the_files_are_looked_through_once_a_day(company: Company, store: AsyncStore) -> None:
    upkeep = Upkeep(store)
    await upkeep.turn()
    unused = company.media.path(company.media.put(b"unused"))
    os.utime(unused, (1_700_000_000, 1_700_000_000))
    for _ in range(RARELY - 1):
        await upkeep.turn()
    assert unused.exists()
    await upkeep.turn()
    assert not unused.exists()
