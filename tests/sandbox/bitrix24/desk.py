"""The other side of a portal in these tests: a client of its methods, and a handler of its events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.brackets import nested
from chatapp_cli.sandbox.stage import StageFile

CONNECTOR, LINE = "chatapp_whatsapp", 107
CHAT = "wa:79990000000"
ICON = {"DATA_IMAGE": "data:image/svg+xml,%3Csvg%3E"}


@dataclass
class Client:
    """Calls methods with a token."""

    portal: Portal
    token: str

    async def call(self, method: str, **params: Any) -> tuple[int, Any]:
        """The status, and the answer."""
        return await self.post(f"{self.portal.client_endpoint}{method}", {**params, "auth": self.token})

    async def post(self, url: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        """Post JSON to any address, following nothing."""
        async with aiohttp.ClientSession() as http, http.post(url, json=body, allow_redirects=False) as answer:
            return answer.status, await answer.json() if answer.content_type == "application/json" else None

    async def done(self, method: str, **params: Any) -> Any:
        """The result of a call that is answered well."""
        status, answer = await self.call(method, **params)
        assert (status, answer.get("error")) == (200, None), answer
        return answer["result"]

    async def refused(self, method: str, **params: Any) -> tuple[int, str]:
        """The status and the code of a call that is refused."""
        status, answer = await self.call(method, **params)
        return status, answer.get("error", "")

    async def connect(self, connector: str = CONNECTOR, line: int = LINE, **more: Any) -> None:
        """Register a connector and connect a line."""
        await self.done(
            "imconnector.register", ID=connector, NAME="WhatsApp", ICON=ICON, PLACEMENT_HANDLER="https://desk.test/p",
            **more,
        )  # fmt: skip
        await self.done("imconnector.activate", CONNECTOR=connector, LINE=line, ACTIVE="1")

    async def send(self, key: str, text: str = "Добрый день", **more: Any) -> Any:
        """Send one client's message; the answer to it."""
        result = await self.done(
            "imconnector.send.messages", CONNECTOR=CONNECTOR, LINE=LINE, MESSAGES=[item(key, text, **more)]
        )
        return result["DATA"]["RESULT"][0]


def item(key: str, text: str = "", *, chat: str = CHAT, user: Mapping[str, Any] | None = None, **more: Any) -> Any:
    """One item of ``MESSAGES``."""
    said = {"id": key, "date": 1_796_000_000, **more, **({"text": text} if text else {})}
    usual = {"id": CHAT, "name": "Иван", "phone": "+79990000000"}
    person = {name: value for name, value in {**usual, **(user or {})}.items() if value}
    return {"user": person, "message": said, "chat": {"id": chat, "name": "Иван Иванов"}}


@dataclass
class Handler:
    """Takes what a portal posts, and offers files."""

    url: str = ""
    forms: list[dict[str, Any]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    status: int = 200
    pause: float = 0.0
    files: dict[str, StageFile] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Methods by which files were asked for."""

    async def take(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.forms.append(nested([(name, str(value)) for name, value in form.items()]))
        self.queries.append(dict(request.query))
        await asyncio.sleep(self.pause)
        return web.Response(text="ok", status=self.status)

    async def give(self, request: web.Request) -> web.Response:
        self.asked.append(request.method)
        file = self.files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        return web.Response(body=file.content, content_type=file.mime)


@asynccontextmanager
async def listening() -> AsyncIterator[Handler]:
    """A handler on a free port."""
    handler, app = Handler(), web.Application()
    app.router.add_post("/event", handler.take)
    app.router.add_get("/files/{name}", handler.give)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    handler.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield handler
    finally:
        await runner.cleanup()
