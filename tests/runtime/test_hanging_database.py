"""A database that keeps its connections open and answers nothing any more."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from psycopg.conninfo import conninfo_to_dict

from chatapp_cli.runtime.held_lease import GRACE
from chatapp_cli.store.rows.lease import LASTS
from tests import postgres

ON_A_BUSY_MACHINE = 10.0


class Wire:
    """What lies between a daemon and its database; it can stop to pass anything on, and stay connected."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.passes = asyncio.Event()
        self.passes.set()
        self._connections: set[asyncio.Task[None] | None] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """The port at which it listens."""
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            self.passes.set()
            server.close()
            await asyncio.gather(*filter(None, self._connections))

    async def _connect(self, near: asyncio.StreamReader, far: asyncio.StreamWriter) -> None:
        self._connections.add(asyncio.current_task())
        reader, writer = await asyncio.open_unix_connection(self._path)
        with suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(self._pass(near, writer), self._pass(reader, far))
        for side in (writer, far):
            side.close()
            with suppress(OSError):
                await side.wait_closed()

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            await self.passes.wait()
            sink.write(data)
            await sink.drain()
        sink.close()


@asynccontextmanager
async def daemon_behind(wire: Wire, home: Path, database: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A daemon that reaches its database over the wire, and the address at which it listens."""
    async with wire.listening() as port:
        url = f"postgresql://postgres@127.0.0.1:{port}/{database}"
        env = {"CHATAPP_HOME": str(home), "CHATAPP_HTTP_PORT": "0", "CHATAPP_DATABASE_URL": url}
        daemon = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chatapp_cli", "serve"),
            env={**os.environ, **env, "CHATAPP_LANG": "en"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert daemon.stdout is not None
        try:
            address = (await daemon.stdout.readline()).decode().strip()
            assert address.startswith("http://")
            yield daemon, address
        finally:
            with suppress(ProcessLookupError):
                daemon.kill()
            await daemon.communicate()


def wire_to(server: postgres.Postgres) -> tuple[Wire, str]:
    return Wire(str(server.socket / ".s.PGSQL.5432")), str(conninfo_to_dict(server.fresh())["dbname"])


@pytest.mark.parametrize("asked", [False, True], ids=["by itself", "when told to"])
async def test_a_daemon_ends_though_its_database_holds_its_threads_for_ever(
    tmp_path: Path, postgres_server: postgres.Postgres, asked: bool
) -> None:
    wire, database = wire_to(postgres_server)
    async with daemon_behind(wire, tmp_path, database) as (daemon, _address):
        wire.passes.clear()
        began = time.monotonic()
        if asked:
            daemon.terminate()
        _out, said = await asyncio.wait_for(daemon.communicate(), LASTS + GRACE + ON_A_BUSY_MACHINE)
        assert daemon.returncode == 3, said
        assert b"The database did not answer for" in said
        assert b"Start it again; a service does so automatically." in said
        assert time.monotonic() - began < LASTS + GRACE + ON_A_BUSY_MACHINE


async def test_monitoring_is_answered_in_time_while_the_database_hangs(
    tmp_path: Path, postgres_server: postgres.Postgres
) -> None:
    wire, database = wire_to(postgres_server)
    async with daemon_behind(wire, tmp_path, database) as (_daemon, address), httpx.AsyncClient(timeout=15) as http:
        wire.passes.clear()
        alive, ready, metrics = await asyncio.gather(
            *(http.get(f"{address}/{path}") for path in ("healthz", "readyz", "metrics"))
        )
    assert [alive.status_code, ready.status_code, metrics.status_code] == [503, 503, 200]
    assert alive.json()["why"] == "The store did not answer for 10 s."
    assert "chatapp_store_ready 0.0" in metrics.text
