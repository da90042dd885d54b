"""The messenger's methods, and its refusals."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chatapp_cli.sandbox.avito.town import ACCOUNT, HOUR, IMAGES, MAX_IMAGE, MAX_TEXT, Json, Town, refusal
from chatapp_cli.sandbox.stage import StageFile


@dataclass(frozen=True, slots=True)
class Call:
    """One request, decoded."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    files: Mapping[str, StageFile] = field(default_factory=dict)

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A number of the query, within its limits."""
        said = int(self.query.get(name, default))
        if not low <= said <= high:
            raise refusal(400, f"{name} is out of bounds")
        return said


class Methods:
    """The methods for the account's chats."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self.hooks: list[str] = []
        """The registered webhooks."""
        self.read: list[str] = []
        """Chats that were marked as read, in order."""
        self.table: Mapping[tuple[str, str], Callable[[Call], Any]] = {
            ("GET", "/core/v1/accounts/self"): self.account,
            ("GET", "/messenger/v2/accounts/{user_id}/chats"): self.chats,
            ("GET", "/messenger/v2/accounts/{user_id}/chats/{chat_id}"): self.chat,
            ("GET", "/messenger/v3/accounts/{user_id}/chats/{chat_id}/messages/"): self.messages,
            ("POST", "/messenger/v1/accounts/{user_id}/chats/{chat_id}/messages"): self.send_text,
            ("POST", "/messenger/v1/accounts/{user_id}/chats/{chat_id}/messages/image"): self.send_image,
            ("POST", "/messenger/v1/accounts/{user_id}/chats/{chat_id}/messages/{message_id}"): self.delete,
            ("POST", "/messenger/v1/accounts/{user_id}/chats/{chat_id}/read"): self.mark_read,
            ("POST", "/messenger/v1/accounts/{user_id}/uploadImages"): self.upload,
            ("GET", "/messenger/v1/accounts/{user_id}/getVoiceFiles"): self.voice_files,
            ("POST", "/messenger/v3/webhook"): self.subscribe,
            ("POST", "/messenger/v1/webhook/unsubscribe"): self.unsubscribe,
            ("POST", "/messenger/v1/subscriptions"): self.subscriptions,
        }

    def account(self, _call: Call) -> Json:
        """The account of the token."""
        return {"id": ACCOUNT, "name": "Ёлочный базар", "profile_url": f"https://avito.test/user/{ACCOUNT}/profile"}

    def chats(self, call: Call) -> Json:
        """The chats of the requested kinds, latest first."""
        limit, offset = call.number("limit", 100, 1, 100), call.number("offset", 0, 0, 1000)
        kinds = call.query.get("chat_types", "u2i").split(",")
        found = [chat for chat in self._town.chats.values() if chat.kind in kinds]
        found.sort(key=lambda chat: chat.updated, reverse=True)
        return {"chats": [chat.about() for chat in found[offset : offset + limit]]}

    def chat(self, call: Call) -> Json:
        """One chat."""
        return self._town.find(call.path["chat_id"]).about()

    def messages(self, call: Call) -> Json:
        """A chat's messages, the latest first."""
        limit, offset = call.number("limit", 100, 1, 100), call.number("offset", 0, 0, 1000)
        latest = self._town.find(call.path["chat_id"]).messages[::-1]
        return {"messages": latest[offset : offset + limit], "meta": {"has_more": len(latest) > offset + limit}}

    def send_text(self, call: Call) -> Json:
        """Send a text as the account."""
        text = call.body["message"]["text"]
        if not text.strip() or len(text) > MAX_TEXT:
            raise refusal(400, "text must have 1 to 1000 characters")
        return self._sent(call, "text", {"text": text})

    def send_image(self, call: Call) -> Json:
        """Send an uploaded picture as the account."""
        image_id = call.body["image_id"]
        if image_id not in self._town.images:
            raise refusal(400, "image not found")
        return self._sent(call, "image", {"image": {"sizes": self._town.sizes(image_id)}})

    def _sent(self, call: Call, kind: str, content: Json) -> Json:
        message = self._town.post(self._town.find(call.path["chat_id"]), ACCOUNT, kind, content)
        return {name: message[name] for name in ("id", "created", "type", "direction", "content")}

    def delete(self, call: Call) -> Json:
        """Turn a message of the account into a deleted one."""
        chat = self._town.find(call.path["chat_id"])
        message = self._town.find_message(chat, call.path["message_id"])
        if message["type"] == "deleted":
            raise refusal(400, "message is deleted already")
        if message["author_id"] != ACCOUNT or message["created"] < time.time() - HOUR:
            raise refusal(400, "message cannot be deleted")
        message.update(type="deleted", content={})
        return {}

    def mark_read(self, call: Call) -> Json:
        """Mark everything as read for the client."""
        chat = self._town.find(call.path["chat_id"])
        for message in chat.messages:
            message["is_read"] = True
        self.read.append(chat.id)
        return {"ok": True}

    def upload(self, call: Call) -> Json:
        """Accept an uploaded picture."""
        file = call.files.get("uploadfile[]")
        if file is None or file.mime not in IMAGES:
            raise refusal(400, "a picture in uploadfile[] is needed")
        if len(file.content) > MAX_IMAGE:
            raise refusal(413, "the picture is larger than 24 MB")
        image_id, sizes = self._town.keep_image(file)
        return {image_id: sizes}

    def voice_files(self, call: Call) -> Json:
        """The download links of voice messages."""
        wanted: Sequence[str] = call.query["voice_ids"].split(",")
        return {"voices_urls": {one: f"{self._town.url}/voice/{one}" for one in wanted if one in self._town.voices}}

    def subscribe(self, call: Call) -> Json:
        """Register a webhook."""
        if call.body["url"] not in self.hooks:
            self.hooks.append(call.body["url"])
        return {"ok": True}

    def unsubscribe(self, call: Call) -> Json:
        """Remove a webhook."""
        if call.body["url"] in self.hooks:
            self.hooks.remove(call.body["url"])
        return {"ok": True}

    def subscriptions(self, _call: Call) -> Json:
        """All webhooks."""
        return {"subscriptions": [{"url": url, "version": "3"} for url in self.hooks]}
