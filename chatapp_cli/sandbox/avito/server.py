"""Avito's HTTP server, faults to inject, and the clients who write to the account."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import aiohttp
from aiohttp import web

from chatapp_cli.sandbox.avito.access import Access
from chatapp_cli.sandbox.avito.methods import Call, Methods
from chatapp_cli.sandbox.avito.town import (
    ACCOUNT,
    CLIENT_ID,
    Chat,
    Json,
    Refusal,
    Town,
    kind_of,
    refusal,
)
from chatapp_cli.sandbox.oddities import Oddities
from chatapp_cli.sandbox.serving import HttpSandbox
from chatapp_cli.sandbox.stage import Customer, Heard, StageFile

_LARGEST = 1 << 26
_QUICK = (0.0, 0.02, 0.05)
"""Seconds before each of the few attempts at a webhook; Avito takes longer."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer, for assertions."""

    method: str
    path: str
    """The template, such as ``/messenger/v2/accounts/{user_id}/chats``."""
    call: Call
    content_type: str
    status: int
    answer: Any


@dataclass(slots=True)
class Fault:
    """A fault for the next calls whose path ends like this; status 0 means no answer after the call was carried out."""

    path: str
    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    method: str = "POST"


class AvitoSandbox(HttpSandbox):
    """Avito with one account."""

    kind: ClassVar[str] = "avito"

    def __init__(self) -> None:
        super().__init__(cancels=True)
        self.town = Town()
        self.oddities = Oddities()
        self.access = Access()
        self.methods = Methods(self.town)
        self.exchanges: list[Exchange] = []
        self.faults: list[Fault] = []
        self.strange: list[str] = []
        """Requested paths that do not exist."""
        self.called: list[Json] = []
        """All webhooks sent, accepted or not."""
        self.bare_lists = False
        """Whether messages are answered as a bare list, as the documentation says."""
        self.public_url = ""
        """The desk's public address; empty: it polls."""
        self._couriers: set[asyncio.Task[None]] = set()
        self._calls = itertools.count(1)

    @property
    def answers(self) -> Mapping[str, str]:
        """Our own account, with webhooks if the desk has an address."""
        keys = {"access": "own", "client_id": CLIENT_ID, "client_secret": self.access.secret}
        return {**keys, "public_url": self.public_url, "api_url": self.url, "site_url": self.url}

    async def say(self, who: Customer, text: str, *, subject: str = "", files: Sequence[StageFile] = ()) -> str:  # noqa: ARG002 - no subjects at Avito
        """A client writes about the advertisement; text and files are separate messages."""
        chat = self.town.chat(who)
        said = [await self.arrive(chat, who.number, "text", {"text": text})] if text else []
        for file in files:
            kind = kind_of(file)
            said.append(await self.arrive(chat, who.number, kind, self._content(kind, file)))
        return str(said[-1]["id"])

    def _content(self, kind: str, file: StageFile) -> Json:
        if kind == "image":
            return {"image": {"sizes": self.town.keep_image(file)[1]}}
        return {"voice": {"voice_id": self.town.keep_voice(file)}} if kind == "voice" else {}

    async def say_oddly(self, who: Customer, text: str, value: bytes) -> None:
        """A client writes a message with an extra, malformed field."""
        await self.arrive(self.town.chat(who), who.number, "text", {"text": text}, **self.oddities.field(value))

    async def end_login(self) -> None:
        """Renew the client secret."""
        self.access.renew_keys()

    async def arrive(self, chat: Chat, author: int, kind: str, content: Json, **more: Any) -> Json:
        """Post anything to a chat; webhooks report it."""
        message = self.town.post(chat, author, kind, content, **more)
        self._tell(chat, message)
        return message

    async def heard(self, who: Customer) -> Sequence[Heard]:
        """The account's messages in this client's chat."""
        ours = [m for m in self.town.chat(who).messages if m["author_id"] == ACCOUNT and m["type"] != "deleted"]
        return [self._heard(message["content"]) for message in ours]

    def _heard(self, content: Json) -> Heard:
        sizes = content.get("image", {}).get("sizes", {})
        names = [url.rpartition("/")[2].removesuffix(".jpg") for url in list(sizes.values())[-1:]]
        return Heard(text=content.get("text", ""), files=[self.town.images[name] for name in names])

    def read_by(self, who: Customer) -> None:
        """The client reads all messages of the account."""
        for message in self.town.chat(who).messages:
            if message["author_id"] == ACCOUNT and message["read"] is None:
                message["read"] = int(time.time())

    def _routes(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_post("/token", self._token)
        app.router.add_get("/chat/{size}/{image}.jpg", self._picture)
        app.router.add_get("/voice/{voice}", self._voice)
        for method, path in self.methods.table:
            app.router.add_route(method, path, self._answer)
        app.router.add_route("*", "/{address:.*}", self._miss)
        return app

    def _begin(self) -> None:
        self.town.url = self.url

    async def _rest(self) -> None:
        """Stop; pending webhooks are lost."""
        for courier in self._couriers:
            courier.cancel()
        await asyncio.gather(*self._couriers, return_exceptions=True)

    async def _token(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        return await self._finish(request, "/token", Call({}, {}, form), lambda: self.access.hand_out(form))

    async def _answer(self, request: web.Request) -> web.Response:
        path = request.match_info.route.resource.canonical if request.match_info.route.resource else ""
        call = await _read(request)

        def perform() -> Any:
            self.access.let_in(request.headers.get("Authorization", ""))
            if call.path.get("user_id", str(ACCOUNT)) != str(ACCOUNT):
                raise refusal(403, "permission denied")
            return self.methods.table[request.method, path](call)

        return await self._finish(request, path, call, perform)

    async def _finish(self, request: web.Request, path: str, call: Call, perform: Callable[[], Any]) -> web.Response:
        fault = self._next_fault(request.method, path)
        status, headers = 200, {}
        try:
            answer: Any = _performed(fault, perform)
        except Refusal as refused:
            status, answer, headers = refused.status, refused.body, refused.headers
        if self.bare_lists and status == 200 and path.endswith("/messages/"):  # noqa: PLR2004 - HTTP
            answer = answer["messages"]
        kept = json.loads(json.dumps(answer))
        self.exchanges.append(Exchange(request.method, path, call, request.content_type, status, kept))
        if fault and not fault.status and request.transport:
            request.transport.close()
        written = self.oddities.written(answer)
        return web.Response(body=written, status=status, headers=headers, content_type="application/json")

    async def _miss(self, request: web.Request) -> web.Response:
        self.strange.append(f"{request.method} {request.raw_path}")
        raise web.HTTPNotFound

    def _next_fault(self, method: str, path: str) -> Fault | None:
        fitting = (f for f in self.faults if f.times and f.method == method and path.endswith(f.path))
        fault = next(fitting, None)
        if fault:
            fault.times -= 1
        return fault

    async def _picture(self, request: web.Request) -> web.Response:
        return _content_of(self.town.images.get(request.match_info["image"]))

    async def _voice(self, request: web.Request) -> web.Response:
        return _content_of(self.town.voices.get(request.match_info["voice"]))

    def _tell(self, chat: Chat, message: Json) -> None:
        for url in self.methods.hooks:
            webhook = self._webhook(chat, message)
            self.called.append(webhook)
            courier = asyncio.create_task(_carry(url, webhook))
            self._couriers.add(courier)
            courier.add_done_callback(self._couriers.discard)

    def _webhook(self, chat: Chat, message: Json) -> Json:
        now = datetime.fromtimestamp(message["created"], UTC)
        parts = ("id", "author_id", "created", "type", "content", "read")
        value = {name: message[name] for name in parts}
        value |= {"chat_id": chat.id, "user_id": ACCOUNT, "chat_type": chat.kind, "published_at": now.isoformat()}
        value["item_id"] = chat.context["value"]["id"] if chat.context else None
        payload = {"type": "message", "value": value}
        return {
            "id": f"hook-{next(self._calls)}",
            "version": "v3.0.0",
            "timestamp": int(time.time()),
            "payload": payload,
        }


def _performed(fault: Fault | None, perform: Callable[[], Any]) -> Any:
    if fault and fault.status:
        raise Refusal(fault.status, fault.body, fault.headers)
    return perform()


async def _carry(url: str, webhook: Json) -> None:
    """Deliver a webhook: a few quick attempts of two seconds each, then it is lost."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
        for pause in _QUICK:
            await asyncio.sleep(pause)
            with suppress(aiohttp.ClientError, TimeoutError):
                async with http.post(url, json=webhook) as answer:
                    if answer.status == 200:  # noqa: PLR2004 - HTTP
                        return


async def _read(request: web.Request) -> Call:
    path, query = dict(request.match_info), dict(request.query)
    if request.content_type == "multipart/form-data":
        form = await request.post()
        files = {name: part for name, part in form.items() if isinstance(part, web.FileField)}
        return Call(path, query, {}, {name: _upload(part) for name, part in files.items()})
    body = await request.read()
    return Call(path, query, json.loads(body) if body else {})


def _upload(part: web.FileField) -> StageFile:
    return StageFile(name=part.filename, mime=part.content_type, content=part.file.read())


def _content_of(file: StageFile | None) -> web.Response:
    if file is None:
        raise web.HTTPNotFound
    return web.Response(body=file.content, content_type=file.mime)
