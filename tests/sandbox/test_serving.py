"""A sandbox server that goes away while somebody connects."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

from aiohttp import web

from chatapp_cli.sandbox.serving import HttpSandbox


class _Quiet(HttpSandbox):
    def _routes(self) -> web.Application:
        return web.Application()


async def _hung_up(caller: socket.socket) -> bool:
    """Whether the server ends the connection soon."""
    with suppress(ConnectionError):
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(caller, 1), 2) == b""
    return True


async def test_nobody_who_connects_while_the_port_closes_is_left_without_an_answer() -> None:
    async with _Quiet() as server:
        port = int(server.url.rpartition(":")[2])
        for turns in range(6):
            callers = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
            for _ in range(turns):
                await asyncio.sleep(0)
            await server.vanish()
            for caller in callers:
                caller.settimeout(0)
                assert await _hung_up(caller)
                caller.close()
            await server.come_back()
