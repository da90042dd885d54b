"""Read states and typing indicators."""

from __future__ import annotations

from typing import Any

from telethon.tl import types

from chatapp_cli.sandbox.telegram.chats import Channel, Gathering
from chatapp_cli.sandbox.telegram.cloud import Actor
from chatapp_cli.sandbox.telegram.letters import Chat, Letter, Person, Telling


def read(actor: Actor, chat: Chat, upto: int) -> int:
    """Read a chat up to this message (the reader's numbering); returns the reader's ``pts_count``."""
    me = actor.person
    last = min(upto, max((letter.ids[chat.box_of(me)] for letter in chat.box_of(me).of(chat)), default=0))
    before = chat.read_inbox.get(me.id, 0)
    if last <= before:
        return 0
    chat.read_inbox[me.id] = last
    fresh = [one for one in chat.box_of(me).of(chat) if before < one.ids[chat.box_of(me)] <= last]
    _tell_reader(actor, chat, last)
    _tell_authors(actor, chat, [one for one in fresh if one.author is not me])
    return 0 if isinstance(chat, Channel) else 1


def unread(chat: Chat, viewer: Person) -> int:
    """The number of others' messages that a person has not read."""
    box, seen = chat.box_of(viewer), chat.read_inbox.get(viewer.id, 0)
    return sum(1 for one in box.of(chat) if one.ids[box] > seen and one.author is not viewer)


def _tell_reader(actor: Actor, chat: Chat, last: int) -> None:
    me = actor.person
    left = unread(chat, me)
    if isinstance(chat, Channel):
        told = types.UpdateReadChannelInbox(channel_id=chat.id, max_id=last, still_unread_count=left, pts=chat.box.pts)
        actor.tell([me], lambda _: told)
        return
    change = me.box.record(
        lambda viewer, pts, count: types.UpdateReadHistoryInbox(
            peer=chat.peer(viewer), max_id=last, still_unread_count=left, pts=pts, pts_count=count
        )
    )
    actor.tell([me], change.update)


def _tell_authors(actor: Actor, chat: Chat, fresh: list[Letter]) -> None:
    for author in {letter.author for letter in fresh}:
        numbers = [letter.id_for(author) for letter in fresh if letter.author is author]
        last = max((number for number in numbers if number), default=0)
        if last > chat.read_outbox.get(author.id, 0):
            chat.read_outbox[author.id] = last
            _tell_author(actor, chat, author, last)


def _tell_author(actor: Actor, chat: Chat, author: Person, last: int) -> None:
    if isinstance(chat, Channel):
        if not chat.broadcast:
            told = types.UpdateReadChannelOutbox(channel_id=chat.id, max_id=last)
            actor.tell([author], lambda _: told)
        return
    actor.tell([author], author.box.record(_was_read(chat, last)).update)


def _was_read(chat: Chat, last: int) -> Telling:
    def tell(viewer: Person, pts: int, count: int) -> Any:
        return types.UpdateReadHistoryOutbox(peer=chat.peer(viewer), max_id=last, pts=pts, pts_count=count)

    return tell


def type_(actor: Actor, chat: Chat, action: Any) -> None:
    """Show that a person is typing, recording and so on."""
    me = actor.person
    actor.tell([one for one in chat.people if one is not me], lambda _: _typing(chat, me, action))


def _typing(chat: Chat, who: Person, action: Any) -> Any:
    if isinstance(chat, Channel):
        return types.UpdateChannelUserTyping(channel_id=chat.id, from_id=types.PeerUser(who.id), action=action)
    if isinstance(chat, Gathering):
        return types.UpdateChatUserTyping(chat_id=chat.id, from_id=types.PeerUser(who.id), action=action)
    return types.UpdateUserTyping(user_id=who.id, action=action)
