"""What tests of the lease do in place of another process."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager

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


HOLDER = """
import sys, time
from chatapp_cli.bootstrap import open_company
from chatapp_cli.runtime.held_lease import HeldLease, LeaseKeeper, elapsed
from chatapp_cli.runtime.lease import HolderKind, holding
from chatapp_cli.settings import Settings

with holding(open_company(Settings(home=sys.argv[1], database_url=sys.argv[2])), HolderKind(sys.argv[3])):
    print("up", flush=True)
    time.sleep(60)
"""


@contextmanager
def process(company: Company, kind: HolderKind = HolderKind.DAEMON) -> Iterator[subprocess.Popen[bytes]]:
    """Another process of this machine that holds the store."""
    command = [sys.executable, "-c", HOLDER, company.settings.home, company.settings.store_url, kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == b"up\n"
            yield other
        finally:
            other.kill()
