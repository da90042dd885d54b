"""Messages that no update brings any more, read back from where they were written."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from datetime import datetime
from typing import Any, Final

from telethon.tl import functions as fn
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.peers import Known, number_of
from chatapp_cli.connectors.telegram.wire import Wire

PAGE: Final = 100


async def after(wire: Wire, chat: Known, last: int) -> AsyncGenerator[Any, None]:
    """Pages of what was written after a message, oldest first."""
    while True:
        answer = await wire.ask(page(chat, offset_id=last + 1, add_offset=-PAGE))
        fresh = [message for message in answer.messages if message.id > last]
        if not fresh:
            return
        answer.messages = sorted(fresh, key=lambda message: message.id)
        last = answer.messages[-1].id
        yield answer


async def since(wire: Wire, chat: Known, date: datetime) -> AsyncGenerator[Any, None]:
    """Pages of what was written since a moment, oldest first."""
    pages: list[Any] = []
    offset = 0
    while True:
        answer = await wire.ask(page(chat, offset_id=offset))
        fresh = [message for message in answer.messages if message.date >= date]
        if fresh:
            offset = fresh[-1].id
            answer.messages = fresh[::-1]
            pages.append(answer)
        if len(fresh) < PAGE:
            break
    for answer in reversed(pages):
        yield answer


def page(chat: Known, *, offset_id: int = 0, add_offset: int = 0) -> Any:
    """Ask for messages before one, or the latest."""
    return fn.messages.GetHistoryRequest(
        peer=chat.input,
        offset_id=offset_id,
        offset_date=None,
        add_offset=add_offset,
        limit=PAGE,
        max_id=0,
        min_id=0,
        hash=0,
    )


async def dialogs(wire: Wire) -> AsyncGenerator[Any, None]:
    """All of the account's chats in pages, those with the latest messages first."""
    offset: dict[str, Any] = {"offset_date": None, "offset_id": 0, "offset_peer": tl.InputPeerEmpty()}
    while True:
        answer = await wire.ask(fn.messages.GetDialogsRequest(**offset, limit=PAGE, hash=0))
        yield answer
        last = _last(answer)
        if isinstance(answer, tl.messages.Dialogs) or last is None or len(answer.dialogs) < PAGE:
            return
        chat = wire.peers.get(number_of(last.peer_id))
        peer = chat.input if chat else tl.InputPeerEmpty()
        offset = {"offset_date": last.date, "offset_id": last.id, "offset_peer": peer}


def posts(messages: Iterable[Any]) -> list[Any]:
    """Messages as the updates that would have brought them."""
    return [
        (tl.UpdateNewChannelMessage if isinstance(one.peer_id, tl.PeerChannel) else tl.UpdateNewMessage)(one, 0, 0)
        for one in messages
        if not isinstance(one, tl.MessageEmpty)
    ]


def speaks_since(answer: Any, since: datetime) -> bool:
    """Chats come with the latest messages first: pages after an old one are older."""
    return any(message.date >= since for message in tops(answer).values())


def tops(answer: Any) -> dict[int, Any]:
    """The latest message of each chat by the chat's number with its sign."""
    return {number_of(message.peer_id): message for message in answer.messages if hasattr(message, "date")}


def _last(answer: Any) -> Any:
    latest = tops(answer)
    found = (latest.get(number_of(dialog.peer)) for dialog in reversed(answer.dialogs))
    return next((message for message in found if message is not None), None)
