"""Convert raw VK events to ours. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeAlias

import msgspec

from chatapp_cli.connectors.vk import content, reactions
from chatapp_cli.connectors.vk import wire as vk
from chatapp_cli.connectors.vk.comments import Comment
from chatapp_cli.connectors.vk.names import Book
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import (
    Arrival,
    ChatRead,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerChanged,
    Profile,
    ProviderEvent,
    ReactionsChanged,
)
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.lenient import UNREADABLE, read_as
from chatapp_cli.kit.slices import fields
from chatapp_cli.kit.trees import loaded
from chatapp_cli.kit.understanding import digest, gapped, guarded


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads the events of one community with the known names."""

    community: int
    max_download: int
    book: Book

    def arrival(self, raw: bytes, at: Millis) -> Arrival:
        """Read one event received at this time, or set it aside with the reason."""
        found = guarded(raw, partial(self._understood, at), glimpse=partial(self.glimpse, at))
        return replace(found, provider_id=border.external_id(_identity(raw))) if found.problem else found

    def glimpse(self, at: Millis, raw: bytes) -> MessageArrived | None:
        """The placeholder of a message that cannot be read. Raises ValueError."""
        event = read_as(raw, vk.Event)
        if event.type != "message_new":
            return None
        message = read_as(bytes(event.object), vk.New).message
        return MessageArrived(
            peer=peer(message.peer_id),
            ext_id=_number(message.conversation_message_id or message.id),
            at=border.at(message.date * 1000, at),
            sender=self._author(message, from_us=self._is_ours(message)),
            from_us=self._is_ours(message),
            placeholder=True,
        )

    def _understood(self, at: Millis, raw: bytes) -> Arrival:
        event = read_as(raw, vk.Event)
        events, lost = self._events(event, border.at(at, at))
        found = Arrival(provider_id=border.external_id(event.event_id or digest(raw)), raw=raw, events=events)
        return gapped(found, _unsaid(lost))

    def _events(self, event: vk.Event, at: border.At) -> tuple[tuple[ProviderEvent, ...], list[str]]:
        """Convert an event, and name what of it cannot be read; types that we did not request give none."""
        lost: list[str] = []
        if event.type not in _KINDS:
            return (), lost
        model, mean = _KINDS[event.type]
        return mean(self, read_as(bytes(event.object), model, lost=lost), at), lost

    def _new(self, new: vk.New, at: border.At) -> tuple[ProviderEvent, ...]:
        return self._message(new.message, at)

    def _message(self, message: vk.Message, at: border.At) -> tuple[ProviderEvent, ...]:
        if message.action:
            return self._service(message, message.action, border.at(message.date * 1000, at))
        from_us = self._is_ours(message)
        quoted = message.reply_message
        return (
            MessageArrived(
                peer=peer(message.peer_id),
                ext_id=_number(message.conversation_message_id or message.id),
                at=border.at(message.date * 1000, at),
                text=border.text(content.words(message, self.book)),
                pressed=not from_us and _has_payload(message),
                sender=self._author(message, from_us=from_us),
                from_us=from_us,
                files=content.files(message, self.max_download),
                reply_to=border.external_id(quoted.conversation_message_id or "") if quoted else border.NO_ID,
                automatic=message.from_id < 0 and not from_us,
                silent=message.from_id < 0 and not from_us,
            ),
        )

    def _author(self, message: vk.Message, *, from_us: bool) -> Profile:
        """The author; of our own messages VK names the administrator, or nobody if an application sent it."""
        if not from_us:
            return self.book.person(message.from_id)
        return self.book.person(message.admin_author_id) if message.admin_author_id else Profile()

    def _service(self, message: vk.Message, action: vk.Action, at: border.At) -> tuple[ProviderEvent, ...]:
        """A change of a group chat; only its title and our own membership matter."""
        about_us = action.member_id == -self.community
        if action.type in {"chat_create", "chat_title_update"}:
            return (PeerChanged(peer=peer(message.peer_id, action.text), at=at),)
        if about_us and action.type == "chat_kick_user":
            return (_unreachable(message.peer_id, at, "removed_from_chat"),)
        if about_us and action.type.startswith("chat_invite_user"):
            return (PeerChanged(peer=peer(message.peer_id), at=at),)
        return ()

    def _edited(self, message: vk.Message, at: border.At) -> tuple[ProviderEvent, ...]:
        return (
            MessageEdited(
                peer_key=border.external_id(message.peer_id),
                ext_id=_number(message.conversation_message_id or message.id),
                at=border.at((message.update_time or message.date) * 1000, at),
                text=border.text(content.words(message, self.book)),
                from_us=self._is_ours(message),
                by=Profile() if self._is_ours(message) else self.book.person(message.from_id),
            ),
        )

    def _read(self, seen: vk.Seen, at: border.At) -> tuple[ProviderEvent, ...]:
        key, ext_id = border.external_id(seen.peer_id), _number(seen.conversation_message_id)
        return (ChatRead(peer_key=key, ext_id=ext_id, at=at, by_us=seen.from_id == -self.community),)

    def _reacted(self, reaction: vk.Reaction, at: border.At) -> tuple[ProviderEvent, ...]:
        return (
            ReactionsChanged(
                peer_key=border.external_id(reaction.peer_id),
                ext_id=_number(reaction.cmid),
                at=at,
                emoji=(border.name(reactions.emoji(reaction.reaction_id)),) if reaction.reaction_id else (),
                person=Profile() if reaction.reacted_id == -self.community else self.book.person(reaction.reacted_id),
            ),
        )

    def _allowed(self, permission: vk.Permission, at: border.At) -> tuple[ProviderEvent, ...]:
        return (PeerChanged(peer=peer(permission.user_id, self.book.title(permission.user_id)), at=at),)

    def _denied(self, permission: vk.Permission, at: border.At) -> tuple[ProviderEvent, ...]:
        return (_unreachable(permission.user_id, at, "denied"),)

    def _named(self, known: vk.Known, at: border.At) -> tuple[ProviderEvent, ...]:
        return (PeerChanged(peer=peer(known.peer_id, known.title), at=at),)

    def _commented(self, said: vk.Answered, at: border.At) -> tuple[ProviderEvent, ...]:
        """A comment, in its author's dialog, with links to the post and the comment (S-079, S-080)."""
        comment, from_us = self._comment(said), self._is_ours(said)
        if from_us and said.reply_to_user <= 0:
            return ()
        return (
            MessageArrived(
                peer=self._dialog_of(said),
                ext_id=border.external_id(comment.ours if from_us else comment.address),
                at=border.at(said.date * 1000, at),
                text=_with_links(said, comment),
                sender=Profile() if from_us else self.book.person(said.from_id),
                from_us=from_us,
                files=content.attached_files(said.attachments, self.max_download),
                reply_to=_sibling(comment, said.reply_to_comment),
                automatic=said.from_id < 0 and not from_us,
                silent=said.from_id < 0 and not from_us,
            ),
        )

    def _is_ours(self, said: vk.Answered | vk.Message) -> bool:
        return said.from_id == -self.community or (isinstance(said, vk.Message) and said.out == 1)

    def _comment(self, said: vk.Answered | vk.Erased) -> Comment:
        wall = said.post_owner_id if isinstance(said, vk.Answered) else 0
        return Comment(wall or said.owner_id or -self.community, said.post_id, said.id)

    def _dialog_of(self, said: vk.Answered) -> Peer:
        """The dialog of a comment. A commenting community cannot be messaged: it is answered under the comment."""
        person = said.reply_to_user if self._is_ours(said) else said.from_id
        place = self._comment(said).address
        return peer(person) if person > 0 else Peer(key=border.external_id(place), address=border.address(place))

    def _comment_edited(self, said: vk.Answered, at: border.At) -> tuple[ProviderEvent, ...]:
        comment = self._comment(said)
        ext_id = border.external_id(comment.ours if self._is_ours(said) else comment.address)
        key, text, ours = self._dialog_of(said).key, _with_links(said, comment), self._is_ours(said)
        by = Profile() if ours else self.book.person(said.from_id)
        return (MessageEdited(peer_key=key, ext_id=ext_id, at=at, text=text, from_us=ours, by=by),)

    def _erased(self, gone: vk.Erased, at: border.At) -> tuple[ProviderEvent, ...]:
        """A deleted comment. VK names only who deleted it: if an administrator did, the author's dialog keeps it."""
        who = gone.deleter_id or gone.user_id
        key, ids, by = (
            border.external_id(who),
            (border.external_id(self._comment(gone).address),),
            self.book.person(who),
        )
        return (MessagesDeleted(peer_key=key, ext_ids=ids, at=at, from_us=False, by=by),)


_Kind: TypeAlias = tuple[type[Any], Callable[[Reader, Any, border.At], tuple[ProviderEvent, ...]]]
KNOWN: Final = "chatapp_known"
"""The type of our own event: the name of a peer, learned after it wrote."""
_KINDS: Final[Mapping[str, _Kind]] = {
    "message_new": (vk.New, Reader._new),
    "message_reply": (vk.Message, Reader._message),
    "message_edit": (vk.Message, Reader._edited),
    "message_read": (vk.Seen, Reader._read),
    "message_allow": (vk.Permission, Reader._allowed),
    "message_deny": (vk.Permission, Reader._denied),
    "message_reaction_event": (vk.Reaction, Reader._reacted),
    "wall_reply_new": (vk.Answered, Reader._commented),
    "wall_reply_edit": (vk.Answered, Reader._comment_edited),
    "wall_reply_delete": (vk.Erased, Reader._erased),
    KNOWN: (vk.Known, Reader._named),
}
_NUMBERS: Final = range(1, 1 << 63)
_SAID: Final = frozenset({"text", "attachments", "geo", "fwd_messages"})
"""Fields with the client's content."""
TYPING: Final = "message_typing_state"
"""The type of the event that a person types: it is told at once, and never stored."""
WANTED: Final = (*(kind for kind in _KINDS if kind != KNOWN), TYPING)
"""The event types that we request."""


def peer(number: int, title: str = "") -> Peer:
    """The peer of a conversation; its number is both the key and the address."""
    return Peer(
        key=border.external_id(number),
        address=border.address(number),
        kind="group" if number > vk.CHATS else "private",
        title=border.name(title),
    )


def typist(raw: bytes) -> border.ExternalId | None:
    """The key of the private chat in which a client types; ``None`` for another event, empty if it says not who."""
    try:
        event = msgspec.json.decode(raw, type=vk.TypingEvent)
    except UNREADABLE:
        return None
    if event.type != TYPING:
        return None
    who = event.object.from_id if event.object else 0
    return border.external_id(who) if 0 < who < vk.CHATS else border.NO_ID


def known(number: int, title: str, at: Millis) -> bytes:
    """An event that introduces a peer's name."""
    event_id = f"known:{number}:{at}"
    return msgspec.json.encode({"type": KNOWN, "event_id": event_id, "object": {"peer_id": number, "title": title}})


def _has_payload(message: vk.Message) -> bool:
    return bytes(message.payload) not in {bytes(vk.NOTHING), b'""', b"null"}


def _number(number: int) -> border.ExternalId:
    """The number of a message as its ``ext_id``, which must be unique. Raises ValueError for an invalid one."""
    if number not in _NUMBERS:
        raise ValueError("a message without a number")
    return border.external_id(number)


def _unreachable(number: int, at: border.At, code: str) -> PeerChanged:
    return PeerChanged(peer=peer(number), at=at, reachable=False, code=code)


def _with_links(said: vk.Answered, comment: Comment) -> border.ExternalText:
    words = content.comment_words(said.text, said.attachments)
    return border.text(f"{words}\n\n{comment.links}".lstrip())


def _sibling(comment: Comment, number: int) -> border.ExternalId:
    return border.external_id(Comment(comment.owner, comment.post, number).address if number else "")


def _unsaid(lost: Sequence[str]) -> list[str]:
    """The parts of a message that could not be read."""
    names = (path.removeprefix("message.").partition(".")[0] for path in lost)
    return [name for name in names if name in _SAID]


def _identity(raw: bytes) -> str:
    try:
        told = loaded(fields(raw)["event_id"])
    except (*UNREADABLE, KeyError):
        return digest(raw)
    return told if isinstance(told, str) and told else digest(raw)
