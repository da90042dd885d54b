"""Another program: passes the desk's webhooks to invented customers and posts what they write.

It signs and verifies with the ``standardwebhooks`` package, so that our own signing is checked independently.
"""

from __future__ import annotations

import asyncio
import hmac
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import aiohttp
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from chatapp_cli.sandbox.oddities import Oddities
from chatapp_cli.sandbox.serving import Background, HttpSandbox
from chatapp_cli.sandbox.stage import Customer, Heard, StageFile

_SECRET: Final = "whsec_" + b64encode(b"an invented shop of fir trees").decode()
_PATIENCE: Final = 0.05
_LARGEST: Final = 1 << 26
_PASSED_ON: Final = ("type", "id", "chat_id", "chat_kind", "text", "subject", "files")
"""What a program knows of a message that it gets from another one: nobody says that a program wrote it."""
_UNSIGNED: Final = 401


class ApiSandbox(HttpSandbox):
    """A program with one address; it deduplicates webhooks by id, and repeats its own until they are accepted."""

    kind: ClassVar[str] = "api"

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Mapping[str, Any]] = []
        """All events from the desk, including pings, oldest first."""
        self.refused: list[str] = []
        """The desk's answers to webhooks that it refused for good."""
        self.firewall = ""
        """Text that a simulated firewall answers with 403."""
        self.slowness = 0.0
        """Seconds between taking a message and answering it."""
        self.deleted: set[str] = set()
        """Ids of messages that the desk deleted."""
        self.neighbour: ApiSandbox | None = None
        """A program of another desk, whose clients the clients of this one are: it is told what they hear."""
        self._oddities = Oddities()
        self._secret = _SECRET
        self._webhook = Webhook(_SECRET)
        self.seen: dict[str, str] = {}
        """The accepted webhook ids, and our ids of their messages."""
        self._company = ""
        self._called = asyncio.Event()
        self._post: deque[tuple[str, bytes]] = deque()
        self._news = asyncio.Event()
        self._courier = Background(self._carry)
        self._count = 0

    @property
    def answers(self) -> Mapping[str, str]:
        """Our address and the shared secret."""
        return {"name": "Ёлочный базар", "url": f"{self.url}/desk", "secret": self._secret}

    def calls(self, url: str) -> None:
        """Post to this address from now on."""
        self._company = url
        self._called.set()

    async def say(self, who: Customer, text: str, *, subject: str = "", files: Sequence[StageFile] = ()) -> str:
        """Post a message of this customer, repeated until the desk accepts it."""
        message = self._said(who, text) | {"subject": subject, "files": [_packed(file) for file in files]}
        await self.tell(message)
        return str(message["id"])

    def _said(self, who: Customer, text: str) -> dict[str, Any]:
        return {
            "type": "message",
            "id": self._next_id(),
            "chat_id": chat_id(who),
            "at": datetime.now(UTC).isoformat(),
            "text": text,
            "sender": {"name": who.name, "username": who.username, "phone": who.phone, "email": who.email},
        }

    async def say_oddly(self, who: Customer, text: str, value: bytes) -> None:
        """Post a message with an extra field, in one array with a normal one."""
        await self.tell([{"type": "ping"}, self._said(who, text) | self._oddities.field(value)])

    async def end_login(self) -> None:
        """Change the program's secret; messages that the desk refuses meanwhile are posted again."""
        self._secret = "whsec_" + b64encode(f"the secret after {self._secret}".encode()[:48]).decode()
        self._webhook = Webhook(self._secret)

    async def tell(self, event: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Post any event, or several at once, in the order of the calls."""
        self._enqueue(self._oddities.written(event, escaped=False))

    def _enqueue(self, body: bytes) -> None:
        self._post.append((self._next_id(), body))
        self._news.set()

    async def heard(self, who: Customer) -> Sequence[Heard]:
        """The desk's messages in this customer's chat."""
        mine = chat_id(who)
        messages = [e for e in self.events if e["type"] == "message" and e["chat_id"] == mine]
        return [_heard(e) for e in messages if self.seen[e["id"]] not in self.deleted]

    def _routes(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_post("/desk", self._take)
        return app

    def _begin(self) -> None:
        self._courier.start()

    async def _rest(self) -> None:
        await self._courier.stop()

    def _next_id(self) -> str:
        self._count += 1
        return f"shop-{self._count}"

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            event = self._webhook.verify(body, dict(request.headers))
        except WebhookVerificationError as error:
            return web.json_response({"error": str(error)}, status=401)
        if self.firewall and self.firewall in event.get("text", ""):
            return web.Response(status=403, text="<h1>Request blocked</h1>")
        webhook_id = request.headers["webhook-id"]
        self.deleted |= set(event.get("ids", ()))
        if webhook_id not in self.seen:
            self.seen[webhook_id] = self._next_id()
            self.events.append(event)
            if self.neighbour is not None and event["type"] == "message":
                await self.neighbour.tell({name: event[name] for name in _PASSED_ON if name in event})
        await asyncio.sleep(self.slowness)
        return web.json_response({"id": self.seen[webhook_id]})

    async def _carry(self) -> None:
        async with aiohttp.ClientSession() as http:
            while True:
                await self._news.wait()
                while self._post:
                    await self._deliver(http, *self._post[0])
                    self._post.popleft()
                self._news.clear()

    async def _deliver(self, http: aiohttp.ClientSession, webhook_id: str, body: bytes) -> None:
        while not await self._attempt(http, webhook_id, body):  # noqa: ASYNC110 - the desk does not say when it is back
            await asyncio.sleep(_PATIENCE)

    async def _attempt(self, http: aiohttp.ClientSession, webhook_id: str, body: bytes) -> bool:
        await self._called.wait()
        now = datetime.now(UTC)
        headers = {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signature(webhook_id, now, body),
        }
        try:
            async with http.post(self._company, data=body, headers=headers) as answer:
                return await self._settle(answer)
        except aiohttp.ClientError:
            return False

    def _signature(self, webhook_id: str, now: datetime, body: bytes) -> str:
        """Sign a body; the package signs only text."""
        try:
            return str(self._webhook.sign(webhook_id, now, body.decode()))
        except UnicodeDecodeError:
            signed = f"{webhook_id}.{int(now.timestamp())}.".encode() + body
            key = b64decode(self._secret.removeprefix("whsec_"))
            return "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode()

    async def _settle(self, answer: aiohttp.ClientResponse) -> bool:
        """Record a refusal that is for good; true if a post is settled. A wrong secret may still be replaced."""
        lasting = answer.status in range(400, 500) and answer.status != _UNSIGNED
        if lasting:
            self.refused.append(await answer.text())
        return answer.ok or lasting


def chat_id(who: Customer) -> str:
    """The chat of a customer in this program."""
    return f"client-{who.number}"


def _packed(file: StageFile) -> Mapping[str, str]:
    return {"name": file.name, "mime": file.mime, "content": b64encode(file.content).decode()}


def _heard(event: Mapping[str, Any]) -> Heard:
    files = [StageFile(name=f["name"], mime=f["mime"], content=b64decode(f["content"])) for f in event.get("files", ())]
    return Heard(
        text=event.get("text", ""),
        subject=event.get("subject", ""),
        files=files,
        reply_to=event.get("reply_to", ""),
    )


def create() -> ApiSandbox:
    """Create the sandbox."""
    return ApiSandbox()
