"""Messages that no update brings any more, read back from where they were written."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from datetime import datetime
from typing import Any, Final

from telethon.tl import functions as fn
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.peers import Known, number_of
from chatapp_cli.connectors.telegram.wire import Wire

PAGE: Final = 100
_FOLDERS: Final = (0, 1)
"""The list and the archive."""


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


async def dialogs(wire: Wire, *, since: datetime | None = None) -> AsyncGenerator[Any, None]:
    """The account's chats in pages, those with the latest messages first; the archive as well.

    With a moment given, only pages in which somebody wrote since.
    """
    for folder in _FOLDERS:
        async with aclosing(_folder(wire, folder)) as pages:
            async for answer in pages:
                if since and all(message.date < since for message in tops(answer).values()):
                    break
                yield answer


async def _folder(wire: Wire, folder: int) -> AsyncGenerator[Any, None]:
    offset: dict[str, Any] = {"offset_date": None, "offset_id": 0, "offset_peer": tl.InputPeerEmpty()}
    while True:
        answer = await wire.ask(fn.messages.GetDialogsRequest(**offset, limit=PAGE, hash=0, folder_id=folder))
        answer.dialogs = [dialog for dialog in answer.dialogs if isinstance(dialog, tl.Dialog)]
        yield answer
        last = _last(answer)
        if isinstance(answer, tl.messages.Dialogs) or last is None:
            return
        chat = wire.peers.get(number_of(last.peer_id))
        peer = chat.input if chat else tl.InputPeerEmpty()
        offset = {"offset_date": last.date, "offset_id": last.id, "offset_peer": peer}


def posts(messages: Iterable[Any]) -> list[Any]:
    """Messages as the updates that would have brought them: one that we have already may have been edited since."""
    return [update for one in messages if not isinstance(one, tl.MessageEmpty) for update in _updates(one)]


def _updates(message: Any) -> Iterator[Any]:
    in_channel = isinstance(message.peer_id, tl.PeerChannel)
    yield (tl.UpdateNewChannelMessage if in_channel else tl.UpdateNewMessage)(message, 0, 0)
    if getattr(message, "edit_date", None) and not message.edit_hide:
        yield (tl.UpdateEditChannelMessage if in_channel else tl.UpdateEditMessage)(message, 0, 0)


def tops(answer: Any) -> dict[int, Any]:
    """The latest message of each chat by the chat's number with its sign."""
    return {number_of(message.peer_id): message for message in answer.messages if hasattr(message, "date")}


def _last(answer: Any) -> Any:
    latest = tops(answer)
    found = (latest.get(number_of(dialog.peer)) for dialog in reversed(answer.dialogs))
    return next((message for message in found if message is not None), None)
