"""Convert the child's events to the desk's. Pure, so that stored raw events can be read again.

A person has two addresses at WhatsApp: the phone and a hidden one, the LID. The dialog's key is the phone if known,
otherwise the LID; when the phone becomes known the dialog moves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, get_args

import msgspec

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import (
    Arrival,
    DeliveryChanged,
    FileKind,
    IncomingFile,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerChanged,
    PeerMoved,
    Profile,
    ProviderEvent,
    ReactionsChanged,
)
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.message import State
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show
from chatapp_cli.kit.understanding import dead, digest, guarded

USERS: Final = "s.whatsapp.net"
GROUPS: Final = "@g.us"
_NO_DIGIT: Final = re.compile(r"\D")
_KINDS: Final = frozenset(get_args(FileKind))
_CHANGE: Final = "change"
_PLACE: Final = frozenset({"chat", "id", "at", "sender", "from_us"})
"""What of a message says where it belongs."""
_WORDS: Final[Mapping[str, Text]] = {
    "waiting": T("WhatsApp is still getting this message"),
    "view_once": T("view once"),
    "either": T("WhatsApp is still getting this file, or shows it once and on the phone only"),
    _CHANGE: T("The quoted message was changed; only the phone shows how"),
}
"""The placeholder texts for messages that cannot be shown."""


def arrival(raw: bytes, max_download: int, now: Millis) -> Arrival:
    """Read one event of the child, received at this time; an unreadable one is set aside with the reason."""
    return guarded(raw, lambda line: _understood(line, max_download, now), glimpse=lambda line: glimpse(line, now))


def glimpse(raw: bytes, now: Millis) -> MessageArrived | None:
    """The placeholder of a message that cannot be read: only who wrote where, when and under which id."""
    found = msgspec.json.decode(raw)
    if found["kind"] != "message" or found.get("beside"):
        return None
    named = {name: found[name] for name in _PLACE if name in found}
    return _placeholder(msgspec.convert(named | {"kind": "message"}, wire.Message), now)


def _placeholder(message: wire.Message, now: Millis) -> MessageArrived:
    return replace(_arrived(message, border.at(message.at, now), 0), placeholder=True)


def _understood(raw: bytes, max_download: int, now: Millis) -> Arrival:
    event = wire.event(raw)
    if isinstance(event, wire.Unreadable):
        shown = _placeholder(event.message, now) if event.message else None
        return dead(raw, f"{event.what}: {event.detail}", shown=shown)
    events: Sequence[ProviderEvent] = _READ[type(event)](event, border.at(event.at, now), max_download)
    return Arrival(provider_id=border.external_id(_provider_id(event, raw)), raw=raw, events=events)


def _provider_id(event: wire.Event, raw: bytes) -> str:
    """The id of a message, the same for every repeat and address; a placeholder has another one."""
    if not isinstance(event, wire.Message):
        return digest(raw)
    instead = "/" + event.stands_for if event.stands_for else ""
    return f"{_key(event.chat)}/{_spare_id(event) or event.id}{instead}"


def _spare_id(event: wire.Message) -> str:
    return f"{event.id}/{person(event.sender).id}" if event.beside else ""


def _key(who: wire.Who) -> str:
    return f"+{who.phone}" if who.phone else who.jid


def peer(chat: wire.Who) -> Peer:
    """The peer of a chat."""
    group = chat.jid.endswith(GROUPS)
    key = _key(chat)
    return Peer(
        key=border.external_id(key),
        address=border.address(key),
        kind="group" if group else "private",
        title=border.name(chat.name if group else ""),
    )


def person(who: wire.Who) -> Profile:
    """A member of a chat."""
    return Profile(
        id=border.external_id(who.known_as or _key(who)),
        name=border.name(who.name),
        phone=border.address(f"+{who.phone}" if who.phone else ""),
    )


def jid(address: str) -> str:
    """WhatsApp's address for ours: a phone with country code, or a ChatID; bare digits are unchanged."""
    return address if "@" in address else f"{_NO_DIGIT.sub('', address)}@{USERS}"


def _moves(chat: wire.Who, at: border.At) -> Sequence[ProviderEvent]:
    """Move dialogs begun under another address of the same person to the phone."""
    if not chat.phone:
        return ()
    others = dict.fromkeys((chat.jid, chat.lid, f"{chat.phone}@{USERS}", chat.phone))
    return tuple(PeerMoved(old_key=border.external_id(old), peer=peer(chat), at=at) for old in others if old)


def _message(event: wire.Message, at: border.At, max_download: int) -> Sequence[ProviderEvent]:
    return (*_moves(event.chat, at), _arrived(event, at, max_download))


def _arrived(event: wire.Message, at: border.At, max_download: int) -> MessageArrived:
    text = f"[{show(_WORDS[event.stands_for])}]" if event.stands_for in _WORDS else event.text
    return MessageArrived(
        peer=peer(event.chat),
        ext_id=border.external_id(event.id),
        spare_id=border.external_id(_spare_id(event)),
        at=at,
        text=border.text(text),
        sender=person(event.sender),
        from_us=event.from_us,
        files=tuple(_file(file, max_download) for file in event.files),
        reply_to=border.external_id(event.reply_to),
        automatic=event.stands_for == _CHANGE,
        placeholder=event.stands_for not in {"", _CHANGE},
    )


def _file(file: wire.File, max_download: int) -> IncomingFile:
    kind: Any = file.type if file.type in _KINDS else "document"
    return IncomingFile(
        kind=kind,
        name=border.file_name(file.name),
        mime=border.name(file.mime),
        size=border.count(file.size),
        seconds=border.count(file.seconds),
        remote=border.text(file.remote),
        problem="file_too_big" if file.size > max_download else "",
    )


def _edited(event: wire.Edited, at: border.At, _: int) -> Sequence[ProviderEvent]:
    edited = MessageEdited(
        peer_key=border.external_id(_key(event.chat)),
        ext_id=border.external_id(event.id),
        at=at,
        text=border.text(event.text),
        from_us=event.from_us,
        by=person(event.by),
    )
    return (*_moves(event.chat, at), edited)


def _deleted(event: wire.Deleted, at: border.At, _: int) -> Sequence[ProviderEvent]:
    deleted = MessagesDeleted(
        peer_key=border.external_id(_key(event.chat)),
        ext_ids=(border.external_id(event.id),),
        at=at,
        from_us=event.from_us,
        by=person(event.by),
        by_admin=event.by_admin,
    )
    return (*_moves(event.chat, at), deleted)


def _reacted(event: wire.Reacted, at: border.At, _: int) -> Sequence[ProviderEvent]:
    reacted = ReactionsChanged(
        peer_key=border.external_id(_key(event.chat)),
        ext_id=border.external_id(event.id),
        at=at,
        emoji=(border.name(event.emoji),) if event.emoji else (),
        person=person(event.sender),
    )
    return (*_moves(event.chat, at), reacted)


def _delivered(event: wire.Delivered, at: border.At, _: int) -> Sequence[ProviderEvent]:
    state = State.READ if event.read else State.DELIVERED
    return tuple(DeliveryChanged(ext_id=border.external_id(one), state=state, at=at) for one in event.ids)


def _group(event: wire.GroupNews, at: border.At, _: int) -> Sequence[ProviderEvent]:
    code = "" if event.member else "not_in_group"
    return (PeerChanged(peer=peer(event.chat), at=at, reachable=event.member, code=code),)


_READ: Mapping[type, Callable[[Any, border.At, int], Sequence[ProviderEvent]]] = {
    wire.Message: _message,
    wire.Edited: _edited,
    wire.Deleted: _deleted,
    wire.Reacted: _reacted,
    wire.Delivered: _delivered,
    wire.GroupNews: _group,
}
