"""The API's methods for a bot, and their refusals."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chatapp_cli.sandbox.max.town import BOT, BOT_ID, MAX_TEXT, Chat, Json, Refusal, Town
from chatapp_cli.sandbox.stage import StageFile

MOST_ROWS = 30
MOST_IN_ROW = 7
MOST_LABEL = 128
MOST_PAYLOAD = 1024
ACTIONS = frozenset({"typing_on", "sending_photo", "sending_video", "sending_audio", "sending_file"})


@dataclass(frozen=True, slots=True)
class Call:
    """One request, decoded."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]


class Methods:
    """The methods of a bot."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self.actions: list[tuple[int, str]] = []
        """Actions such as ``typing_on``, which expire."""
        self.not_ready = 0
        """How many messages with files are refused because their upload is still being processed."""
        self.presses: set[str] = set()
        """Those that wait for an answer."""
        self._slots = itertools.count(1)
        self._open: dict[str, tuple[str, str]] = {}
        self.table: Mapping[tuple[str, str], Callable[[Call], Any]] = {
            ("GET", "/me"): lambda _call: dict(BOT),
            ("GET", "/chats/{chatId}"): lambda call: self._town.find(call.path["chatId"]).about(),
            ("POST", "/chats/{chatId}/actions"): self.act,
            ("POST", "/uploads"): self.open_slot,
            ("GET", "/messages"): self.history,
            ("POST", "/messages"): self.send,
            ("PUT", "/messages"): self.edit,
            ("DELETE", "/messages"): self.delete,
            ("POST", "/answers"): self.answer_press,
            ("GET", "/videos/{videoToken}"): self.video,
        }

    def act(self, call: Call) -> Json:
        """Show an action for a moment; marking as read is not one."""
        if call.body["action"] not in ACTIONS:
            raise Refusal(400, "proto.payload", f"unknown action {call.body['action']}")
        self.actions.append((self._town.reachable(call.path["chatId"]).id, call.body["action"]))
        return {"success": True}

    def open_slot(self, call: Call) -> Json:
        """An upload address for one file; for video and audio with the token."""
        kind, number = call.query["type"], next(self._slots)
        if kind not in {"image", "video", "audio", "file"}:
            raise Refusal(400, "proto.payload", f"unknown upload type {kind}")
        token = f"token-{kind}-slot-{number}" if kind in {"video", "audio"} else ""
        self._open[str(number)] = (kind, token)
        return {"url": f"{self._town.url}/upload/{number}"} | ({"token": token} if token else {})

    def take(self, slot: str, file: StageFile) -> Json | str:
        """The upload server's answer: JSON with a token, or XML for video and audio."""
        kind, known = self._open.pop(slot)
        token = self._town.keep(kind, file, known)
        if known:
            return "<retval>1</retval>"
        return {"photos": {"k": {"token": token}}} if kind == "image" else {"token": token}

    def history(self, call: Call) -> Json:
        """A chat's messages, the latest first."""
        count = int(call.query.get("count", 50))
        return {"messages": self._town.reachable(call.query["chat_id"]).messages[::-1][:count]}

    def send(self, call: Call) -> Json:
        """Send a message as the bot."""
        chat = self._town.reachable(call.query["chat_id"])
        text, asked = _text(call), call.body.get("attachments") or ()
        if not text and not asked:
            raise Refusal(400, "proto.payload", "message is empty")
        attachments = [self._attached(one) for one in asked]
        if attachments and self.not_ready:
            self.not_ready -= 1
            raise Refusal(400, "attachment.not.ready", "Key: errors.process.attachment.file.not.processed")
        link = self._link(call.body.get("link"))
        return {"message": self._town.message(chat, dict(BOT), text, attachments, link)}

    def _attached(self, asked: Json) -> Json:
        payload = asked["payload"]
        if asked["type"] == "inline_keyboard":
            return _keyboard(asked)
        tokens = [one["token"] for one in payload.get("photos", {}).values()] or [payload.get("token", "")]
        if self._town.kinds.get(tokens[0]) != asked["type"]:
            raise Refusal(400, "proto.payload", "unknown attachment token")
        return self._town.attachment(tokens[0])

    def _link(self, link: Json | None) -> Json | None:
        if link is None:
            return None
        _, quoted = self._town.find_message(link["mid"])
        return {"type": link["type"], "message": quoted["body"]} | (
            {"sender": quoted["sender"]} if "sender" in quoted else {}
        )

    def edit(self, call: Call) -> Json:
        """Edit a text of the bot; files not named stay."""
        _, message = self._own(call.query["message_id"])
        message["body"]["text"] = _text(call)
        return {"success": True}

    def answer_press(self, call: Call) -> Json:
        """Show a notice to who pressed."""
        if not (call.body.get("message") or call.body.get("notification")):
            raise Refusal(400, "proto.payload", "message or notification is required")
        if call.query["callback_id"] not in self.presses:
            raise Refusal(404, "not.found", "callback not found")
        self.presses.remove(call.query["callback_id"])
        return {"success": True}

    def delete(self, call: Call) -> Json:
        """Delete a message of the bot."""
        chat, message = self._own(call.query["message_id"])
        chat.messages.remove(message)
        return {"success": True}

    def _own(self, mid: str) -> tuple[Chat, Json]:
        chat, message = self._town.find_message(mid)
        if message.get("sender", {}).get("user_id") != BOT_ID:
            raise Refusal(403, "access.denied", "no permission for a message of somebody else")
        return chat, message

    def video(self, call: Call) -> Json:
        """The download links of a video."""
        token = call.path["videoToken"]
        if token not in self._town.files:
            raise Refusal(404, "not.found", "video not found")
        urls = {"mp4_360": f"{self._town.url}/content/{token}?small", "mp4_720": f"{self._town.url}/content/{token}"}
        return {"token": token, "urls": urls, "width": 1280, "height": 720, "duration": 5}


def _keyboard(asked: Json) -> Json:
    """A keyboard: at most 30 rows of 7 buttons, each with 1 to 128 characters."""
    rows = asked["payload"]["buttons"]
    if len(rows) > MOST_ROWS or any(len(row) > MOST_IN_ROW for row in rows):
        raise Refusal(400, "proto.payload", "too many buttons in the keyboard")
    for key in (key for row in rows for key in row):
        if not 1 <= len(key["text"]) <= MOST_LABEL or len(key["payload"]) > MOST_PAYLOAD:
            raise Refusal(400, "proto.payload", "button text must have 1 to 128 characters")
    return asked


def _text(call: Call) -> str:
    text = call.body.get("text") or ""
    if len(text) > MAX_TEXT:
        raise Refusal(400, "proto.payload", "text is longer than 4000 characters")
    return str(text)
