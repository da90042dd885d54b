"""Telegram's data: chats, messages, files, and the bot's membership in each chat."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from chatapp_cli.sandbox.stage import Customer, StageFile

Json: TypeAlias = dict[str, Any]

BOT_ID = 8_000_000_042
BOT: Mapping[str, Any] = {"id": BOT_ID, "is_bot": True, "first_name": "Ёлочный базар", "username": "yolki_bot"}
REACTIONS = frozenset("👍👎❤🔥🎉🙏👌🤔")
MAX_TEXT = 4096
MAX_CAPTION = 1024
TWO_DAYS = 48 * 3600

_ADMIN_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)


class Refusal(Exception):
    """An error answer."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


@dataclass(slots=True)
class Chat:
    """A private chat, group or channel as the bot sees it."""

    about: Json
    bot: Json = field(default_factory=lambda: {"status": "member", "user": dict(BOT)})
    messages: dict[int, Json] = field(default_factory=dict)
    moved_to: int = 0

    @property
    def id(self) -> int:
        """The chat's id; negative for anything but private chats."""
        return int(self.about["id"])

    @property
    def private(self) -> bool:
        """Whether it is a private chat."""
        return bool(self.about["type"] == "private")

    @property
    def rules(self) -> bool:
        """Whether the bot is an administrator."""
        return bool(self.bot["status"] == "administrator")


def user(who: Customer) -> Json:
    """A customer as a User."""
    first, _, last = who.name.partition(" ")
    person: Json = {"id": who.number, "is_bot": False, "first_name": first}
    return person | ({"last_name": last} if last else {}) | ({"username": who.username} if who.username else {})


def admin(**rights: bool) -> Json:
    """The bot as an administrator with these rights and no others."""
    return {"status": "administrator", "user": dict(BOT)} | dict.fromkeys(_ADMIN_RIGHTS, False) | rights


class Town:
    """Everything that survives an outage of the server."""

    def __init__(self) -> None:
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, StageFile] = {}
        self.lost: set[str] = set()
        """Files that can no longer be downloaded."""
        self.reactions: dict[tuple[int, int], list[str]] = {}
        """The bot's own reactions, by chat and message."""
        self._ids = itertools.count(1)
        self._group_ids = itertools.count(1)

    def private(self, who: Customer) -> Chat:
        """The customer's chat with the bot, created if needed."""
        person = user(who)
        del person["is_bot"]
        return self.chats.setdefault(who.number, Chat({**person, "type": "private"}))

    def gather(self, kind: str, title: str) -> Chat:
        """Create a group, supergroup or channel with the bot in it."""
        number = next(self._group_ids)
        chat_id = -number if kind == "group" else -1_000_000_000_000 - number
        self.chats[chat_id] = Chat({"id": chat_id, "type": kind, "title": title})
        return self.chats[chat_id]

    def message(self, chat: Chat, sender: Json | None, content: Mapping[str, Any]) -> Json:
        """Add a message to a chat."""
        head: Json = {"message_id": next(self._ids), "date": int(time.time()), "chat": chat.about}
        author = {"from": sender} if sender else {"sender_chat": chat.about}
        message = head | author | dict(content)
        chat.messages[message["message_id"]] = message
        return message

    def keep(self, file: StageFile) -> Json:
        """Store a file and return the fields common to all file types."""
        file_id = f"file-{len(self.files) + 1}"
        self.files[file_id] = file
        return {"file_id": file_id, "file_unique_id": f"u-{file_id}", "file_size": len(file.content)}

    def media(self, kind: str, file: StageFile) -> Json:
        """A file as the content of a message."""
        base = self.keep(file)
        named = {"file_name": file.name, "mime_type": file.mime}
        frame = {"width": 640, "height": 480}
        match kind:
            case "photo":
                thumb = self.keep(StageFile(name="thumb.jpg", mime="image/jpeg", content=file.content[:1]))
                return {"photo": [thumb | {"width": 90, "height": 67}, base | frame]}
            case "video":
                return {"video": base | frame | named | {"duration": 5}}
            case "audio":
                return {"audio": base | named | {"duration": 180}}
            case "voice":
                return {"voice": base | {"mime_type": file.mime, "duration": 3}}
            case _:
                return {"document": base | named}

    def reachable(self, said: object) -> Chat:
        """The chat that a method names, if the bot may write there."""
        chat = self.find(said)
        if chat.moved_to:
            moved = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(400, moved, migrate_to_chat_id=chat.moved_to)
        if chat.bot["status"] in {"kicked", "left"}:
            gone = (
                "bot was blocked by the user" if chat.private else f"bot was kicked from the {chat.about['type']} chat"
            )
            raise Refusal(403, f"Forbidden: {gone}")
        if chat.bot.get("can_send_messages") is False:
            raise Refusal(400, "Bad Request: not enough rights to send text messages to the chat")
        return chat

    def find(self, said: object) -> Chat:
        """The chat that a method names."""
        try:
            return self.chats[int(str(said))]
        except (KeyError, ValueError):
            raise Refusal(400, "Bad Request: chat not found") from None

    def find_message(self, chat: Chat, said: object, purpose: str) -> Json:
        """The message that a method names."""
        try:
            return chat.messages[int(str(said))]
        except (KeyError, ValueError):
            raise Refusal(400, f"Bad Request: message to {purpose} not found") from None


def kind_of(file: StageFile) -> str:
    """The type as which a customer's app sends a file."""
    if file.mime in {"image/jpeg", "image/png"}:
        return "photo"
    if file.mime == "audio/ogg":
        return "voice"
    return {"video": "video", "audio": "audio"}.get(file.mime.partition("/")[0], "document")
