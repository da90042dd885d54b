"""The daemon's webhook address in miniature."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Self

from aiohttp import web
from aiohttp.test_utils import TestServer

from chatapp_cli.domain.event import Batch
from chatapp_cli.ports.connector import HookReply, HookRequest, Session, TakesHooks


class Door:
    """Listens on loopback and hands every call to the session that reads just now; otherwise it answers 503."""

    def __init__(self) -> None:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/hooks/{key}{path:.*}", self._knock)
        self._server = TestServer(app)
        self._session: TakesHooks | None = None
        self._durable = True
        self._batches: asyncio.Queue[Batch] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._server.close()

    def address(self, key: str) -> str:
        return str(self._server.make_url(f"/hooks/{key}"))

    async def batches(self, session: Session, *, durable: bool = True) -> AsyncIterator[Batch]:
        assert isinstance(session, TakesHooks)
        self._session, self._durable = session, durable
        try:
            while True:
                yield await self._batches.get()
        finally:
            self._session = None

    async def _knock(self, request: web.Request) -> web.Response:
        if self._session is None:
            raise web.HTTPServiceUnavailable
        reply = self._session.accept(await _read(request))
        if reply.batch.arrivals:
            self._batches.put_nowait(reply.batch)
            if not self._durable:
                self._session = None
                raise web.HTTPServiceUnavailable
        return _write(reply)


async def _read(request: web.Request) -> HookRequest:
    return HookRequest(
        method=request.method,
        path=request.match_info["path"].lstrip("/"),
        query=dict(request.query),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
    )


def _write(reply: HookReply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, headers={"Content-Type": reply.content_type})
