"""Messages that no update delivers any more, read from the chat history."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from datetime import datetime
from typing import Any, Final

from telethon.tl import functions as fn
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.errors import NotUnderstood
from chatapp_cli.connectors.telegram.peers import Known, number_of
from chatapp_cli.connectors.telegram.unread import Size, dialogs_of, entities_of
from chatapp_cli.connectors.telegram.wire import Wire

PAGE: Final = 100
MOST_UNREAD: Final = 50
"""Unreadable messages in a row after which we give up."""
_FOLDERS: Final = (0, 1)
"""The list and the archive."""


async def after(wire: Wire, chat: Known, last: int) -> AsyncGenerator[Any, None]:
    """Pages of messages after one, oldest first, with unreadable ones in their place."""
    size, passed, before = Size(PAGE), 0, b""
    while passed < MOST_UNREAD:
        wanted = page(chat, offset_id=last + 1, add_offset=-(size.now + passed), limit=size.now)
        try:
            answer = await wire.ask(wanted)
        except NotUnderstood as unread:
            if size.halve():
                continue
            if unread.raw == before:  # no more messages: the last one is returned again
                return
            passed, before = passed + 1, unread.raw
            unread.place = f"{chat.number}:after {last}:{passed}"
            yield unread
            continue
        fresh = [message for message in answer.messages if message.id > last]
        if not fresh:
            return
        answer.messages = sorted(fresh, key=lambda message: message.id)
        last, passed = answer.messages[-1].id, 0
        size.grow()
        yield answer


async def since(wire: Wire, chat: Known, date: datetime) -> AsyncGenerator[Any, None]:
    """Pages of messages since a moment, oldest first, with unreadable ones in their place."""
    pages: list[Any] = []
    size, passed, offset = Size(PAGE), 0, 0
    while passed < MOST_UNREAD:
        asked = size.now
        try:
            answer = await wire.ask(page(chat, offset_id=offset, add_offset=passed, limit=asked))
        except NotUnderstood as unread:
            if not size.halve():
                passed += 1
                unread.place = f"{chat.number}:before {offset}:{passed}"
                pages.append(unread)
            continue
        fresh = [message for message in answer.messages if message.date >= date]
        if fresh:
            offset, passed = fresh[-1].id, 0
            answer.messages = fresh[::-1]
            pages.append(answer)
        if len(fresh) < asked:
            break
        size.grow()
    for answer in reversed(pages):
        yield answer


def page(chat: Known, *, offset_id: int = 0, add_offset: int = 0, limit: int = PAGE) -> Any:
    """Request the messages before one, or the latest."""
    return fn.messages.GetHistoryRequest(
        peer=chat.input,
        offset_id=offset_id,
        offset_date=None,
        add_offset=add_offset,
        limit=limit,
        max_id=0,
        min_id=0,
        hash=0,
    )


async def dialogs(wire: Wire, *, since: datetime | None = None) -> AsyncGenerator[Any, None]:
    """The account's chats in pages, latest messages first, archive included.

    With a moment, only pages that have messages since then, or unreadable ones.
    """
    for folder in _FOLDERS:
        async with aclosing(_folder(wire, folder)) as pages:
            async for answer in pages:
                latest = tops(answer)
                if since and latest and all(message.date < since for message in latest.values()):
                    break
                yield answer


async def _folder(wire: Wire, folder: int) -> AsyncGenerator[Any, None]:
    offset: dict[str, Any] = {"offset_date": None, "offset_id": 0, "offset_peer": tl.InputPeerEmpty()}
    size, seen = Size(PAGE), set[int]()
    while True:
        try:
            answer = await wire.ask(
                fn.messages.GetDialogsRequest(**offset, limit=size.now, hash=0, folder_id=folder),
            )
            size.grow()
        except NotUnderstood as unread:
            if size.halve():
                continue
            answer = await _listed_only(wire, unread)
        answer.dialogs = [one for one in answer.dialogs if isinstance(one, tl.Dialog)]
        yield answer
        named = {number_of(one.peer) for one in answer.dialogs}
        if isinstance(answer, tl.messages.Dialogs) or named <= seen:
            return
        seen |= named
        offset |= _offset(wire, answer)


async def _listed_only(wire: Wire, unread: NotUnderstood) -> Any:
    """Read a list with unreadable messages: the chats come before the messages, their titles after."""
    listed = list(dialogs_of(unread.raw))
    described = entities_of(unread.raw, {number_of(one.peer) for one in listed})
    await wire.peers.learn(described)
    users = [one for one in described if isinstance(one, tl.User)]
    chats = [one for one in described if not isinstance(one, tl.User)]
    return tl.messages.DialogsSlice(0, listed, [], chats, users)


def _offset(wire: Wire, answer: Any) -> dict[str, Any]:
    """The offset of the next page: after the last chat that has a message."""
    last = _last(answer)
    if last is None:
        dialog = answer.dialogs[-1]
        return {"offset_id": dialog.top_message, "offset_peer": _input(wire, number_of(dialog.peer))}
    return {"offset_date": last.date, "offset_id": last.id, "offset_peer": _input(wire, number_of(last.peer_id))}


def _input(wire: Wire, number: int) -> Any:
    chat = wire.peers.get(number)
    return chat.input if chat else tl.InputPeerEmpty()


def posts(messages: Iterable[Any]) -> list[Any]:
    """Messages in the form of updates; known ones are included because they may have been edited."""
    return [update for one in messages if not isinstance(one, tl.MessageEmpty) for update in _updates(one)]


def _updates(message: Any) -> Iterator[Any]:
    in_channel = isinstance(message.peer_id, tl.PeerChannel)
    yield (tl.UpdateNewChannelMessage if in_channel else tl.UpdateNewMessage)(message, 0, 0)
    if getattr(message, "edit_date", None) and not message.edit_hide:
        yield (tl.UpdateEditChannelMessage if in_channel else tl.UpdateEditMessage)(message, 0, 0)


def tops(answer: Any) -> dict[int, Any]:
    """The latest message of each chat, by the signed number of the chat."""
    return {number_of(message.peer_id): message for message in answer.messages if hasattr(message, "date")}


def spoke(answer: Any, since: datetime) -> dict[int, Any]:
    """The chats of a page with messages since a moment, or with unreadable ones, by number."""
    latest = tops(answer)
    listed = {number_of(one.peer): one for one in answer.dialogs}
    return {number: one for number, one in listed.items() if number not in latest or latest[number].date >= since}


def _last(answer: Any) -> Any:
    latest = tops(answer)
    found = (latest.get(number_of(dialog.peer)) for dialog in reversed(answer.dialogs))
    return next((message for message in found if message is not None), None)
