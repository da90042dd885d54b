"""Proxies on loopback that understand nothing but to connect, by HTTP or SOCKS 5, and remember where they led."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from contextlib import suppress
from ipaddress import IPv4Address
from typing import Self


class ConnectProxy:
    """Give ``login`` as ``user:password`` to let nobody else through."""

    scheme = "http"

    def __init__(self, login: str = "", *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._host, self._port = host, port
        self.led_to: list[str] = []
        """``host:port`` of every connection, in order."""
        self._wanted = login
        self._login = f"{login}@" if login else ""
        self._tunnels: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self._host, self._port)
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
        return f"{self.scheme}://{self._login}{self._host}:{self._port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            where = await self._asked(reader, writer)
            if where:
                await self._lead(where, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # who asked is gone
        finally:
            writer.close()

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        """``host:port`` of where to lead; empty if this one may not."""
        head = await reader.readuntil(b"\r\n\r\n")
        wanted = b"Basic " + b64encode(self._wanted.encode())
        if not self._wanted or wanted in head:
            return head.split()[1].decode()
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        await writer.drain()
        return ""

    granted = b"HTTP/1.1 200 Connection established\r\n\r\n"

    async def _lead(self, where: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = where.rpartition(":")
        self.led_to.append(where)
        there, back = await asyncio.open_connection(host, int(port))
        writer.write(self.granted)
        ways = [asyncio.create_task(_carry(reader, back)), asyncio.create_task(_carry(there, writer))]
        self._tunnels.update(ways)
        try:
            await asyncio.wait(ways)
        finally:
            back.close()
            self._tunnels.difference_update(ways)


class SocksProxy(ConnectProxy):
    """The same by SOCKS 5, to IPv4 addresses (RFC 1928, and RFC 1929 for the login)."""

    scheme = "socks5"
    granted = bytes((5, 0, 0, 1, 0, 0, 0, 0, 0, 0))

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        _version, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(bytes((5, 2)))
        _version, size = await reader.readexactly(2)
        name = await reader.readexactly(size)
        password = await reader.readexactly((await reader.readexactly(1))[0])
        allowed = f"{name.decode()}:{password.decode()}" == self._wanted
        writer.write(bytes((1, not allowed)))
        if not allowed:
            return ""
        await reader.readexactly(4)
        address, port = await reader.readexactly(4), await reader.readexactly(2)
        return f"{IPv4Address(address)}:{int.from_bytes(port, 'big')}"


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()
    target.close()
