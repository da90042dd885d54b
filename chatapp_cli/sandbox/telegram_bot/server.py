"""The Bot API's HTTP server, faults to inject, and the clients who write to the bot."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from aiohttp import web

from chatapp_cli.sandbox.oddities import Oddities
from chatapp_cli.sandbox.serving import HttpSandbox
from chatapp_cli.sandbox.stage import Customer, Heard, StageFile
from chatapp_cli.sandbox.telegram_bot.delivery import Delivery
from chatapp_cli.sandbox.telegram_bot.methods import Call, Methods
from chatapp_cli.sandbox.telegram_bot.town import BOT, BOT_ID, Chat, Json, Refusal, Town, kind_of, user

TOKEN = f"{BOT_ID}:AA-invented-for-the-sandbox-only"
"""The first token from @BotFather."""
_LARGEST = 1 << 27


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer, for assertions."""

    method: str
    params: Mapping[str, Any]
    uploads: Sequence[str]
    answer: Json


@dataclass(slots=True)
class Fault:
    """A fault for the next calls of a method: a refusal, or with status 0 no answer after the call was carried out."""

    method: str
    status: int
    description: str = ""
    parameters: Mapping[str, int] = field(default_factory=dict)
    times: int = 1


class TelegramBotSandbox(HttpSandbox):
    """Telegram with one bot; ``shelf`` is the folder of a server in local mode."""

    kind: ClassVar[str] = "telegram_bot"

    def __init__(self, shelf: Path | None = None) -> None:
        super().__init__(cancels=True)
        self.town = Town()
        self.oddities = Oddities()
        self.delivery = Delivery(self.oddities)
        self.token = TOKEN
        self.public_url = ""
        """The desk's public address; empty: it polls."""
        self._tokens = itertools.count(2)
        self._presses = itertools.count(1)
        self.methods = Methods(self.town, shelf)
        self.exchanges: list[Exchange] = []
        self.delivery.told_back = self._told_back
        self.faults: list[Fault] = []
        self.slowness = 0.0
        """Seconds between carrying out a send and answering it."""
        self._local = shelf is not None
        self._table = {
            **self.methods.table,
            "getupdates": self.delivery.get_updates,
            "setwebhook": self.delivery.set_webhook,
            "deletewebhook": self.delivery.delete_webhook,
            "getwebhookinfo": self.delivery.webhook_info,
        }

    @property
    def answers(self) -> Mapping[str, str]:
        """Polling unless the desk has an address, with the valid token."""
        local, intake = "on" if self._local else "off", "webhook" if self.public_url else "polling"
        known = {"token": self.token, "api_url": self.url, "intake": intake}
        return {**known, "local": local, "public_url": self.public_url}

    async def say(self, who: Customer, text: str, *, subject: str = "", files: Sequence[StageFile] = ()) -> str:  # noqa: ARG002 - no subjects in Telegram
        """A customer writes to the bot; the text is the first file's caption."""
        chat = self.town.private(who)
        contents = [self.town.media(kind_of(file), file) for file in files] or [{"text": text}]
        if files and text:
            contents[0]["caption"] = text
        said = [await self.arrive(chat, who, content) for content in contents]
        return str(said[-1]["message_id"])

    async def say_oddly(self, who: Customer, text: str, value: bytes) -> None:
        """A customer writes a message with an extra, malformed field."""
        await self.arrive(self.town.private(who), who, {"text": text, **self.oddities.field(value)})

    async def end_login(self) -> None:
        """@BotFather replaces the token; an existing webhook continues."""
        self.token = f"{TOKEN}-{next(self._tokens)}"

    async def arrive(self, chat: Chat, who: Customer | None, content: Mapping[str, Any]) -> Json:
        """Post anything to a chat with the bot; channel posts have no author."""
        message = self.town.message(chat, user(who) if who else None, content)
        await self.delivery.push(**{"message" if who else "channel_post": message})
        return message

    async def edit(self, message: Json, text: str) -> None:
        """The author changes a message."""
        message |= {"text": text, "edit_date": message["date"] + 60}
        kind = "edited_channel_post" if message["chat"]["type"] == "channel" else "edited_message"
        await self.delivery.push(**{kind: message})

    async def react(self, who: Customer, chat: Chat, message_id: int, *emoji: str) -> None:
        """Set a person's reactions to a message."""
        new = [{"type": "emoji", "emoji": one} for one in emoji]
        change = {"chat": chat.about, "message_id": message_id, "user": user(who), "date": 1_790_000_000}
        await self.delivery.push(message_reaction={**change, "old_reaction": [], "new_reaction": new})

    async def stand(self, who: Customer, chat: Chat, member: Mapping[str, Any]) -> None:
        """Change the bot's membership in a chat: block, add, restrict."""
        old, chat.bot = chat.bot, {"user": dict(BOT), **member}
        about = {"chat": chat.about, "from": user(who), "date": 1_790_000_000}
        await self.delivery.push(my_chat_member={**about, "old_chat_member": old, "new_chat_member": chat.bot})

    async def press(self, who: Customer, text: str) -> None:
        """A customer presses a button of the bot."""
        chat = self.town.private(who)
        below = {n: key for n, message in chat.messages.items() for key in _keys(message) if key["text"] == text}
        number = max(below)
        query = f"press-{next(self._presses)}"
        self.methods.presses.add(query)
        about = {"id": query, "from": user(who), "chat_instance": "1", "data": below[number]["callback_data"]}
        await self.delivery.push(callback_query={**about, "message": chat.messages[number]})

    @property
    def unanswered(self) -> int:
        """Presses behind which a progress bar turns."""
        return len(self.methods.presses)

    async def block(self, who: Customer) -> None:
        """A customer blocks the bot."""
        await self.stand(who, self.town.private(who), {"status": "kicked", "until_date": 0})

    async def migrate(self, who: Customer, group: Chat) -> Chat:
        """Convert a group to a supergroup with another id; both chats report it."""
        large = self.town.gather("supergroup", group.about["title"])
        await self.arrive(group, who, {"migrate_to_chat_id": large.id})
        group.moved_to = large.id
        await self.arrive(large, who, {"migrate_from_chat_id": group.id})
        return large

    async def heard(self, who: Customer) -> Sequence[Heard]:
        """The bot's messages in this customer's chat."""
        return self.heard_in(self.town.private(who))

    def heard_in(self, chat: Chat) -> Sequence[Heard]:
        """The bot's messages in a chat."""
        ours = (m for m in chat.messages.values() if m.get("from", BOT)["id"] == BOT_ID)
        return [self._heard(message) for message in ours]

    def _heard(self, message: Json) -> Heard:
        carried = [message[kind] for kind in ("document", "video", "audio", "voice") if kind in message]
        carried += message.get("photo", ())[-1:]
        return Heard(
            text=message.get("text") or message.get("caption", ""),
            files=[self.town.files[file["file_id"]] for file in carried],
            reply_to=str(message.get("reply_to_message", {}).get("message_id", "")),
            buttons=[key["text"] for key in _keys(message)],
        )

    def _routes(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_post("/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/files/{file_id}", self._download)
        return app

    def _begin(self) -> None:
        self.delivery.work()

    async def _rest(self) -> None:
        await self.delivery.rest()

    async def _answer(self, request: web.Request) -> web.Response:
        method, call = request.match_info["method"], await _read(request)
        fault = self._next_fault(method)
        try:
            self._let_in(request, fault)
            answer: Json = {"ok": True, "result": await self._perform(method, call)}
        except Refusal as refusal:
            answer = _refusal(refusal)
        if self.slowness and method.startswith("send"):
            await asyncio.sleep(self.slowness)
        if fault and not fault.status and request.transport:
            request.transport.close()
        self.exchanges.append(Exchange(method, call.params, tuple(call.uploads), json.loads(json.dumps(answer))))
        status, body = answer.get("error_code", 200), self.oddities.written(answer)
        return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")

    def _let_in(self, request: web.Request, fault: Fault | None) -> None:
        if request.match_info["token"] != self.token:
            raise Refusal(401, "Unauthorized")
        if fault and fault.status:
            raise Refusal(fault.status, fault.description, **fault.parameters)

    async def _perform(self, method: str, call: Call) -> Any:
        if method.lower() not in self._table:
            raise Refusal(404, "Not Found")
        result = self._table[method.lower()](call)
        return await result if inspect.isawaitable(result) else result

    async def _told_back(self, body: bytes) -> None:
        """A webhook's response may name a method, whose result nobody gets."""
        called = json.loads(body)
        with suppress(Refusal):
            await self._perform(called.pop("method"), Call(called, {}))

    def _next_fault(self, method: str) -> Fault | None:
        fault = next((f for f in self.faults if f.times and f.method == method), None)
        if fault:
            fault.times -= 1
        return fault

    async def _download(self, request: web.Request) -> web.Response:
        file_id = request.match_info["file_id"]
        file = self.town.files.get(file_id)
        if request.match_info["token"] != self.token or file is None or file_id in self.town.lost:
            raise web.HTTPNotFound
        return web.Response(body=file.content)


def _keys(message: Json) -> list[Json]:
    """The buttons below a message."""
    return [key for row in message.get("reply_markup", {}).get("inline_keyboard", ()) for key in row]


async def _read(request: web.Request) -> Call:
    if request.content_type == "application/json":
        return Call(await request.json(), {})
    form = await request.post()
    params = {name: said for name, said in form.items() if isinstance(said, str)}
    parts = {name: part for name, part in form.items() if isinstance(part, web.FileField)}
    return Call(params, {name: _upload(part) for name, part in parts.items()})


def _upload(part: web.FileField) -> StageFile:
    return StageFile(name=part.filename, mime=part.content_type, content=part.file.read())


def _refusal(refusal: Refusal) -> Json:
    hints = {"parameters": refusal.parameters} if refusal.parameters else {}
    return {"ok": False, "error_code": refusal.status, "description": refusal.description, **hints}
