"""The host of the chats. providers-crm.md 5."""

from __future__ import annotations

import asyncio
import json
from typing import Final

from aiohttp import web

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.amocrm.channel import AmoChannel
from chatapp_cli.sandbox.amocrm.chat_methods import ChatMethods
from chatapp_cli.sandbox.amocrm.chat_signatures import check
from chatapp_cli.sandbox.amocrm.door import AmoDoor
from chatapp_cli.sandbox.amocrm.misbehaviour import meant
from chatapp_cli.sandbox.amocrm.objects import AmoCall, AmoRefusal
from chatapp_cli.sandbox.amocrm.request import AccountDesk, AmoRequest, Reply
from chatapp_cli.sandbox.amocrm.talk import AmoTalk
from chatapp_cli.sandbox.amocrm.wire import found, routes
from chatapp_cli.sandbox.stage import StageFile

_ATTACHMENTS: Final = "/attachments/"


class ChatServer(AmoDoor):
    """Takes signed requests, and gives out files without any signature."""

    def __init__(
        self, desk: AccountDesk, clock: Clock, calls: list[AmoCall], channel: AmoChannel, talk: AmoTalk
    ) -> None:
        super().__init__(desk, clock, calls)
        self._channel = channel
        self._known = routes(ChatMethods(desk, channel, talk).table)
        self.files: dict[str, StageFile] = {}
        """What people attached, by the path of its address."""

    def _routes(self) -> web.Application:
        app = web.Application(client_max_size=1 << 24)
        app.router.add_get(_ATTACHMENTS + "{name:.+}", self._file)
        app.router.add_route("*", "/{path:.*}", self._answer)
        app.on_response_prepare.append(self._date)
        return app

    def keep(self, number: str, file: StageFile) -> str:
        """Keep a file; returns its address."""
        path = f"{_ATTACHMENTS}{number}/{file.name}"
        self.files[path] = file
        return f"{self.url}{path}"

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = self.files.get(request.path)
        if file is None:
            raise web.HTTPNotFound
        refused = meant(self._desk.faults.refuse, request.method, request.path)
        if refused is not None:
            return web.Response(status=refused[0])
        await asyncio.sleep(meant(self._desk.faults.slow, request.method, request.path) or 0)
        return web.Response(body=file.content, content_type=file.mime)

    async def _performed(self, request: web.Request, call: AmoCall) -> Reply:
        """Carry a request out. Raises AmoRefusal."""
        raw = await request.read()
        now = self._desk.office.millis() / 1000
        check(call.method, request.raw_path.partition("?")[0], request.headers, raw, self._channel.secret, now)
        call.token = "channel"
        try:
            call.body = json.loads(raw) if raw else None
        except ValueError as error:
            raise AmoRefusal(400, "The body is not JSON") from error
        does, parts = found(self._known, call.method, call.path)
        reply: Reply = does(
            AmoRequest(method=call.method, path=call.path, query=call.query, body=call.body, parts=parts)
        )
        return reply
