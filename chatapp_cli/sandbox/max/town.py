"""MAX's data: chats, messages, files and permissions to write."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from chatapp_cli.sandbox.stage import Customer, StageFile

Json: TypeAlias = dict[str, Any]

BOT_ID: Final = 700_042
BOT: Final[Mapping[str, Any]] = {
    "user_id": BOT_ID,
    "first_name": "Ёлочный базар",
    "username": "yolki_bot",
    "is_bot": True,
    "last_activity_time": 1_790_000_000_000,
    "name": "Ёлочный базар",
}
MAX_TEXT: Final = 4000


class Refusal(Exception):
    """An error answer."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})
        self.body = {"code": code, "message": message}


@dataclass(slots=True)
class Chat:
    """A dialog, a group or a channel as the bot sees it; messages oldest first."""

    id: int
    kind: str
    title: str = ""
    client: Customer | None = None
    stopped: bool = False
    messages: list[Json] = field(default_factory=list)

    def about(self) -> Json:
        """The chat as in GET /chats."""
        shown: Json = {"chat_id": self.id, "type": self.kind, "status": "removed" if self.stopped else "active"}
        shown |= {"last_event_time": now(), "participants_count": 3, "is_public": False}
        return shown | ({"title": self.title} if self.title else {})


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def user(who: Customer) -> Json:
    """A customer as a User; empty fields are left out."""
    first, _, last = who.name.partition(" ")
    shown: Json = {"user_id": who.number, "first_name": first, "is_bot": False, "last_activity_time": now()}
    shown |= {"name": who.name}
    return shown | ({"last_name": last} if last else {}) | ({"username": who.username} if who.username else {})


class Town:
    """Everything that survives an outage of the server."""

    def __init__(self) -> None:
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, StageFile] = {}
        """Files by token."""
        self.kinds: dict[str, str] = {}
        """The upload type of each file."""
        self.url = ""
        self._numbers = itertools.count(1)

    def dialog(self, who: Customer) -> Chat:
        """The customer's dialog with the bot, created if needed."""
        chat_id = 10_000_000 + who.number
        return self.chats.setdefault(chat_id, Chat(chat_id, "dialog", client=who))

    def gather(self, kind: str, title: str) -> Chat:
        """Create a group (``chat``) or a channel with the bot in it."""
        chat_id = -70_000_000 - next(self._numbers)
        self.chats[chat_id] = Chat(chat_id, kind, title)
        return self.chats[chat_id]

    def message(
        self, chat: Chat, sender: Json | None, text: str, attachments: Sequence[Json] = (), link: Json | None = None
    ) -> Json:
        """Add a message to a chat; empty fields are left out, as MAX does."""
        seq = next(self._numbers)
        body: Json = {"mid": f"mid.{seq:032x}", "seq": seq, "text": text}
        body |= {"attachments": list(attachments)} if attachments else {}
        to = {"chat_id": chat.id, "chat_type": chat.kind} | ({"user_id": BOT_ID} if chat.client else {})
        message: Json = {"recipient": to, "timestamp": now(), "body": body}
        message |= {"sender": sender} if sender else {}
        message |= {"link": link} if link else {}
        chat.messages.append(message)
        return message

    def keep(self, kind: str, file: StageFile, token: str = "") -> str:
        """Store a file and return its token."""
        token = token or f"token-{kind}-{next(self._numbers)}"
        self.files[token], self.kinds[token] = file, kind
        return token

    def attachment(self, token: str) -> Json:
        """A stored file as a message shows it."""
        kind, file = self.kinds[token], self.files[token]
        payload: Json = {"url": f"{self.url}/content/{token}", "token": token}
        match kind:
            case "image":
                return {"type": kind, "payload": payload | {"photo_id": next(self._numbers)}}
            case "file":
                return {"type": kind, "payload": payload, "filename": file.name, "size": len(file.content)}
            case "video":
                page = {"url": f"{self.url}/page/{token}"}
                return {"type": kind, "payload": payload | page, "duration": 5}
            case _:
                return {"type": kind, "payload": payload}

    def find(self, said: object) -> Chat:
        """The chat that a call names."""
        chat = self.chats.get(int(str(said)))
        if chat is None:
            raise Refusal(404, "chat.not.found", f"Chat {said} not found")
        return chat

    def reachable(self, said: object) -> Chat:
        """The same, if the bot may write there."""
        chat = self.find(said)
        if chat.stopped:
            raise Refusal(403, "chat.denied", "error.dialog.suspended" if chat.client else "bot is not a member")
        return chat

    def find_message(self, mid: str) -> tuple[Chat, Json]:
        """The message that a call names, and where it is."""
        for chat in self.chats.values():
            for message in chat.messages:
                if message["body"]["mid"] == mid:
                    return chat, message
        raise Refusal(404, "message.not.found", f"Message {mid} not found")


def kind_of(file: StageFile) -> str:
    """The type as which MAX's app sends a client's file."""
    family = file.mime.partition("/")[0]
    return family if family in {"image", "video", "audio"} and not file.mime.endswith("svg+xml") else "file"
