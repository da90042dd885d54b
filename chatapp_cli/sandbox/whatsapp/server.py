"""The Graph API's HTTP server, faults to inject, and the clients who write to our number."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from aiohttp import web

from chatapp_cli.sandbox.serving import HttpSandbox
from chatapp_cli.sandbox.stage import Customer, Heard, StageFile
from chatapp_cli.sandbox.whatsapp.courier import Courier
from chatapp_cli.sandbox.whatsapp.meta import NUMBER, PHONE, WABA, Client, Json, Meta, Refusal, keys, kind_of
from chatapp_cli.sandbox.whatsapp.objects import Call, Objects

TOKEN: Final = "EAAG-invented-for-the-sandbox-only"
APP_SECRET: Final = "5ec3e7000000000000000000000000fe"
VERIFY_TOKEN: Final = "a-word-of-the-shop"
VERSION: Final = "v23.0"
_LARGEST: Final = 1 << 27


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer, for assertions."""

    method: str
    path: str
    content: Mapping[str, Any]
    status: int
    answer: Json


@dataclass(slots=True)
class Fault:
    """A fault for the next calls of an edge: a refusal, or with status 0 no answer after the call was carried out."""

    path: str
    status: int
    code: int = 0
    message: str = ""
    times: int = 1
    skip: int = 0
    """How many calls succeed before."""
    usage: str = ""
    """The value of the usage header."""


class WhatsAppSandbox(HttpSandbox):
    """Meta with one business account, one number and one app."""

    kind: ClassVar[str] = "whatsapp"

    def __init__(self) -> None:
        super().__init__()
        self.meta = Meta()
        self.courier = Courier(APP_SECRET, VERIFY_TOKEN)
        self.token = TOKEN
        self.objects = Objects(self.meta, self.courier, _proof(TOKEN))
        self.exchanges: list[Exchange] = []
        self.faults: list[Fault] = []

    @property
    def answers(self) -> Mapping[str, str]:
        """The number, its account and the valid keys."""
        account = {"phone_number_id": NUMBER, "waba_id": WABA, "token": self.token, "app_secret": APP_SECRET}
        return {**account, "verify_token": VERIFY_TOKEN, "public_url": "", "api_url": self.url, "version": VERSION}

    def calls(self, url: str) -> None:
        """Set the webhook address."""
        self.courier.calls(url)

    async def say(self, who: Customer, text: str, *, subject: str = "", files: Sequence[StageFile] = ()) -> str:  # noqa: ARG002 - no subjects in WhatsApp
        """A customer writes to our number; the text is the first file's caption."""
        contents = [self._carried(file) for file in files] or [{"type": "text", "text": {"body": text}}]
        if files and text:
            contents[0][contents[0]["type"]]["caption"] = text
        return [self.arrive(who, content) for content in contents][-1]

    def _carried(self, file: StageFile) -> Json:
        kind = kind_of(file)
        return {"type": kind, kind: self.meta.media(file, kind)}

    async def say_oddly(self, who: Customer, text: str, value: bytes) -> None:
        """The same with an extra, malformed field, in one webhook with another event."""
        client = self.meta.client(who)
        word = {**self._head(), **client.ids("from", "from_user_id"), "type": "text", "text": {"body": text}}
        odd = {**word, **self.courier.oddities.field(value)}
        about = {"contacts": [client.contact], "messages": [odd]}
        self.courier.post("messages", about, {"contacts": [], "messages": []})

    async def end_login(self) -> None:
        """An administrator replaces the token; webhooks continue."""
        self.token += "-and-another"
        self.objects.proof = _proof(self.token)

    def arrive_late(self, who: Customer, content: Json) -> str:
        """Deliver a message that Meta cannot show at first, and later the message under the same id."""
        errors = [{"code": 131051, "title": "Message type unknown", "message": "Message type unknown"}]
        withheld = {"type": "unsupported", "unsupported": {"type": "unknown"}, "errors": errors}
        ext_id = self.arrive(who, withheld)
        self.arrive(who, {"id": ext_id, **content})
        return ext_id

    def arrive(self, who: Customer, content: Json) -> str:
        """A customer does anything that Meta reports as a message; returns its id."""
        client = self.meta.client(who)
        self._read_by(client)
        client.wrote_at = time.time()
        message = {**self._head(), **client.ids("from", "from_user_id"), **content}
        self.courier.post("messages", {"contacts": [client.contact], "messages": [message]})
        return str(message["id"])

    async def press(self, who: Customer, text: str) -> None:
        """A customer presses a button, or chooses from a list."""
        sent = [m for m in self.meta.client(who).got if m["type"] == "interactive"]
        above, key = next((m, one) for m in reversed(sent) for one in keys(m["interactive"]) if one["title"] == text)
        kind = {"button": "button_reply", "list": "list_reply"}[above["interactive"]["type"]]
        reply = {"type": kind, kind: {"id": key["id"], "title": text}}
        about = {"from": _digits(PHONE), "id": above["id"]}
        self.arrive(who, {"type": "interactive", "interactive": reply, "context": about})

    @property
    def unanswered(self) -> int:
        """None: WhatsApp wants no answer to a press."""
        return 0

    def _read_by(self, client: Client) -> None:
        """Mark our messages as read by a client who writes."""
        for message in client.got:
            if not message.get("read"):
                message["read"] = True
                self.objects.tell(client, message["id"], message, "read")

    def _head(self) -> Json:
        return {"id": self.meta.next_id(), "timestamp": str(int(time.time()))}

    def echo(self, who: Customer, content: Json) -> str:
        """We write in the app on the phone."""
        client = self.meta.client(who)
        message = {**self._head(), "from": _digits(PHONE), **client.ids("to", "to_user_id"), **content}
        self.courier.post("smb_message_echoes", {"contacts": [client.contact], "message_echoes": [message]})
        return str(message["id"])

    def change_number(self, who: Customer, wa_id: str, user_id: str = "") -> None:
        """A customer changes their phone, and with it their id."""
        client = self.meta.client(who)
        told = {"user_id": user_id} if user_id else {}
        body = f"{who.name}: {client.wa_id} → {wa_id}"
        system = {"body": body, "wa_id": wa_id, "type": "user_changed_number", **told}
        message = {**self._head(), "from": client.wa_id, "type": "system", "system": system}
        self.courier.post("messages", {"messages": [message]})
        client.wa_id, client.user_id = wa_id, user_id or client.user_id

    async def heard(self, who: Customer) -> Sequence[Heard]:
        """What our number wrote to this customer."""
        return self.meta.heard(self.meta.client(who).got)

    def _routes(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_get("/files/{media}", self._download)
        app.router.add_route("*", f"/{VERSION}/{{path:.+}}", self._answer)
        return app

    def _begin(self) -> None:
        self.objects.media_url = f"{self.url}/files"
        self.courier.work()

    async def _rest(self) -> None:
        await self.courier.rest()

    async def _answer(self, request: web.Request) -> web.Response:
        path, call = request.match_info["path"], await _read(request)
        fault = self._next_fault(path)
        try:
            self._let_in(request, fault)
            status, answer = 200, self.objects.perform(request.method, path, call)
        except Refusal as refusal:
            status, answer = refusal.status, _refusal(refusal)
        if fault and not fault.status and request.transport:
            request.transport.close()
        exchanged = json.loads(json.dumps([dict(call.content), answer]))
        self.exchanges.append(Exchange(request.method, path, exchanged[0], status, exchanged[1]))
        headers = {"x-business-use-case-usage": fault.usage} if fault and fault.usage else {}
        return web.json_response(answer, status=status, headers=headers)

    def _let_in(self, request: web.Request, fault: Fault | None) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise Refusal(401, 190, "Invalid OAuth access token - Cannot parse access token")
        if fault and fault.status:
            raise Refusal(fault.status, fault.code, fault.message)

    def _next_fault(self, path: str) -> Fault | None:
        fault = next((f for f in self.faults if f.times and path.endswith(f.path)), None)
        if fault is None or fault.skip:
            if fault:
                fault.skip -= 1
            return None
        fault.times -= 1
        return fault

    async def _download(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise web.HTTPUnauthorized
        fault = self._next_fault("files")
        if fault:
            return web.Response(status=fault.status, body=fault.message.encode())
        return web.Response(body=self.meta.files[request.match_info["media"]].content)


def _proof(token: str) -> str:
    return hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()


def _digits(phone: str) -> str:
    return "".join(filter(str.isdecimal, phone))


async def _read(request: web.Request) -> Call:
    params = dict(request.query)
    if request.content_type == "application/json":
        return Call(params, await request.json())
    form = await request.post()
    content = {name: said for name, said in form.items() if isinstance(said, str)}
    part = form.get("file")
    if not isinstance(part, web.FileField):
        return Call(params, content)
    return Call(params, content, StageFile(name=part.filename, mime=part.content_type, content=part.file.read()))


def _refusal(refusal: Refusal) -> Json:
    words = {"message": refusal.message, "type": "OAuthException", "code": refusal.code, "fbtrace_id": "A-invented"}
    return {"error": {**words, **refusal.beside}}
