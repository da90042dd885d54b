"""What we ask of the chats. providers-crm.md 5.3, 5.4, addendum A."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chatapp_cli.sandbox.amocrm.channel import AmoChannel
from chatapp_cli.sandbox.amocrm.objects import AmoChat, AmoMessage, AmoRefusal, Json
from chatapp_cli.sandbox.amocrm.request import AccountDesk, AmoMethod, AmoRequest, Reply, whole
from chatapp_cli.sandbox.amocrm.shapes import (
    CHOICE,
    MAP,
    MISSING,
    TEXT,
    WHOLE,
    YES_NO,
    Inside,
    Judge,
    Shape,
)
from chatapp_cli.sandbox.amocrm.talk import AmoTalk

MOST_HISTORY: Final = 50
_ROOT: Final = "/v2/origin/custom"
_CONNECT: Final[Shape] = {
    "account_id": TEXT, "title": TEXT, "hook_api_version": TEXT, "is_time_window_disabled": YES_NO,
}  # fmt: skip
_PERSON: Final = Inside({
    "id": TEXT, "ref_id": TEXT, "name": TEXT, "avatar": TEXT, "profile": Inside({"phone": TEXT, "email": TEXT}),
    "profile_link": TEXT,
})  # fmt: skip
_SOURCE: Final = Inside({"external_id": TEXT}, ("external_id",))
_MESSAGE: Final = Inside({
    "type": TEXT, "text": TEXT, "media": TEXT, "file_name": TEXT, "file_size": WHOLE, "media_duration": WHOLE,
    "location": MAP, "contact": MAP, "post": MAP,
}, ("type",))  # fmt: skip
_REPLY: Final = Inside({"message": Inside({"id": TEXT, "msgid": TEXT})}, ("message",))
_STATUS: Final = Inside({"status_code": WHOLE, "error_code": WHOLE, "error": TEXT}, ("status_code",))
_CHAT: Final[Shape] = {"conversation_id": TEXT, "source": _SOURCE, "user": _PERSON}
_PAYLOAD: Final[Shape] = {
    "timestamp": WHOLE, "msec_timestamp": WHOLE, "msgid": TEXT, "conversation_id": TEXT, "conversation_ref_id": TEXT,
    "source": _SOURCE, "sender": _PERSON, "receiver": _PERSON, "message": _MESSAGE, "silent": YES_NO,
    "reply_to": _REPLY, "forwards": MAP, "delivery_status": _STATUS,
}  # fmt: skip
_EVENT: Final[Shape] = {"event_type": TEXT, "payload": MAP}
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("text",), "picture": ("media", "file_name"), "video": ("media", "file_name"),
    "file": ("media", "file_name"), "voice": ("media",), "audio": ("media",), "sticker": ("media",),
    "location": ("location",), "contact": ("contact",),
}  # fmt: skip
_TYPING: Final[Shape] = {"conversation_id": TEXT, "sender": Inside({"id": TEXT}, ("id",)), "duration_ms": WHOLE}
_REACT: Final[Shape] = {
    "conversation_id": TEXT, "conversation_ref_id": TEXT, "id": TEXT, "msgid": TEXT, "user": _PERSON, "type": TEXT,
    "emoji": TEXT,
}  # fmt: skip
_DELIVERY: Final[Shape] = {"msgid": TEXT, "delivery_status": WHOLE, "error_code": WHOLE, "error": TEXT}
_CODES: Final = frozenset({901, 902, 903, 904, 905})
_OTHER: Final = 905
_STATUSES: Final = frozenset({1, 2, -1})
_TYPED: Final = 5000
"""Milliseconds for which a client is shown as typing unless the request says how long."""


class ChatMethods:
    """Connects the channel, and takes what clients and the desk write."""

    def __init__(self, desk: AccountDesk, channel: AmoChannel, talk: AmoTalk) -> None:
        self._desk, self._channel, self._talk = desk, channel, talk

    @property
    def table(self) -> Mapping[str, AmoMethod]:
        """The methods by route."""
        scope = f"{_ROOT}/{{scope}}"
        return {
            f"POST {_ROOT}/{{channel}}/connect": self.connect,
            f"DELETE {_ROOT}/{{channel}}/disconnect": self.disconnect,
            f"POST {scope}/chats": self.chat,
            f"POST {scope}": self.event,
            f"GET {scope}/chats/{{id}}/history": self.history,
            f"POST {scope}/typing": self.typing,
            f"POST {scope}/react": self.react,
            f"POST {scope}/{{id}}/delivery_status": self.delivery,
        }

    def connect(self, request: AmoRequest) -> Reply:
        """Let the channel work in the account; harmless to repeat."""
        item, judge = self._judged(request, _CONNECT, ("account_id", "title", "hook_api_version"))
        if item.get("hook_api_version") != "v2":
            judge.says("0", CHOICE, "hook_api_version")
        judge.settle()
        self._own(request, item)
        self._channel.connected, self._channel.title = True, item["title"]
        self._channel.window_disabled = item.get("is_time_window_disabled", False)
        return Reply(200, {
            "account_id": self._channel.amojo_id, "scope_id": self._channel.scope_id, "title": item["title"],
            "hook_api_version": "v2", "is_time_window_disabled": self._channel.window_disabled,
        })  # fmt: skip

    def disconnect(self, request: AmoRequest) -> Reply:
        """Take the channel out of the account."""
        item, judge = self._judged(request, {"account_id": TEXT}, ("account_id",))
        judge.settle()
        self._own(request, item)
        self._channel.connected = False
        return Reply(200)

    def _own(self, request: AmoRequest, item: Json) -> None:
        if (request.parts["channel"], item["account_id"]) != (self._channel.id, self._channel.amojo_id):
            raise AmoRefusal(404, "The account is not known")

    def _judged(self, request: AmoRequest, shape: Shape, needs: tuple[str, ...]) -> tuple[Json, Judge]:
        item, judge = request.map(), Judge(self._desk.problems, f"{request.method} {request.path}")
        if not judge.shape("0", item, shape, needs):
            judge.settle()
        return item, judge

    def _scoped(self, request: AmoRequest) -> None:
        """Refuse what goes to a channel that is not connected. Raises AmoRefusal."""
        if request.parts["scope"] != self._channel.scope_id or not self._channel.connected:
            raise AmoRefusal(404, "The channel is not connected")

    def chat(self, request: AmoRequest) -> Reply:
        """Make a chat before its first message, or find it again."""
        self._scoped(request)
        item, judge = self._judged(request, _CHAT, ("conversation_id", "user"))
        self._judge_filled(judge, item, ("conversation_id",))
        self._judge_filled(judge, item["user"], ("id", "name"), "user.")
        judge.settle()
        chat = self._talk.chat(item, item["user"])
        person = chat.person
        optional = {"avatar": person.avatar, "phone": person.phone, "email": person.email}
        user = {"id": person.id, "client_id": person.client_id, "name": person.name}
        return Reply(200, {"id": chat.id, "user": user | {name: said for name, said in optional.items() if said}})

    def event(self, request: AmoRequest) -> Reply:
        """Take a new message, or the new text of an old one."""
        self._scoped(request)
        item, judge = self._judged(request, _EVENT, ("event_type", "payload"))
        does = {"new_message": self._new, "edit_message": self._edit}.get(item["event_type"])
        if does is None:
            judge.says("0", CHOICE, "event_type")
            judge.settle()
        assert does
        return does(item["payload"], judge)

    def _new(self, said: Json, judge: Judge) -> Reply:
        needs = ("timestamp", "msec_timestamp", "msgid", "conversation_id", "sender", "message")
        if judge.shape("0", said, _PAYLOAD, needs):
            self._judge_filled(judge, said, ("msgid", "conversation_id"))
            self._judge_message(judge, said["message"])
            self._judge_sides(judge, said)
        judge.settle()
        known = self._talk.message(client_id=said["msgid"]) if self._desk.faults.dedupe else None
        chat = self._talk.chat(said, said.get("receiver") or said["sender"])
        message = known or self._message(chat, said)
        if known is None:
            self._talk.add(chat, message)
        person, other = chat.person.id, self._channel.bot
        sender, receiver = (person, other) if message.by_client else (message.author, person)
        return Reply(200, {"new_message": {
            "conversation_id": chat.id, "sender_id": sender, "receiver_id": receiver, "msgid": message.id,
            "ref_id": message.client_id,
        }})  # fmt: skip

    def _judge_filled(self, judge: Judge, said: Json, needs: tuple[str, ...], under: str = "") -> None:
        for name in needs:
            if not said.get(name):
                judge.says("0", MISSING, f"{under}{name}")

    def _judge_message(self, judge: Judge, said: Json) -> None:
        kind = str(said.get("type", ""))
        if kind not in _NEEDS:
            judge.says("0", CHOICE, "message.type")
        self._judge_filled(judge, said, _NEEDS.get(kind, ()), "message.")
        if said.get("media") and not str(said["media"]).startswith(("http://", "https://")):
            judge.says("0", CHOICE, "message.media")

    def _judge_sides(self, judge: Judge, said: Json) -> None:
        """A client needs a name and our id; what we copy is written by a user or by the channel's bot."""
        if "receiver" not in said:
            self._judge_filled(judge, said["sender"], ("id", "name"), "sender.")
            return
        self._judge_filled(judge, said["receiver"], ("id", "name"), "receiver.")
        authors = {one.amojo_id for one in self._desk.office.users.values()} | {self._channel.bot}
        if said["sender"].get("ref_id") not in authors:
            judge.says("0", CHOICE, "sender.ref_id")

    def _message(self, chat: AmoChat, said: Json) -> AmoMessage:
        inside, by_client = said["message"], "receiver" not in said
        status = said.get("delivery_status") or {}
        return AmoMessage(
            id=self._desk.office.uuid(), client_id=said["msgid"], text=inside.get("text", ""), type=inside["type"],
            at=said["msec_timestamp"], author=chat.person.id if by_client else said["sender"]["ref_id"],
            author_name=said["sender"].get("name", ""), by_client=by_client, silent=said.get("silent", False),
            media=inside.get("media", ""), file_name=inside.get("file_name", ""), file_size=inside.get("file_size", 0),
            reply_to=self._quoted(said), status=status.get("status_code", 0), error_code=status.get("error_code", 0),
            error=status.get("error", ""),
        )  # fmt: skip

    def _quoted(self, said: Json) -> str:
        quoted = (said.get("reply_to") or {}).get("message") or {}
        found = self._talk.message(number=quoted.get("id", ""), client_id=quoted.get("msgid", ""))
        return found.id if found else ""

    def _edit(self, said: Json, judge: Judge) -> Reply:
        if judge.shape("0", said, _PAYLOAD, ("timestamp", "msec_timestamp", "msgid", "message")):
            self._judge_message(judge, said["message"])
            if "conversation_id" not in said and "conversation_ref_id" not in said:
                judge.says("0", MISSING, "conversation_id")
        judge.settle()
        message = self._talk.message(client_id=said["msgid"])
        if message is None:
            raise AmoRefusal(404, "The message is not known")
        message.text, message.edited = said["message"].get("text", message.text), True
        return Reply(200, {})

    def history(self, request: AmoRequest) -> Reply:
        """What was written in a chat, newest first; 204 if nothing was or nobody knows the chat (C5)."""
        self._scoped(request)
        offset, limit = whole(request, "offset", 0), whole(request, "limit", MOST_HISTORY)
        if limit > MOST_HISTORY:
            raise AmoRefusal(400, f"limit is at most {MOST_HISTORY}")
        chat = self._desk.office.chat(request.parts["id"])
        shown = [_remembered(chat, one) for one in reversed(chat.messages)] if chat else []
        page = shown[offset : offset + limit]
        return Reply(200, {"messages": page}) if page else Reply(204)

    def typing(self, request: AmoRequest) -> Reply:
        """A client types."""
        self._scoped(request)
        item, judge = self._judged(request, _TYPING, ("conversation_id", "sender"))
        judge.settle()
        chat = self._known_chat(item)
        chat.typing_until = self._desk.office.millis() + item.get("duration_ms", _TYPED)
        return Reply(204)

    def _known_chat(self, item: Json) -> AmoChat:
        chat = self._talk.known_chat(item.get("conversation_id", ""))
        chat = chat or self._desk.office.chat(item.get("conversation_ref_id", ""))
        if chat is None:
            raise AmoRefusal(404, "The chat is not known")
        return chat

    def react(self, request: AmoRequest) -> Reply:
        """A client reacts to a message, or takes it back."""
        self._scoped(request)
        item, judge = self._judged(request, _REACT, ("type", "user"))
        if item["type"] not in {"react", "unreact"}:
            judge.says("0", CHOICE, "type")
        if item["type"] == "react" and not item.get("emoji"):
            judge.says("0", MISSING, "emoji")
        judge.settle()
        if not self._channel.capabilities.reactions:
            raise AmoRefusal(403, "The channel has no reactions")
        chat, message = self._known_chat(item), self._known_message(item.get("id", ""), item.get("msgid", ""))
        if message not in chat.messages:
            raise AmoRefusal(404, "The message is not in this chat")
        who = self._known_side(chat, item["user"])
        if item["type"] == "react":
            message.reactions[who] = item["emoji"]
        else:
            message.reactions.pop(who, None)
        return Reply(200)

    def _known_side(self, chat: AmoChat, said: Json) -> str:
        """Who reacts: the client of the chat by our id, or somebody of the account. Raises AmoRefusal."""
        staff = {one.amojo_id for one in self._desk.office.users.values()} | {self._channel.bot}
        if said.get("ref_id") in staff | {chat.person.id}:
            return str(said["ref_id"])
        if said.get("id") and said["id"] == chat.person.client_id:
            return str(said["id"])
        raise AmoRefusal(400, "The user is not of this chat")

    def _known_message(self, number: str, client_id: str = "") -> AmoMessage:
        message = self._talk.message(number=number, client_id=client_id)
        if message is None:
            raise AmoRefusal(404, "The message is not known")
        return message

    def delivery(self, request: AmoRequest) -> Reply:
        """Tell what became of a message; it is named by the chats' id, in the address and in the body."""
        self._scoped(request)
        item, judge = self._judged(request, _DELIVERY, ("msgid", "delivery_status"))
        if item["msgid"] != request.parts["id"]:
            judge.says("0", CHOICE, "msgid")
        if item["delivery_status"] not in _STATUSES:
            judge.says("0", CHOICE, "delivery_status")
        code = item.get("error_code")
        if code not in _CODES and (code is not None or item["delivery_status"] == -1):
            judge.says("0", CHOICE, "error_code")
        if code == _OTHER and not item.get("error"):
            judge.says("0", MISSING, "error")
        judge.settle()
        if not self._channel.capabilities.delivery:
            raise AmoRefusal(403, "The channel has no delivery statuses")
        message = self._known_message(item["msgid"])
        message.status, message.error_code = item["delivery_status"], item.get("error_code", 0)
        message.error = item.get("error", "")
        return Reply(200)


def _remembered(chat: AmoChat, message: AmoMessage) -> Json:
    client = {"id": chat.person.id, "name": chat.person.name}
    if chat.person.client_id:
        client["client_id"] = chat.person.client_id
    other = {"id": message.author, "name": message.author_name}
    inside: Json = {
        "id": message.id, "type": message.type, "text": message.text, "media": message.media, "thumbnail": "",
        "file_name": message.file_name, "file_size": message.file_size,
    }  # fmt: skip
    if message.client_id:
        inside["client_id"] = message.client_id
    sides = {"sender": client} if message.by_client else {"sender": other, "receiver": client}
    return {"timestamp": message.at // 1000, "msec_timestamp": message.at, **sides, "message": inside}
