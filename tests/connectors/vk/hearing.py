"""Listening to a session until enough has happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, ProviderEvent
from chatapp_cli.ports.connector import Session
from tests.contract.door import Door

E = TypeVar("E")


async def arrivals(session: Session, cursor: str | None, count: int) -> tuple[list[Arrival], str | None]:
    """Take batches until so many things arrived; returns them and the cursor that is then durable."""
    found: list[Arrival] = []
    async with asyncio.timeout(10), aclosing(session.events(cursor)) as batches:
        async for batch in batches:
            cursor = batch.cursor or cursor
            found += batch.arrivals
            if len(found) >= count:
                break
    return found, cursor


async def events(session: Session, cursor: str | None, count: int) -> list[ProviderEvent]:
    """What so many arrivals mean."""
    found, _ = await arrivals(session, cursor, count)
    return [event for arrival in found for event in arrival.events]


async def first(session: Session, cursor: str | None, kind: type[E]) -> E:
    """The first event of a kind."""
    async with asyncio.timeout(10), aclosing(session.events(cursor)) as batches:
        async for batch in batches:
            for arrival in batch.arrivals:
                for event in arrival.events:
                    if isinstance(event, kind):
                        return event
    raise AssertionError("the session ended by itself")


async def message(session: Session, cursor: str | None) -> MessageArrived:
    """The first message."""
    return await first(session, cursor, MessageArrived)


@asynccontextmanager
async def behind(door: Door, session: Session) -> AsyncIterator[asyncio.Queue[Batch]]:
    """Let VK's calls reach the session; what it takes is in the queue."""
    taken: asyncio.Queue[Batch] = asyncio.Queue()

    async def drain() -> None:
        async with aclosing(door.batches(session)) as batches:  # type: ignore[type-var]
            async for batch in batches:
                taken.put_nowait(batch)

    task = asyncio.create_task(drain())
    await asyncio.sleep(0)
    try:
        yield taken
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
