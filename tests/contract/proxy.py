"""A proxy on loopback that understands nothing but CONNECT and remembers where it led."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from contextlib import suppress
from typing import Self


class ConnectProxy:
    """Give ``login`` as ``user:password`` to let nobody else through."""

    def __init__(self, login: str = "") -> None:
        self.led_to: list[str] = []
        """``host:port`` of every connection, in order."""
        self._wanted = b"Basic " + b64encode(login.encode()) if login else b""
        self._login = f"{login}@" if login else ""
        self._tunnels: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for tunnel in self._tunnels:
            tunnel.cancel()
        await asyncio.gather(*self._tunnels, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """As a person would write it."""
        return f"http://{self._login}127.0.0.1:{self._port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if self._wanted and self._wanted not in head:
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                await writer.drain()
            else:
                await self._lead(head.split()[1].decode(), reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # who asked is gone
        finally:
            writer.close()

    async def _lead(self, where: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = where.rpartition(":")
        self.led_to.append(where)
        there, back = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        ways = [asyncio.create_task(_carry(reader, back)), asyncio.create_task(_carry(there, writer))]
        self._tunnels.update(ways)
        try:
            await asyncio.wait(ways)
        finally:
            back.close()
            self._tunnels.difference_update(ways)


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()
    target.close()
