"""A Bitrix24 portal over HTTP, with its authorisation server on another port."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from chatapp_cli.kit.system import SystemClock
from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.bitrix24.authority import BitrixAuthority
from chatapp_cli.sandbox.bitrix24.basic_methods import BasicMethods
from chatapp_cli.sandbox.bitrix24.batch import run_batch
from chatapp_cli.sandbox.bitrix24.call import Call, Desk, Method, Unusual
from chatapp_cli.sandbox.bitrix24.card_methods import CardMethods
from chatapp_cli.sandbox.bitrix24.connector_methods import ConnectorMethods
from chatapp_cli.sandbox.bitrix24.courier import EventCourier
from chatapp_cli.sandbox.bitrix24.limits import LeakyBucket
from chatapp_cli.sandbox.bitrix24.line_methods import LineMethods, written_time
from chatapp_cli.sandbox.bitrix24.misbehaviour import Misbehaviour
from chatapp_cli.sandbox.bitrix24.objects import ADMIN, Json, PortalCall, PortalRefusal
from chatapp_cli.sandbox.bitrix24.office import PortalOffice
from chatapp_cli.sandbox.bitrix24.rules import RULES, missing, said_against
from chatapp_cli.sandbox.bitrix24.sms_methods import SmsMethods
from chatapp_cli.sandbox.bitrix24.tracker import CardTracker
from chatapp_cli.sandbox.bitrix24.wire import cut_off, page, read_parameters, without_tokens
from chatapp_cli.sandbox.brackets import parsed_query
from chatapp_cli.sandbox.serving import HttpSandbox

_HOST: Final = "127.0.0.1"
_LARGEST: Final = 1 << 24
_CHECKED_BY_THE_METHOD: Final = frozenset({"imconnector.register", "messageservice.sender.add"})
"""Methods that name what is missing in an answer of their own."""
_RESET: Final = 600
"""Seconds until operating time begins anew."""


class MethodServer(HttpSandbox):
    """Answers calls of methods, downloads and the page of consent."""

    def __init__(self, *, name: str = "north", clock: Clock | None = None, rate: float = 1.0) -> None:
        """``name`` decides the ids and secrets; the bucket leaks ``rate`` times faster than a real one."""
        super().__init__(cancels=True)
        self.clock: Clock = clock or SystemClock()
        self.misbehaviour = Misbehaviour()
        self.authority = BitrixAuthority(name, self.clock, self.misbehaviour)
        self.office = PortalOffice(self.clock)
        self.courier = EventCourier(self.authority, self.office, self.clock, self.misbehaviour)
        self.tracker = CardTracker(self.office, self.courier, self.clock, self.misbehaviour)
        self.calls: list[PortalCall] = []
        """All calls, also those that were refused or cut off."""
        self.problems: list[str] = []
        """What calls broke of the published rules, in words."""
        self.requests = 0
        """HTTP requests with calls of methods, redirected ones too."""
        self.application_url = ""
        """Where the page of consent sends the browser."""
        self._second_port: int | None = None
        self.bucket = LeakyBucket(self.clock, rate)
        self.webhook_code = f"{name}0webhook0code"[:16]
        self.desk = Desk(self.office, self.authority, self.courier, self.tracker, self.misbehaviour, self.problems)
        self.methods: Mapping[str, Method] = {
            **BasicMethods(self.desk, self.clock).table, **ConnectorMethods(self.desk).table,
            **LineMethods(self.desk).table, **CardMethods(self.desk).table, **SmsMethods(self.desk).table,
        }  # fmt: skip

    @property
    def address(self) -> str:
        """Where the portal is reached now; ``url`` is where it was at first."""
        return f"http://{_HOST}:{self._second_port}" if self._second_port else self.url

    async def come_back(self) -> None:
        """Open the same port, and the one to which the portal moved."""
        await super().come_back()
        if self._second_port is not None:
            await self.move()
        self.authority.portal_address = self.address
        self.tracker.begin()

    async def move(self) -> None:
        """Open another port: calls at the first one are redirected there from now on."""
        assert self._runner is not None
        site = web.TCPSite(self._runner, _HOST, self._second_port or 0, reuse_address=True)
        await site.start()
        self._second_port = self._runner.addresses[-1][1]
        self.authority.portal_address = self.address

    async def _rest(self) -> None:
        await self.courier.stop()
        await self.tracker.stop()

    def _routes(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_get("/rest/download.json", self._download)
        app.router.add_get("/oauth/authorize/", self._consent)
        app.router.add_route("*", "/rest/{method}", self._answer)
        app.router.add_route("*", "/rest/{user}/{code}/{method}", self._answer)
        return app

    async def _consent(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("client_id") != self.authority.client_id or not self.application_url:
            raise web.HTTPNotFound
        raise web.HTTPFound(self.authority.redirect(self.application_url, request.query.get("state", "")))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        self.tracker.work()
        if away := self._moved(request):
            raise web.HTTPFound(f"{away}{request.rel_url}")
        method = request.match_info["method"].removesuffix(".json").lower()
        fault = self.misbehaviour
        call = PortalCall(method=method, params={}, at=self.clock.now(), context="application")
        self.calls.append(call)
        if fault.spend(fault.lose_before, method):
            return await cut_off(request)
        if fault.spend(fault.html, method):
            return page(fault.html_status)
        answer = await self._settled(request, call)
        await asyncio.sleep(fault.slow.get(method, 0))
        if call.lost or fault.spend(fault.lose_after, method):
            return await cut_off(request)
        return answer

    def _moved(self, request: web.Request) -> str:
        came_to = request.transport.get_extra_info("sockname")[1] if request.transport else 0
        return self.misbehaviour.moved_to or (self.address if self._second_port not in {None, came_to} else "")

    async def _settled(self, request: web.Request, call: PortalCall) -> web.StreamResponse:
        try:
            params = {**parsed_query(request.query_string), **await read_parameters(request)}
            token = str(params.pop("auth", "") or request.headers.get("Authorization", "").removeprefix("Bearer "))
            call.params = without_tokens(params)
            self._weather(call.method)
            self._identify(request, call, token)
            answer, call.status = await self._performed(call), 200
        except PortalRefusal as refused:
            answer, call.status, call.error = refused.body, refused.status, refused.code
        return web.json_response(answer, status=call.status)

    def _weather(self, method: str) -> None:
        """Refuse what is refused whoever asks, and for whatever. Raises PortalRefusal."""
        fault = self.misbehaviour
        for is_so, status, code in (
            (fault.closed, 500, "PORTAL_DELETED"),
            (fault.overloaded, 503, "OVERLOAD_LIMIT"),
            (fault.unpaid, 402, "PAYMENT_REQUIRED"),
        ):
            if is_so:
                raise PortalRefusal(status, code)
        if fault.bucket:
            self.bucket.take()
        self._refuse_next(method)

    def _refuse_next(self, method: str) -> None:
        if refusals := self.misbehaviour.answer_with.get(method):
            raise PortalRefusal(*refusals.pop(0))

    def _identify(self, request: web.Request, call: PortalCall, token: str) -> None:
        if "code" in request.match_info:
            call.context = "webhook"
            known = request.match_info["user"] == str(ADMIN) and request.match_info["code"] == self.webhook_code
            if not known or not self.office.employees[ADMIN].active:
                raise PortalRefusal(401, "INVALID_CREDENTIALS", "The webhook is not known")
            return
        call.user = self.authority.let_in(token)

    async def _performed(self, call: PortalCall) -> Json:
        """Carry a call out. Raises PortalRefusal."""
        if call.method == "batch":
            self.problems.extend(said_against("batch", call.params))

            async def one(method: str, params: Json, name: str) -> Json:
                return await self._command(call, method, params, name)

            call.answer = await run_batch(call.params, one)
            return {"result": call.answer, "time": self._time(call.method)}
        self._allow(call)
        doing = Call(call.method, call.params, call.user)
        try:
            result = self.methods[call.method](doing)
            call.answer = await result if inspect.isawaitable(result) else result
        except Unusual as unusual:
            call.error = str(unusual.body.get("error", ""))
            return unusual.body
        return {"result": call.answer, **doing.extra, "time": self._time(call.method)}

    async def _command(self, batch: PortalCall, method: str, params: Json, name: str) -> Json:
        call = PortalCall(
            method=method, params=without_tokens(params), at=batch.at, context=batch.context, user=batch.user,
            inside=name,
        )  # fmt: skip
        self.calls.append(call)
        try:
            self._refuse_next(method)
            answer, call.status = await self._performed(call), 200
        except PortalRefusal as refused:
            call.status, call.error = refused.status, refused.code
            raise
        batch.lost |= self.misbehaviour.spend(self.misbehaviour.lose_after, method)
        return answer

    def _allow(self, call: PortalCall) -> None:
        """Judge a call by the published rules. Raises PortalRefusal where a portal refuses it too."""
        method, rule = call.method, RULES.get(call.method)
        if rule is None:
            raise PortalRefusal(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")
        if rule.application and call.context == "webhook":
            raise PortalRefusal(403, "WRONG_AUTH_TYPE", "Current authorization type is denied for this method")
        if rule.scope in self.misbehaviour.missing_scopes - {""}:
            raise PortalRefusal(403, "insufficient_scope", "The request needs a scope that the application lacks")
        if method in self.misbehaviour.time_limited:
            raise PortalRefusal(429, "OPERATION_TIME_LIMIT", "The method is blocked for a while")
        self.problems.extend(said_against(method, call.params))
        if method not in _CHECKED_BY_THE_METHOD and (lacking := missing(rule, call.params)):
            raise PortalRefusal(400, "ERROR_ARGUMENT", f"{', '.join(lacking)} is missing")

    def _time(self, method: str) -> Json:
        now = self.clock.now()
        written = written_time(now)
        return {
            "start": now / 1000, "finish": now / 1000, "duration": 0.0, "processing": 0.0, "date_start": written,
            "date_finish": written, "operating": self.misbehaviour.operating.get(method, 0.0),
            "operating_reset_at": now // 1000 + _RESET,
        }  # fmt: skip

    async def _download(self, request: web.Request) -> web.StreamResponse:
        number = request.query.get("token", "").partition("|")[2]
        file = self.office.files.get(int(number)) if number.isdecimal() else None
        try:
            self.authority.let_in(request.query.get("auth", ""))
        except PortalRefusal as refused:
            return web.json_response(refused.body, status=refused.status)
        if file is None:
            raise web.HTTPNotFound
        if not self.misbehaviour.download_size:
            return web.Response(body=file.content, content_type=file.mime)
        return await self._zeros(request, self.misbehaviour.download_size)

    async def _zeros(self, request: web.Request, size: int) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(size)})
        await response.prepare(request)
        piece = bytes(1 << 16)
        for start in range(0, size, len(piece)):
            await response.write(piece[: size - start])
        return response
