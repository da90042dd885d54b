"""The bot API's HTTP server, faults to inject, and the clients who write to the bot."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from aiohttp import web

from chatapp_cli.sandbox.max.delivery import Delivery
from chatapp_cli.sandbox.max.methods import Call, Methods
from chatapp_cli.sandbox.max.town import BOT_ID, Chat, Json, Refusal, Town, kind_of, now, user
from chatapp_cli.sandbox.oddities import Oddities
from chatapp_cli.sandbox.serving import HttpSandbox
from chatapp_cli.sandbox.stage import Customer, Heard, StageFile

TOKEN = "f9LHodD0cOI-invented-for-the-sandbox-only"
"""The bot's first token."""
_LARGEST = 1 << 29


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer, for assertions."""

    method: str
    path: str
    """The template, such as ``/chats/{chatId}``."""
    call: Call
    status: int
    answer: Any


@dataclass(slots=True)
class Fault:
    """A fault for the next calls of a method and path; status 0 means no answer after the call was carried out."""

    method: str
    path: str
    status: int
    code: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    after: int = 0
    """How many calls succeed before."""
    answer: Mapping[str, Any] | None = None
    """The answer in place of code and message."""


class MaxSandbox(HttpSandbox):
    """MAX with one bot; with ``tls`` it speaks https."""

    kind: ClassVar[str] = "max"

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls=tls, cancels=True)
        self.town = Town()
        self.oddities = Oddities()
        self.delivery = Delivery(self.oddities)
        self.token = TOKEN
        self.public_url = ""
        """The desk's public address; empty: it polls."""
        self._tokens = itertools.count(2)
        self._presses = itertools.count(1)
        self.methods = Methods(self.town)
        self.exchanges: list[Exchange] = []
        self.faults: list[Fault] = []
        self.strange: list[str] = []
        """Requested paths that do not exist."""
        self._table: Mapping[tuple[str, str], Callable[[Call], Any]] = {
            **self.methods.table,
            ("GET", "/updates"): lambda call: self.delivery.updates(call.query),
            ("GET", "/subscriptions"): lambda _call: self.delivery.subscriptions(),
            ("POST", "/subscriptions"): lambda call: self.delivery.subscribe(call.body),
            ("DELETE", "/subscriptions"): lambda call: self.delivery.unsubscribe(call.query["url"]),
        }

    @property
    def answers(self) -> Mapping[str, str]:
        """Polling unless the desk has an address, with the valid token."""
        intake = "webhook" if self.public_url else "polling"
        known = {"token": self.token, "intake": intake, "public_url": self.public_url}
        return {**known, "api_url": self.url, "ca_file": ""}

    async def say(self, who: Customer, text: str, *, subject: str = "", files: Sequence[StageFile] = ()) -> str:  # noqa: ARG002 - no subjects in MAX
        """A customer writes to the bot, text and files in one message."""
        attachments = [self.town.attachment(self.town.keep(kind_of(file), file)) for file in files]
        message = await self.arrive(self.town.dialog(who), who, text, attachments)
        return str(message["body"]["mid"])

    async def say_oddly(self, who: Customer, text: str, value: bytes) -> None:
        """A customer writes a message with an extra, malformed field."""
        message = self.town.message(self.town.dialog(who), user(who), text)
        message |= self.oddities.field(value)
        await self.delivery.push("message_created", message=message)

    async def end_login(self) -> None:
        """Replace the bot's token; its webhooks continue."""
        self.token = f"{TOKEN}-{next(self._tokens)}"

    async def arrive(
        self, chat: Chat, who: Customer | None, text: str, attachments: Sequence[Json] = (), link: Json | None = None
    ) -> Json:
        """Post anything to a chat with the bot; channel posts have no author."""
        message = self.town.message(chat, user(who) if who else None, text, attachments, link)
        await self.delivery.push("message_created", message=message)
        return message

    async def edit(self, message: Json, text: str) -> None:
        """The author changes a message."""
        message["body"]["text"] = text
        await self.delivery.push("message_edited", message=message)

    async def remove(self, who: Customer, chat: Chat, mid: str) -> None:
        """The author deletes a message."""
        chat.messages = [one for one in chat.messages if one["body"]["mid"] != mid]
        await self.delivery.push("message_removed", message_id=mid, chat_id=chat.id, user_id=who.number)

    async def start(self, who: Customer, payload: str = "") -> None:
        """A customer starts the bot, optionally by a link with a payload."""
        chat = self.town.dialog(who)
        chat.stopped = False
        carried = {"payload": payload} if payload else {}
        await self.delivery.push("bot_started", chat_id=chat.id, user=user(who), **carried)

    async def stop(self, who: Customer) -> None:
        """A customer stops the bot."""
        chat = self.town.dialog(who)
        chat.stopped = True
        await self.delivery.push("bot_stopped", chat_id=chat.id, user=user(who))

    async def tell(self, kind: str, who: Customer, chat: Chat, **more: object) -> None:
        """Another event in a group or channel, such as ``bot_added``."""
        await self.delivery.push(kind, chat_id=chat.id, user=user(who), **more)

    async def heard(self, who: Customer) -> Sequence[Heard]:
        """The bot's messages in this customer's dialog."""
        return self.heard_in(self.town.dialog(who))

    def heard_in(self, chat: Chat) -> Sequence[Heard]:
        """The bot's messages in a chat."""
        ours = (m for m in chat.messages if m.get("sender", {}).get("user_id") == BOT_ID)
        return [self._heard(message) for message in ours]

    def _heard(self, message: Json) -> Heard:
        body = message["body"]
        attached = [one for one in body.get("attachments", ()) if one["type"] != "inline_keyboard"]
        carried = [self.town.files[one["payload"]["token"]] for one in attached]
        quoted = message.get("link", {}).get("message", {}).get("mid", "")
        below = [key["text"] for key in _keys(message)]
        return Heard(text=body["text"], files=carried, reply_to=quoted, buttons=below)

    async def press(self, who: Customer, text: str) -> None:
        """A customer presses a button of the bot."""
        sent = [m for m in self.town.dialog(who).messages for key in _keys(m) if key["text"] == text]
        payload = next(key["payload"] for key in _keys(sent[-1]) if key["text"] == text)
        press = f"press-{next(self._presses)}"
        self.methods.presses.add(press)
        about = {"timestamp": now(), "callback_id": press, "payload": payload, "user": user(who)}
        await self.delivery.push("message_callback", callback=about, message=sent[-1])

    @property
    def unanswered(self) -> int:
        """Presses without an answer."""
        return len(self.methods.presses)

    def _routes(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_post("/upload/{slot}", self._take)
        app.router.add_get("/content/{token}", self._give)
        for method, path in self._table:
            app.router.add_route(method, path, self._answer)
        app.router.add_route("*", "/{address:.*}", self._miss)
        return app

    def _begin(self) -> None:
        self.town.url = self.url
        self.delivery.work()

    async def _rest(self) -> None:
        await self.delivery.rest()

    async def _answer(self, request: web.Request) -> web.Response:
        path = request.match_info.route.resource.canonical if request.match_info.route.resource else ""
        body = await request.read()
        call = Call(dict(request.match_info), dict(request.query), json.loads(body) if body else {})
        fault = self._next_fault(request.method, path)
        status, headers = 200, {}
        try:
            answer = await self._perform(request, path, call, fault)
        except Refusal as refused:
            status, answer, headers = refused.status, refused.body, refused.headers
        kept = json.loads(json.dumps(answer))
        self.exchanges.append(Exchange(request.method, path, call, status, kept))
        if fault and not fault.status and request.transport:
            request.transport.close()
        written = self.oddities.written(answer)
        return web.Response(body=written, status=status, headers=headers, content_type="application/json")

    async def _perform(self, request: web.Request, path: str, call: Call, fault: Fault | None) -> Any:
        if request.headers.get("Authorization") != self.token:
            raise Refusal(401, "verify.token", "Invalid access_token")
        if fault and fault.answer is not None:
            return fault.answer
        if fault and fault.status:
            raise Refusal(fault.status, fault.code, fault.message, fault.headers)
        result = self._table[request.method, path](call)
        return await result if inspect.isawaitable(result) else result

    async def _miss(self, request: web.Request) -> web.Response:
        self.strange.append(f"{request.method} {request.raw_path}")
        raise web.HTTPNotFound

    def _next_fault(self, method: str, path: str) -> Fault | None:
        fault = next((f for f in self.faults if f.times and (f.method, f.path) == (method, path)), None)
        if fault and fault.after:
            fault.after -= 1
            return None
        if fault:
            fault.times -= 1
        return fault

    async def _take(self, request: web.Request) -> web.Response:
        form = await request.post()
        part = form["data"]
        if not isinstance(part, web.FileField):
            raise web.HTTPBadRequest
        content = await asyncio.to_thread(part.file.read)
        answer = self.methods.take(
            request.match_info["slot"], StageFile(name=part.filename, mime=part.content_type, content=content)
        )
        return web.Response(text=answer) if isinstance(answer, str) else web.json_response(answer)

    async def _give(self, request: web.Request) -> web.Response:
        file = self.town.files.get(request.match_info["token"])
        if file is None:
            raise web.HTTPNotFound
        return web.Response(body=file.content, content_type=file.mime)


def _keys(message: Json) -> list[Json]:
    """The buttons below a message."""
    attached = [one for one in message["body"].get("attachments", ()) if one["type"] == "inline_keyboard"]
    return [key for one in attached for row in one["payload"]["buttons"] for key in row]
