"""Convert Telegram's updates to events. Pure functions, the same for pushed, missed and stored raw updates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from telethon.extensions import BinaryReader
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram import changes, content, moves
from chatapp_cli.connectors.telegram.history import posts
from chatapp_cli.connectors.telegram.names import View, ext_id, named
from chatapp_cli.connectors.telegram.peers import SERVICE, Known, marked, number_of
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import (
    Arrival,
    MessageArrived,
    MessageEdited,
    Peer,
    PeerChanged,
    PeerMoved,
    ProviderEvent,
)
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.understanding import dead, digest, glimpsed, guarded, readable


def arrival(update: Any, view: View) -> Arrival | None:
    """Read one update, or set it aside with the reason; ``None`` for private matters that the desk may not see."""
    if _is_private_matter(update, view.me):
        return None
    try:
        raw = _raw(update, view)
    except Exception as error:  # noqa: BLE001 - it cannot even be written down: kept as words
        shown = glimpsed(update, lambda one: glimpse(one, view))
        return dead(_words(update), f"{type(error).__name__}: {error}", shown=shown)
    found = guarded(raw, lambda _: _understood(update, raw, view), glimpse=lambda _: glimpse(update, view))
    return found if found.events or found.problem else None


def glimpse(update: Any, view: View) -> MessageArrived | None:
    """The placeholder of a message that cannot be read: only who wrote where, when and under which id."""
    if not isinstance(update, tl.UpdateNewMessage | tl.UpdateNewChannelMessage):
        return None
    message = update.message
    if not isinstance(message, tl.Message):
        return None
    at = view.at(message.date) if isinstance(message.date, datetime) else view.arrived
    return replace(_envelope(message, view, at), placeholder=True)


def _understood(update: Any, raw: bytes, view: View) -> Arrival:
    return Arrival(provider_id=border.external_id(_identity(update, raw, view)), raw=raw, events=_events(update, view))


def _words(update: Any) -> bytes:
    try:
        return str(update).encode("utf-8", "backslashreplace")
    except Exception as error:  # noqa: BLE001 - an odd update may not even have words: its type is left
        return f"{type(update).__name__}: {error}".encode("utf-8", "backslashreplace")


def understand(raw: bytes, *, me: int, max_download: int, at: Millis) -> Arrival:
    """Read stored raw data again: an update, a page that was unreadable, or a move of ours.

    Raises any error that reading it causes.
    """
    if moves.is_move(raw):
        return moves.arrival(raw, at)
    with BinaryReader(raw) as reader:
        kept = reader.tgread_object()
    entities = {number_of(entity): entity for entity in (*kept.users, *kept.chats)}
    view = View(me=me, max_download=max_download, entities=entities, now=at)
    seen = [one for one in _updates(kept) if not _is_private_matter(one, me)]
    events = tuple(event for one in seen for event in _events(one, view))
    return Arrival(provider_id=border.external_id(digest(raw)), raw=raw, events=events)


def _updates(kept: Any) -> list[Any]:
    """The updates in a stored update, or in a page of a difference or a chat."""
    if hasattr(kept, "updates"):
        return list(kept.updates)
    messages = kept.new_messages if hasattr(kept, "new_messages") else kept.messages
    return [*posts(messages), *getattr(kept, "other_updates", ())]


def _is_private_matter(update: Any, me: int) -> bool:
    """Whether it is a login code from Telegram or a note to self: neither is stored, not even raw."""
    message = getattr(update, "message", None)
    peer = getattr(message, "peer_id", None) or getattr(update, "peer", None)
    return isinstance(peer, tl.PeerUser) and peer.user_id in {SERVICE, me}


def _raw(update: Any, view: View) -> bytes:
    """The update with the people and chats that it names, in the form of a push."""
    told = [view.entities[number] for number in dict.fromkeys(named(update)) if number in view.entities]
    users = [one for one in told if isinstance(one, tl.User)]
    chats = [one for one in told if not isinstance(one, tl.User)]
    return bytes(tl.Updates([update], users, chats, date=datetime.fromtimestamp(view.now / 1000, UTC), seq=0))


def _identity(update: Any, raw: bytes, view: View) -> str:
    """The id of an update: of a message its own id, of everything else a digest of the content."""
    if isinstance(update, tl.UpdateNewMessage | tl.UpdateNewChannelMessage):
        return f"message:{ext_id(update.message.peer_id, update.message.id)}"
    if isinstance(update, tl.UpdateEditMessage | tl.UpdateEditChannelMessage):
        said = _brief(bytes(update.message))
        return f"edit:{ext_id(update.message.peer_id, update.message.id)}:{said}"
    return f"{type(update).__name__}:{view.now}:{_brief(raw)}"


def _brief(said: bytes) -> str:
    return digest(said).removeprefix("sha256:")[:16]


def _events(update: Any, view: View) -> tuple[ProviderEvent, ...]:
    """The events of an update; unknown types give none."""
    read = _READ.get(type(update))
    return tuple(read(update, view)) if read else ()


def _posted(update: Any, view: View) -> Iterator[ProviderEvent]:
    message = update.message
    if isinstance(message, tl.MessageService):
        yield from _service(message, view)
    elif isinstance(message, tl.Message):
        yield _message(message, _text(message, view), view)


def _message(message: Any, text: str, view: View) -> MessageArrived:
    """A new message. Optional parts are read separately, so an unreadable one does not lose the rest."""
    place = f"{number_of(message.peer_id)}/{message.id}"
    files, odd = readable([message], lambda one: content.file(one, place, view.max_download))
    if odd:
        text = "\n".join(filter(None, (text, content.named(message.media))))
    quoted, _ = readable([message], _reply)
    return replace(
        _envelope(message, view, view.at(message.date)),
        text=border.text(text),
        files=tuple(file for file in files if file is not None),
        reply_to=next(iter(quoted), border.NO_ID),
        album=border.external_id(message.grouped_id or ""),
    )


def _envelope(message: Any, view: View, at: border.At) -> MessageArrived:
    """A new message without its content."""
    chat = view.known(message.peer_id)
    sender = _sender(message, chat, view)
    return MessageArrived(
        peer=chat.peer,
        ext_id=ext_id(message.peer_id, message.id),
        at=at,
        text=border.text(""),
        sender=sender.person,
        from_us=bool(message.out),
        automatic=sender.sort in {"bot", "channel"},
        silent=sender.sort in {"bot", "channel"},
    )


def _sender(message: Any, chat: Known, view: View) -> Known:
    """The sender, which Telegram omits if the chat implies it."""
    if message.from_id is not None:
        return view.known(message.from_id)
    return view.known(tl.PeerUser(view.me)) if message.out and chat.sort in {"user", "bot"} else chat


def _text(message: Any, view: View) -> str:
    written, _ = readable([message], content.text)
    said = "".join(written) or str(message.message or "")
    if not said:
        shown, odd = readable([message.media], content.words)
        said = content.named(message.media) if odd else "".join(shown)
    if message.fwd_from is None:
        return said
    origin, _ = readable([message.fwd_from], lambda header: _origin(header, view))
    return f"↪ {''.join(origin)}\n{said}".rstrip()


def _origin(forwarded: Any, view: View) -> str:
    """The original author of a forwarded message, as far as they allow it."""
    if forwarded.from_id is not None:
        return view.known(forwarded.from_id).name
    return forwarded.from_name or forwarded.post_author or ""


def _reply(message: Any) -> border.ExternalId:
    """The message being answered. In a forum every message formally answers the topic's first one: ignored."""
    header = message.reply_to
    if not isinstance(header, tl.MessageReplyHeader) or not header.reply_to_msg_id or header.reply_to_peer_id:
        return border.NO_ID
    if header.forum_topic and not header.reply_to_top_id:
        return border.NO_ID
    return ext_id(message.peer_id, header.reply_to_msg_id)


def _service(message: Any, view: View) -> Iterator[ProviderEvent]:
    peer, at, action = view.known(message.peer_id).peer, view.at(message.date), message.action
    if isinstance(action, tl.MessageActionChatEditTitle):
        yield PeerChanged(peer=replace(peer, title=border.name(action.title)), at=at)
    elif isinstance(action, tl.MessageActionChatMigrateTo):
        number = marked(action.channel_id)
        there = replace(peer, key=border.external_id(number), address=border.address(number))
        yield PeerMoved(old_key=peer.key, peer=there, at=at)
    elif isinstance(action, tl.MessageActionChatDeleteUser) and action.user_id == view.me:
        yield _gone(peer, at)
    elif isinstance(action, tl.MessageActionChatCreate | tl.MessageActionChatAddUser) and view.me in action.users:
        yield PeerChanged(peer=peer, at=at)
    elif isinstance(action, tl.MessageActionPhoneCall):
        minutes, seconds = divmod(action.duration or 0, 60)
        yield _message(message, f"☎ {minutes}:{seconds:02}", view)


def _gone(peer: Peer, at: border.At) -> PeerChanged:
    return PeerChanged(peer=peer, at=at, reachable=False, code="removed_from_chat")


def _edited(update: Any, view: View) -> Iterator[ProviderEvent]:
    """An edited message. Only the author may edit; in a broadcast channel, the unnamed administrators."""
    message = update.message
    if isinstance(message, tl.Message):
        yield MessageEdited(
            peer_key=border.external_id(number_of(message.peer_id)),
            ext_id=ext_id(message.peer_id, message.id),
            at=view.at(message.edit_date or message.date),
            text=border.text(_text(message, view)),
            from_us=bool(message.out),
            by=_sender(message, view.known(message.peer_id), view).person,
        )


def _standing(update: Any, view: View) -> Iterator[ProviderEvent]:
    """A chat changed; only our membership matters."""
    for number in named(update):
        entity = view.entities.get(number)
        forbidden = isinstance(entity, tl.ChannelForbidden | tl.ChatForbidden)
        if forbidden or getattr(entity, "left", False):
            peer = Peer(key=border.external_id(number), address=border.address(number), kind="group")
            yield _gone(peer, view.arrived)


_READ: Final[Mapping[type, Callable[[Any, View], Iterator[ProviderEvent]]]] = {
    tl.UpdateNewMessage: _posted,
    tl.UpdateNewChannelMessage: _posted,
    tl.UpdateEditMessage: _edited,
    tl.UpdateEditChannelMessage: _edited,
    tl.UpdateChannel: _standing,
    tl.UpdateChat: _standing,
    **changes.READ,
}
