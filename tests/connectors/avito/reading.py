"""What a session of Avito brings."""

from __future__ import annotations

from contextlib import aclosing

from chatapp_cli.connectors.avito.connector import AvitoSession
from chatapp_cli.domain.arrival import Batch


async def arrivals(session: AvitoSession, cursor: str | None) -> list[Batch]:
    """One look at everything."""
    found: list[Batch] = []
    async with aclosing(session.events(cursor)) as batches:
        async for batch in batches:
            found.append(batch)
            if not batch.arrivals:
                return found
    raise AssertionError


def events(batches: list[Batch]) -> list[object]:
    return [event for batch in batches for one in batch.arrivals for event in one.events]
