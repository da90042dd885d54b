"""Write, edit and delete messages."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from telethon.tl import types

from chatapp_cli.sandbox.telegram import views
from chatapp_cli.sandbox.telegram.chats import Channel, Gathering, Group, Private
from chatapp_cli.sandbox.telegram.cloud import Actor
from chatapp_cli.sandbox.telegram.letters import Box, Chat, Letter, Person
from chatapp_cli.sandbox.telegram.tl import Refusal

MAX_TEXT: Final = 4096
MAX_CAPTION: Final = 1024
_NEVER_WRITES: Final = "CHAT_WRITE_FORBIDDEN"


def write(actor: Actor, letter: Letter) -> Letter:
    """Add a message to its boxes, if its author may write."""
    may_write(actor.person, letter.chat)
    _check_size(letter, letter.text)
    return post(actor, letter)


def post(actor: Actor, letter: Letter) -> Letter:
    """Add a message to its boxes."""
    boxes = letter.chat.boxes(letter.author)
    for box in boxes:
        box.take(letter)
    for box in boxes:
        change = box.record(views.written(letter), letter=letter)
        actor.tell(box.audience(), change.update)
    return letter


def may_write(author: Person, chat: Chat) -> None:
    """Raise Refusal if a person may not write here."""
    if author.frozen:
        raise Refusal("FROZEN_METHOD_INVALID")
    if isinstance(chat, Private):
        _may_write_to(author, chat.other(author))
    elif not chat.has(author):
        raise Refusal("CHANNEL_PRIVATE" if isinstance(chat, Channel) else _NEVER_WRITES)
    elif isinstance(chat, Channel):
        _may_write_in(author, chat)
    elif isinstance(chat, Group) and chat.moved_to:
        raise Refusal("CHAT_ID_INVALID")


def _may_write_to(author: Person, reader: Person) -> None:
    if reader.deleted:
        raise Refusal("INPUT_USER_DEACTIVATED")
    if reader.id in author.blocked:
        raise Refusal("YOU_BLOCKED_USER")
    if reader.strangers_refused and author is not reader and author.id not in reader.contacts:
        raise Refusal("PRIVACY_PREMIUM_REQUIRED")


def _may_write_in(author: Person, channel: Channel) -> None:
    if channel.rules(author):
        return
    if channel.broadcast:
        raise Refusal(_NEVER_WRITES)
    mine = next((letter for letter in channel.box.of(channel) if letter.author is author and not letter.action), None)
    left = mine.at + channel.slowmode - int(time.time()) if mine and channel.slowmode else 0
    if left > 0:
        raise Refusal(f"SLOWMODE_WAIT_{left}")


def _check_size(letter: Letter, text: str) -> None:
    if letter.media is None and not text.strip():
        raise Refusal("MESSAGE_EMPTY")
    if len(text) > (MAX_TEXT if letter.media is None else MAX_CAPTION):
        raise Refusal("MESSAGE_TOO_LONG" if letter.media is None else "MEDIA_CAPTION_TOO_LONG")


def edit(actor: Actor, letter: Letter, text: str, entities: Sequence[Any] = ()) -> None:
    """Edit a text."""
    if letter.author is not actor.person:
        raise Refusal("MESSAGE_AUTHOR_REQUIRED")
    if letter.text == text:
        raise Refusal("MESSAGE_NOT_MODIFIED")
    _check_size(letter, text)
    letter.text, letter.entities, letter.edited_at = text, entities, int(time.time())
    for box in _reached(letter):
        change = box.record(views.edited(letter), letter=letter)
        actor.tell(box.audience(), change.update)


def _reached(letter: Letter) -> list[Box]:
    """The boxes that have a message and get its updates, without people who left or blocked its author since."""
    return [box for box in letter.chat.boxes(letter.author) if box in letter.ids]


def delete(actor: Actor, letters: Sequence[Letter], *, revoke: bool = True) -> int:
    """Delete messages for everybody or only for oneself; returns how many existed."""
    for letter in letters:
        _may_delete(actor.person, letter)
    for box, taken in _sorted_by_box(actor.person, letters, revoke=revoke).items():
        chat = taken[0].chat
        change = box.record(views.deleted(chat, box.drop(taken)), count=len(taken))
        actor.tell(box.audience(), change.update)
    return len(letters)


def _may_delete(person: Person, letter: Letter) -> None:
    channel = letter.chat
    if isinstance(channel, Channel) and letter.author is not person and not channel.rules(person):
        raise Refusal("MESSAGE_DELETE_FORBIDDEN")


def _sorted_by_box(person: Person, letters: Sequence[Letter], *, revoke: bool) -> dict[Box, list[Letter]]:
    found: dict[Box, list[Letter]] = {}
    for letter in letters:
        everywhere = _reached(letter) if revoke and _may_revoke(person, letter) else []
        for box in dict.fromkeys([letter.chat.box_of(person), *everywhere]):
            found.setdefault(box, []).append(letter)
    return found


def _may_revoke(person: Person, letter: Letter) -> bool:
    """Whether a person may delete a message for all: in a private chat both, in a group author and administrators."""
    if isinstance(letter.chat, Gathering):
        return letter.author is person or letter.chat.rules(person)
    return True


def react(actor: Actor, letter: Letter, reactions: Sequence[Any]) -> None:
    """Set a person's reactions to a message."""
    if len(reactions) > 1:
        raise Refusal("REACTIONS_TOO_MANY")
    if any(not isinstance(one, types.ReactionEmoji) or not one.emoticon for one in reactions):
        raise Refusal("REACTION_INVALID")
    if list(letter.reactions.get(actor.person, ())) == list(reactions):
        raise Refusal("MESSAGE_NOT_MODIFIED")
    letter.reactions[actor.person] = list(reactions)
    for box in _reached(letter):
        actor.tell(box.audience(), lambda viewer: reacted(letter, viewer))


def reacted(letter: Letter, viewer: Person) -> Any:
    """The update about reactions, which has no ``pts``."""
    return types.UpdateMessageReactions(
        peer=letter.chat.peer(viewer), msg_id=letter.id_for(viewer), reactions=views.reactions(letter, viewer)
    )
