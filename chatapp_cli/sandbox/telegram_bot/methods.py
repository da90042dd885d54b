"""The Bot API's methods, and their refusals."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from chatapp_cli.sandbox.stage import StageFile
from chatapp_cli.sandbox.telegram_bot.town import (
    BOT,
    BOT_ID,
    MAX_CAPTION,
    MAX_TEXT,
    REACTIONS,
    TWO_DAYS,
    Chat,
    Json,
    Refusal,
    Town,
)

CLOUD_DOWNLOAD = 20 * 1024 * 1024
CLOUD_UPLOAD = 50 * 1024 * 1024
MOST_BUTTONS = 100
MOST_DATA = 64
FILES = ("photo", "video", "audio", "voice", "document")


@dataclass(frozen=True, slots=True)
class Call:
    """One method's parameters, decoded from JSON, a form or multipart."""

    params: Mapping[str, Any]
    uploads: Mapping[str, StageFile]

    def text(self, name: str) -> str:
        """A string; empty if absent."""
        return str(self.params.get(name, ""))

    def value(self, name: str) -> Any:
        """A number, flag, list or object, which a form carries as JSON."""
        found = self.params.get(name)
        return json.loads(found) if isinstance(found, str) else found

    def file(self, said: str) -> StageFile:
        """The file of ``attach://name``."""
        try:
            return self.uploads[said.removeprefix("attach://")]
        except KeyError:
            raise Refusal(400, "Bad Request: wrong file identifier/HTTP URL specified") from None


class Methods:
    """The methods of a bot; with a ``shelf`` the server is in local mode and puts files there."""

    def __init__(self, town: Town, shelf: Path | None = None) -> None:
        self._town = town
        self._shelf = shelf
        self.actions: list[tuple[int, str]] = []
        """Chat actions such as ``typing``, which expire in Telegram."""
        self.presses: set[str] = set()
        """Those that wait for an answer."""

        self.table: Mapping[str, Callable[[Call], Any]] = {
            "getme": self.get_me,
            "sendmessage": self.send_message,
            "sendlocation": self.send_location,
            "sendmediagroup": self.send_media_group,
            **{f"send{kind}": partial(self._send_file, kind) for kind in FILES},
            "editmessagetext": self.edit_text,
            "editmessagecaption": self.edit_caption,
            "deletemessage": self.delete_message,
            "setmessagereaction": self.react,
            "sendchataction": self.chat_action,
            "answercallbackquery": self.answer_press,
            "getfile": self.get_file,
            "getchat": self.get_chat,
            "getchatmember": self.get_chat_member,
        }
        """Methods by name; Telegram ignores the case."""

    def get_me(self, _call: Call) -> Json:
        """The bot itself."""
        abilities = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
        return {**BOT, **abilities}

    def send_message(self, call: Call) -> Json:
        """A text."""
        text = _checked(call.text("text"), MAX_TEXT, "message")
        if not text.strip():
            raise Refusal(400, "Bad Request: message text is empty")
        return self._post(call, {"text": text})

    def send_location(self, call: Call) -> Json:
        """A point on the map."""
        return self._post(call, {"location": {name: call.value(name) for name in ("latitude", "longitude")}})

    def send_media_group(self, call: Call) -> list[Json]:
        """An album: one message for each file."""
        album = {"media_group_id": f"album-{len(self._town.files)}"}
        return [self._post(call, album | self._item(call, item)) for item in call.value("media")]

    def _item(self, call: Call, item: Mapping[str, str]) -> Json:
        return self._content(item["type"], call.file(item["media"]), item.get("caption", ""))

    def _send_file(self, kind: str, call: Call) -> Json:
        return self._post(call, self._content(kind, call.file(call.text(kind)), call.text("caption")))

    def _content(self, kind: str, file: StageFile, caption: str) -> Json:
        if len(file.content) > CLOUD_UPLOAD and self._shelf is None:
            raise Refusal(413, "Request Entity Too Large")
        said = {"caption": _checked(caption, MAX_CAPTION, "message caption")} if caption else {}
        return self._town.media(kind, file) | said

    def _post(self, call: Call, content: Json) -> Json:
        chat = self._town.reachable(call.params["chat_id"])
        quoted = self._quoted(chat, call.value("reply_parameters"))
        author = None if chat.about["type"] == "channel" else dict(BOT)
        return self._town.message(chat, author, content | quoted | _keyboard(call))

    def _quoted(self, chat: Chat, reply: Mapping[str, Any] | None) -> Json:
        if reply is None:
            return {}
        found = chat.messages.get(reply["message_id"])
        if found is None and not reply.get("allow_sending_without_reply"):
            raise Refusal(400, "Bad Request: message to be replied not found")
        return {"reply_to_message": {k: v for k, v in found.items() if k != "reply_to_message"}} if found else {}

    def edit_text(self, call: Call) -> Json:
        """Edit a text."""
        return self._edit(call, "text", MAX_TEXT)

    def edit_caption(self, call: Call) -> Json:
        """Edit a caption."""
        return self._edit(call, "caption", MAX_CAPTION)

    def _edit(self, call: Call, part: str, most: int) -> Json:
        message = self._mine(call)
        if part == "text" and "text" not in message:
            raise Refusal(400, "Bad Request: there is no text in the message to edit")
        keyboard = _keyboard(call)
        if message.get(part) == call.text(part) and message.get("reply_markup") == keyboard.get("reply_markup"):
            raise Refusal(
                400, "Bad Request: message is not modified: specified new message content is exactly the same"
            )
        message.pop("reply_markup", None)
        message |= {part: _checked(call.text(part), most, "message"), "edit_date": int(time.time()), **keyboard}
        return message

    def _mine(self, call: Call) -> Json:
        chat = self._town.reachable(call.params["chat_id"])
        message = self._town.find_message(chat, call.params["message_id"], "edit")
        if message.get("from", BOT)["id"] != BOT_ID:
            raise Refusal(400, "Bad Request: message can't be edited")
        return message

    def delete_message(self, call: Call) -> bool:
        """Delete a message for everybody."""
        chat = self._town.reachable(call.params["chat_id"])
        message = self._town.find_message(chat, call.params["message_id"], "delete")
        ours = message.get("from", {}).get("id") == BOT_ID
        if time.time() - message["date"] >= TWO_DAYS or not (chat.private or ours or chat.rules):
            raise Refusal(400, "Bad Request: message can't be deleted for everyone")
        del chat.messages[message["message_id"]]
        return True

    def react(self, call: Call) -> bool:
        """Set the bot's reactions on a message."""
        chat = self._town.reachable(call.params["chat_id"])
        message = self._town.find_message(chat, call.params["message_id"], "react")
        emoji = [reaction["emoji"] for reaction in call.value("reaction") or ()]
        if not REACTIONS.issuperset(emoji):
            raise Refusal(400, "Bad Request: REACTION_INVALID")
        self._town.reactions[chat.id, message["message_id"]] = emoji
        return True

    def answer_press(self, call: Call) -> bool:
        """End the progress bar of a press."""
        if call.text("callback_query_id") not in self.presses:
            raise Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.presses.remove(call.text("callback_query_id"))
        return True

    def chat_action(self, call: Call) -> bool:
        """Show a chat action."""
        self.actions.append((self._town.reachable(call.params["chat_id"]).id, call.text("action")))
        return True

    def get_file(self, call: Call) -> Json:
        """The download path of a file."""
        file_id = call.text("file_id")
        if file_id not in self._town.files:
            raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        size = len(self._town.files[file_id].content)
        if size > CLOUD_DOWNLOAD and self._shelf is None:
            raise Refusal(400, "Bad Request: file is too big")
        return {
            "file_id": file_id,
            "file_unique_id": f"u-{file_id}",
            "file_size": size,
            "file_path": self._path(file_id),
        }

    def _path(self, file_id: str) -> str:
        """The path; in local mode, of a file in a folder shared with the bot."""
        if self._shelf is None:
            return f"files/{file_id}"
        path = self._shelf / file_id
        if file_id not in self._town.lost:
            path.write_bytes(self._town.files[file_id].content)
        return str(path)

    def get_chat(self, call: Call) -> Json:
        """Full information about a chat."""
        gifts = ["unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"]
        full = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": dict.fromkeys(gifts, False)}
        return self._town.find(call.params["chat_id"]).about | full

    def get_chat_member(self, call: Call) -> Json:
        """The bot's membership in a chat."""
        return self._town.find(call.params["chat_id"]).bot


def _keyboard(call: Call) -> Json:
    """The buttons of a message: at most 100, each with 1 to 64 bytes of data."""
    markup = call.value("reply_markup")
    if not markup:
        return {}
    keys = [key for row in markup["inline_keyboard"] for key in row]
    if len(keys) > MOST_BUTTONS:
        raise Refusal(400, "Bad Request: reply markup is too long")
    for key in keys:
        if not key["text"].strip():
            raise Refusal(400, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed")
        if not 1 <= len(key["callback_data"].encode()) <= MOST_DATA:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    return {"reply_markup": markup}


def _checked(text: str, most: int, what: str) -> str:
    if len(text) > most:
        raise Refusal(400, f"Bad Request: {what} is too long")
    return text
