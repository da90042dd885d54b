"""The store for asynchronous code."""

from __future__ import annotations

import asyncio

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import StoreDamaged
from chatapp_cli.runtime.store import AsyncStore


async def test_whoever_works_with_a_store_hears_that_it_is_damaged(company: Company) -> None:
    company.write(lambda _tx: None)
    first, second, closed = (AsyncStore(company) for _ in range(3))
    await closed.aclose()
    mark = company.settings.folder / "store.damaged"
    mark.write_text("The store is damaged.")
    company.database.look_at_mark()
    for store in (first, second):
        with pytest.raises(StoreDamaged, match="marked as damaged"):
            await asyncio.wait_for(store.broken(), 5)
        await store.aclose()
    assert company.database.on_damage == []
    mark.unlink()
