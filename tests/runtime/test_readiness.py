"""A daemon is ready while it proves that it can store, and says in words why it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from structlog.testing import capture_logs

from chatapp_cli.api.server import application
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.runtime.daemon import Daemon
from chatapp_cli.runtime.readiness import Readiness
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import timers
from chatapp_cli.store.database import Database, driver_for
from chatapp_cli.store.tx import Tx
from tests.runtime.desk import eventually


class Full(AsyncStore):
    """Its disk is full while ``full`` is set."""

    full = True

    async def write(self, job: Callable[[Tx], Any], *, patient: bool = False) -> Any:
        if self.full:
            raise StoreError(T("The disk is full."), T("Free some space."))
        return await super().write(job, patient=patient)


@asynccontextmanager
async def proving(store: AsyncStore) -> Any:
    readiness = Readiness(store, every=0.01)
    task = asyncio.create_task(readiness.run())
    try:
        yield readiness
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await store.aclose()


async def test_what_cannot_be_stored_is_told_once_in_the_log_and_is_over_when_it_can(company: Company) -> None:
    store = Full(company)
    with capture_logs() as logs:
        async with proving(store) as readiness:
            assert (readiness.proved, readiness.why_not) == (False, None)
            await eventually(lambda: readiness.why_not)
            assert [str(words) for words in readiness.why_not] == ["The disk is full.", "Free some space."]
            await asyncio.sleep(0.1)
            store.full = False
            await eventually(lambda: readiness.proved)
            assert readiness.why_not is None
    assert [line["event"] for line in logs if line["event"].startswith("store.")] == [
        "store.unwritable",
        "store.writable",
    ]
    assert company.read(lambda tx: timers.at(tx, "readiness", "proof")) is None


async def test_damage_that_another_process_marked_ends_readiness_and_is_told_to_monitors(company: Company) -> None:
    store = AsyncStore(company)
    async with proving(store) as readiness:
        daemon = Daemon(store)
        daemon.ready, daemon.readiness = True, readiness
        await eventually(lambda: readiness.proved)
        assert await measured(daemon) == {"chatapp_store_ready 1.0", "chatapp_store_damaged 0.0"}
        (company.settings.folder / "store.damaged").write_text("The store is damaged.")
        await eventually(lambda: readiness.why_not)
        assert "marked as damaged" in str(readiness.why_not[0])
        assert not readiness.proved
        assert await measured(daemon) == {"chatapp_store_ready 0.0", "chatapp_store_damaged 1.0"}
    (company.settings.folder / "store.damaged").unlink()


async def measured(daemon: Daemon) -> set[str]:
    """What a monitor is told of the store."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application(daemon)), base_url="http://test") as http:
        said = (await http.get("/metrics")).text.splitlines()
    return {line for line in said if line.startswith(("chatapp_store_ready", "chatapp_store_damaged"))}


async def test_monitors_are_answered_in_words_while_the_database_is_away(company: Company, tmp_path: Path) -> None:
    away = Database(driver_for(f"postgresql://nobody@/none?host={tmp_path}"), company.world.clock)
    store = AsyncStore(replace(company, database=away))
    daemon = Daemon(store)
    daemon.ready = True
    transport = httpx.ASGITransport(application(daemon))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answers = [await http.get(path) for path in ("/healthz", "/readyz")]
        metrics = await http.get("/metrics")
    await store.aclose()
    assert [answer.status_code for answer in answers] == [503, 503]
    for answer in answers:
        assert answer.json()["status"] == "unavailable"
        assert answer.json()["why"].startswith("The database does not answer: ")
        assert "CHATAPP_DATABASE_URL" in answer.json()["next_step"]
    assert metrics.status_code == 200
    assert "chatapp_store_ready 0.0" in metrics.text.splitlines()


async def test_a_call_that_comes_during_the_start_is_held_until_it_can_be_taken_but_not_for_long(
    company: Company,
) -> None:
    daemon = Daemon(AsyncStore(company))
    assert not await daemon.takes_calls(0.01)
    held = asyncio.create_task(daemon.takes_calls(30))
    running = asyncio.create_task(daemon.run())
    assert await asyncio.wait_for(held, 10)
    running.cancel()
    await asyncio.wait({running})
    assert not await asyncio.wait_for(daemon.takes_calls(30), 1), "nobody is held while it stops"
    await daemon.store.aclose()
