"""Avito's data: one account, its chats with messages, pictures and voices, and its access."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from chatapp_cli.sandbox.stage import Customer, StageFile

Json: TypeAlias = dict[str, Any]

ACCOUNT: Final = 94_235_311
CLIENT_ID: Final = "invented-client"
CLIENT_SECRET: Final = "invented-secret-of-the-sandbox"
DAY: Final = 86_400
HOUR: Final = 3600
MAX_TEXT: Final = 1000
MAX_IMAGE: Final = 24 * 1024 * 1024
IMAGES: Final = frozenset({"image/jpeg", "image/heic", "image/gif", "image/bmp", "image/png"})
SIZES: Final = ("32x32", "140x105", "1280x960")


class Refusal(Exception):
    """An error answer, in one of the forms of Avito's sections."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.status, self.body, self.headers = status, body, dict(headers or {})


def refusal(status: int, message: str) -> Refusal:
    """An error in the messenger's form."""
    return Refusal(status, {"error": {"code": status, "message": message}})


@dataclass(slots=True)
class Chat:
    """A chat with one client; messages oldest first."""

    id: str
    kind: str
    client: Customer
    context: Json | None
    created: int
    updated: int = 0
    messages: list[Json] = field(default_factory=list)

    def about(self) -> Json:
        """The chat as in a list of chats."""
        users = [{"id": ACCOUNT, "name": "Ёлочный базар"}, {"id": self.client.number, "name": self.client.name}]
        shown: Json = {"id": self.id, "created": self.created, "updated": self.updated, "users": users}
        if self.context:
            shown["context"] = self.context
        if self.messages:
            parts = ("author_id", "content", "created", "direction", "id", "type")
            shown["last_message"] = {name: self.messages[-1][name] for name in parts}
        return shown


class Town:
    """Everything that survives an outage of the server."""

    def __init__(self) -> None:
        self.chats: dict[str, Chat] = {}
        self.images: dict[str, StageFile] = {}
        self.voices: dict[str, StageFile] = {}
        self.url = ""
        self._numbers = itertools.count(1)

    def chat(self, who: Customer, *, kind: str = "u2i") -> Chat:
        """The client's chat, created if needed."""
        chat_id = f"{kind}-{who.number}~miniature"
        if chat_id not in self.chats:
            context = self._advertisement() if kind == "u2i" else None
            self.chats[chat_id] = Chat(chat_id, kind, who, context, int(time.time()))
        return self.chats[chat_id]

    def _advertisement(self) -> Json:
        item = {"id": 700_100, "title": "Плед «Норвегия»", "price_string": "2 390 ₽", "status_id": 10}
        return {"type": "item", "value": {**item, "user_id": ACCOUNT, "url": "https://avito.test/pled_700100"}}

    def post(self, chat: Chat, author: int | str, kind: str, content: Json, **more: Any) -> Json:
        """Add a message to a chat."""
        now = int(time.time())
        message: Json = {
            "id": f"{next(self._numbers):032x}",
            "author_id": author,
            "created": now,
            "type": kind,
            "direction": "out" if author == ACCOUNT else "in",
            "content": content,
            "is_read": author == ACCOUNT,
            "read": None,
            **more,
        }
        chat.messages.append(message)
        chat.updated = now
        return message

    def keep_image(self, file: StageFile) -> tuple[str, Json]:
        """Store a picture; returns its id and the addresses of its sizes."""
        image_id = f"{len(self.images) + 1}.{next(self._numbers):016x}"
        self.images[image_id] = file
        return image_id, self.sizes(image_id)

    def sizes(self, image_id: str) -> Json:
        """The links of a picture."""
        return {size: f"{self.url}/chat/{size}/{image_id}.jpg" for size in SIZES}

    def keep_voice(self, file: StageFile) -> str:
        """Store a voice message and return its id."""
        voice_id = f"voice-{len(self.voices) + 1}"
        self.voices[voice_id] = file
        return voice_id

    def find(self, chat_id: str) -> Chat:
        """The chat that a call names."""
        if chat_id not in self.chats:
            raise refusal(404, "chat not found")
        return self.chats[chat_id]

    def find_message(self, chat: Chat, message_id: str) -> Json:
        """The message that a call names."""
        for message in chat.messages:
            if message["id"] == message_id:
                return message
        raise refusal(404, "message not found")


def kind_of(file: StageFile) -> str:
    """The type as which Avito's app sends a client's file."""
    if file.mime in IMAGES:
        return "image"
    if file.mime == "audio/mp4":
        return "voice"
    return "video" if file.mime.startswith("video/") else "file"
