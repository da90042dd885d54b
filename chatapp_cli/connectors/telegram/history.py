"""Messages that no update brings any more, read back from where they were written."""

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
"""Messages in a row that cannot be read before we believe that none can."""
_FOLDERS: Final = (0, 1)
"""The list and the archive."""


async def after(wire: Wire, chat: Known, last: int) -> AsyncGenerator[Any, None]:
    """Pages of what was written after a message, oldest first; in its place what could not be read."""
    size, passed, before = Size(PAGE), 0, b""
    while passed < MOST_UNREAD:
        wanted = page(chat, offset_id=last + 1, add_offset=-(size.now + passed), limit=size.now)
        try:
            answer = await wire.ask(wanted)
        except NotUnderstood as unread:
            if size.halve():
                continue
            if unread.raw == before:  # there are no more, and the last one is given again
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
    """Pages of what was written since a moment, oldest first; in its place what could not be read."""
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
    """Ask for messages before one, or the latest."""
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
    """The account's chats in pages, those with the latest messages first; the archive as well.

    With a moment given, only pages in which somebody wrote since, or what was written cannot be read.
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
    """A list whose messages cannot be read: the chats in it come before them, and what they are called after them."""
    listed = list(dialogs_of(unread.raw))
    described = entities_of(unread.raw, {number_of(one.peer) for one in listed})
    await wire.peers.learn(described)
    users = [one for one in described if isinstance(one, tl.User)]
    chats = [one for one in described if not isinstance(one, tl.User)]
    return tl.messages.DialogsSlice(0, listed, [], chats, users)


def _offset(wire: Wire, answer: Any) -> dict[str, Any]:
    """Where the list goes on: behind its last chat that has a message."""
    last = _last(answer)
    if last is None:
        dialog = answer.dialogs[-1]
        return {"offset_id": dialog.top_message, "offset_peer": _input(wire, number_of(dialog.peer))}
    return {"offset_date": last.date, "offset_id": last.id, "offset_peer": _input(wire, number_of(last.peer_id))}


def _input(wire: Wire, number: int) -> Any:
    chat = wire.peers.get(number)
    return chat.input if chat else tl.InputPeerEmpty()


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


def spoke(answer: Any, since: datetime) -> dict[int, Any]:
    """The chats of a page in which somebody wrote since a moment, or nobody can tell, by their number."""
    latest = tops(answer)
    listed = {number_of(one.peer): one for one in answer.dialogs}
    return {number: one for number, one in listed.items() if number not in latest or latest[number].date >= since}


def _last(answer: Any) -> Any:
    latest = tops(answer)
    found = (latest.get(number_of(dialog.peer)) for dialog in reversed(answer.dialogs))
    return next((message for message in found if message is not None), None)
