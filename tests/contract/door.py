"""The daemon's webhook address in miniature."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from typing import Self, TypeAlias

from aiohttp import web
from aiohttp.test_utils import TestServer

from chatapp_cli.domain.arrival import Batch
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import AcceptsHooks, Connector, HookReply, HookRequest, Session, TakesHooks

Accept: TypeAlias = Callable[[HookRequest], Awaitable[HookReply]]


class Door:
    """Listens on loopback and hands every call to the session that reads just now; otherwise it answers 503."""

    def __init__(self) -> None:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/hooks/{key}{path:.*}", self._knock)
        self._server = TestServer(app)
        self._accept: Accept | None = None
        self._durable = True
        self._batches: asyncio.Queue[Batch] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._server.close()

    def address(self, key: str) -> str:
        return str(self._server.make_url(f"/hooks/{key}"))

    def batches(self, session: Session, *, durable: bool = True) -> AsyncGenerator[Batch, None]:
        assert isinstance(session, TakesHooks)

        async def accept(request: HookRequest) -> HookReply:
            return session.accept(request)

        return self._taken(accept, durable=durable)

    def without_session(
        self, connector: Connector, bound: Bound, *, durable: bool = True
    ) -> AsyncGenerator[Batch, None]:
        """What is taken while the channel is stopped or coming up."""
        assert isinstance(connector, AcceptsHooks)
        return self._taken(partial(connector.accept, bound), durable=durable)

    async def _taken(self, accept: Accept, *, durable: bool) -> AsyncGenerator[Batch, None]:
        self._accept, self._durable = accept, durable
        try:
            while True:
                yield await self._batches.get()
        finally:
            self._accept = None

    async def _knock(self, request: web.Request) -> web.Response:
        if self._accept is None:
            raise web.HTTPServiceUnavailable
        reply = await self._accept(await _read(request))
        if reply.batch.arrivals:
            self._batches.put_nowait(reply.batch)
            if not self._durable:
                self._accept = None
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
