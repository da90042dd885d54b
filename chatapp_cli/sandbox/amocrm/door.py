"""What both hosts do with every request: they note it, lose it or its answer, and say what time it is there."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import Final

from aiohttp import web

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.amocrm.misbehaviour import meant
from chatapp_cli.sandbox.amocrm.objects import AmoCall, AmoRefusal
from chatapp_cli.sandbox.amocrm.request import AccountDesk, Reply
from chatapp_cli.sandbox.amocrm.wire import answer, cut_off, date_of, without_secrets
from chatapp_cli.sandbox.brackets import parsed_query
from chatapp_cli.sandbox.serving import HttpSandbox

_LARGEST: Final = 1 << 24


class AmoDoor(HttpSandbox):
    """A host of the provider."""

    def __init__(self, desk: AccountDesk, clock: Clock, calls: list[AmoCall]) -> None:
        super().__init__(cancels=True)
        self._desk, self._clock, self._calls = desk, clock, calls

    def _routes(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_route("*", "/{path:.*}", self._answer)
        app.on_response_prepare.append(self._date)
        return app

    async def _date(self, request: web.Request, response: web.StreamResponse) -> None:  # noqa: ARG002
        response.headers["Date"] = date_of(self._desk.office.millis() / 1000)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        faults = self._desk.faults
        call = AmoCall(
            method=request.method, path=request.path, query=parsed_query(request.query_string), at=self._clock.now()
        )
        self._calls.append(call)
        if faults.spend(faults.lose_before, call.method, call.path):
            return await cut_off(request)
        said = await self._settled(request, call)
        await asyncio.sleep(meant(faults.slow, call.method, call.path) or 0)
        if faults.spend(faults.lose_after, call.method, call.path):
            return await cut_off(request)
        return said

    async def _settled(self, request: web.Request, call: AmoCall) -> web.StreamResponse:
        try:
            reply = await self._judged(request, call)
        except AmoRefusal as refused:
            reply = Reply(refused.status, refused.body)
        call.status, call.answer = reply.status, without_secrets(reply.body)
        response = answer(*reply)
        if call.status == 429:  # noqa: PLR2004 - too many requests
            response.headers["Retry-After"] = str(self._desk.faults.retry_after)
        return response

    async def _judged(self, request: web.Request, call: AmoCall) -> Reply:
        planned = meant(self._desk.faults.refuse, call.method, call.path)
        call.planned = planned is not None
        return Reply(*planned) if planned else await self._performed(request, call)

    @abstractmethod
    async def _performed(self, request: web.Request, call: AmoCall) -> Reply:
        """Carry a request out. Raises AmoRefusal."""
