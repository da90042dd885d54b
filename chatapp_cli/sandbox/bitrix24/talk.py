"""The data of the events about chats and their messages."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.sandbox.bitrix24.objects import SYSTEM, Json, PortalChat, PortalMessage


def message_event(chat: PortalChat, message: PortalMessage, files: Sequence[Json]) -> Json:
    """An operator's message; an automatic one has the user 0."""
    said: Json = {"user_id": SYSTEM if message.automatic else message.author, "text": message.text}
    return _about(chat, message, {**said, "files": list(files)} if files else said)


def edit_event(chat: PortalChat, message: PortalMessage) -> Json:
    """A new text of a message; its outside ids are a list."""
    return _about(chat, message, {"id": list(message.connector_mid), "text": message.text})


def delete_event(chat: PortalChat, message: PortalMessage) -> Json:
    """A message that is gone; its outside id is a string."""
    return _about(chat, message, {"id": next(iter(message.connector_mid), "")})


def _about(chat: PortalChat, message: PortalMessage, said: Json) -> Json:
    about = {"im": {"chat_id": chat.id, "message_id": message.id}, "message": said, "chat": {"id": chat.outside}}
    return {"CONNECTOR": chat.connector, "LINE": chat.line, "MESSAGES": [about]}


def session_event(chat: PortalChat, *, closed: bool = False) -> Json:
    """The start or the end of a session."""
    connector = {
        "connector_id": chat.connector, "line_id": chat.line, "chat_id": chat.outside, "user_id": chat.person,
    }  # fmt: skip
    session = {"id": chat.session, "closed": "Y" if closed else "N", "parent_id": 0, "close_term": 1440}
    about = {
        "connector": connector, "session": session, "chat": {"id": chat.outside}, "user": {"id": chat.person_outside},
    }  # fmt: skip
    return {"CONNECTOR": chat.connector, "LINE": chat.line, "DATA": [about]}
