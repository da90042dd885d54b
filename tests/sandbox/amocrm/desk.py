"""The other side of an account in these tests: a client of its API and chats, and a receiver of its hooks."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import aiohttp
from aiohttp import web

from chatapp_cli.sandbox.amocrm import TOKEN, Account
from chatapp_cli.sandbox.brackets import parsed_query
from chatapp_cli.sandbox.stage import StageFile
from tests.sandbox.clock import HandClock

CHAT, CLIENT = "dlg-55", "wa:79990000000"
PERSON = {"id": CLIENT, "name": "Иван", "profile": {"phone": "79990000000"}}


@dataclass
class Client:
    """Asks with a token, and signs with the channel's secret."""

    account: Account
    clock: HandClock
    token: str = field(default="", repr=False)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """The status and the answer; each request has a second of its own."""
        self.clock.passed += 1
        known = {"Authorization": f"Bearer {self.token}", **headers}
        return await self._sent(method, f"{self.account.address}{path}", known, body)

    async def done(self, method: str, path: str, body: Any = None) -> Any:
        """The answer of a request that is carried out."""
        status, answer = await self.ask(method, path, body)
        assert status in range(200, 300), (status, answer)
        return answer

    async def made(self, kind: str, *items: Any) -> list[int]:
        """The ids of new things, in the order of the request."""
        answer = await self.done("POST", f"/api/v4/{kind}", [*items])
        ids = {int(one["request_id"]): one["id"] for one in answer["_embedded"][kind]}
        return [ids[place] for place in range(len(items))]

    async def refused(self, method: str, path: str, body: Any) -> list[tuple[str, str]]:
        """The codes and paths of a request whose items are refused."""
        status, answer = await self.ask(method, path, body)
        assert status == 400, (status, answer)
        return [(e["code"], e["path"]) for one in answer["validation-errors"] for e in one["errors"]]

    async def exchange(self, **said: str) -> tuple[int, Any]:
        """Ask the token end-point."""
        account = self.account
        whole = {"client_id": account.client_id, "client_secret": account.client_secret,
                 "redirect_uri": account.redirect_uri, **said}  # fmt: skip
        return await self._sent("POST", f"{account.address}{TOKEN}", {}, whole)

    async def _sent(self, method: str, url: str, headers: Mapping[str, str], body: Any) -> tuple[int, Any]:
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, url, headers=headers, json=body, allow_redirects=False) as answer,
        ):
            text = await answer.text()
            return answer.status, json.loads(text) if "json" in answer.content_type else text

    async def chat(self, method: str, path: str, said: Any = None, **forged: str) -> tuple[int, Any]:
        """A signed request to the chats; ``path`` goes on behind the scope."""
        whole = f"/v2/origin/custom/{self.account.channel.scope_id}{path}"
        return await self.signed(method, whole, said, **forged)

    async def signed(self, method: str, path: str, said: Any = None, **forged: str) -> tuple[int, Any]:
        """A signed request, with forged headers if a test wants them."""
        body = json.dumps(said, ensure_ascii=False).encode() if said is not None else b""
        date = forged.get("Date") or formatdate(self.clock.now() / 1000)
        digest = hashlib.md5(body).hexdigest()
        plain = path.partition("?")[0]
        kind = forged.get("Content-Type", "application/json")
        text = f"{method}\n{digest}\n{kind}\n{date}\n{plain}"
        secret = self.account.channel_secret.encode()
        signature = hmac.new(secret, text.encode(), hashlib.sha1).hexdigest()
        headers = {"Date": date, "Content-MD5": digest, "Content-Type": "application/json",
                   "X-Signature": signature, **forged}  # fmt: skip
        url = f"{self.account.chats_address}{path}"
        async with aiohttp.ClientSession() as http, http.request(method, url, headers=headers, data=body) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def connect(self) -> tuple[int, Any]:
        """Connect the channel."""
        said = {"account_id": self.account.amojo_id, "title": "ChatApp", "hook_api_version": "v2"}
        return await self.signed("POST", f"/v2/origin/custom/{self.account.channel_id}/connect", said)

    async def send(self, key: str, text: str = "Добрый день", **more: Any) -> Any:
        """A client's message; what the chats say of it."""
        status, answer = await self.chat("POST", "", new_message(key, text, **more))
        assert status == 200, answer
        return answer["new_message"]


def new_message(key: str, text: str = "Добрый день", *, at: int = 1_796_000_000, **more: Any) -> Any:
    """A client's message, or with a ``receiver`` a copy of ours."""
    payload = {
        "timestamp": at, "msec_timestamp": at * 1000, "msgid": key, "conversation_id": CHAT, "sender": PERSON,
        "message": {"type": "text", "text": text}, "silent": False, **more,
    }  # fmt: skip
    return {"event_type": "new_message", "payload": payload}


@dataclass
class Receiver:
    """Takes hooks, and offers files."""

    url: str = ""
    forms: list[dict[str, Any]] = field(default_factory=list)
    chats: list[tuple[str, bytes, str]] = field(default_factory=list)
    """The path, body and signature of each chat hook."""
    status: int = 200
    pause: float = 0.0
    text: str = ""
    files: dict[str, StageFile] = field(default_factory=dict)

    @property
    def said(self) -> list[Any]:
        """The chat hooks."""
        return [json.loads(body) for _, body, _ in self.chats]

    async def take(self, request: web.Request) -> web.Response:
        self.forms.append(parsed_query(await request.text()))
        await asyncio.sleep(self.pause)
        return web.Response(status=self.status)

    async def take_chat(self, request: web.Request) -> web.Response:
        self.chats.append((request.path, await request.read(), request.headers.get("X-Signature", "")))
        await asyncio.sleep(self.pause)
        return web.Response(status=self.status, text=self.text or None)

    async def give(self, request: web.Request) -> web.Response:
        file = self.files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        return web.Response(body=file.content, content_type=file.mime)


@asynccontextmanager
async def listening() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/hook", receiver.take)
    app.router.add_post("/chat/{scope}", receiver.take_chat)
    app.router.add_get("/files/{name}", receiver.give)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        await runner.cleanup()
