"""What tests of the lease do in place of another process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from chatapp_cli.bootstrap import Company
from chatapp_cli.runtime.lease import HolderKind, waiting_to_hold
from chatapp_cli.services import lease

ELSEWHERE = "4711 1 another-boot desk2 key"
"""A process of another machine."""


def clock_of(company: Company) -> int:
    """The database's clock, in milliseconds since 1970."""
    return company.database.read(lease.now)


def rewrite(company: Company, **columns: object) -> None:
    """Write into the lease what another process would have written."""
    driver = company.database.driver
    mark = "?" if driver.dialect == "sqlite" else "%s"
    with closing(driver.connect()) as connection:
        driver.begin_row(connection)
        for column, value in columns.items():
            connection.execute(f"UPDATE lease SET {column} = {mark}", (value,))
        connection.execute("COMMIT")


def hold_elsewhere(company: Company, age: float = 0.0) -> None:
    """Let a daemon of another machine hold it, whose last heartbeat was so many seconds ago."""
    rewrite(company, holder=ELSEWHERE, kind="daemon", beat_at=clock_of(company) - int(age * 1000))


async def hold_as_daemon(company: Company, done: asyncio.Event | None = None) -> None:
    """Hold the lease as a daemon, waiting for it if need be, until ``done`` is set."""
    async with waiting_to_hold(company, HolderKind.DAEMON, asyncio.Event()):
        await (done or asyncio.Event()).wait()


@asynccontextmanager
async def waiting_daemon(company: Company) -> AsyncIterator[None]:
    """A daemon waits for the lease, and holds it once it can."""
    waiting = asyncio.create_task(hold_as_daemon(company))
    try:
        yield
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
