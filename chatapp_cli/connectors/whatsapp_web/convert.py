"""Convert the child's events to the desk's. Pure, so that stored raw events can be read again.

A person has two addresses at WhatsApp: the phone and a hidden one, the LID. The dialog's key is the phone if known,
otherwise the LID; when the phone becomes known the dialog moves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, get_args

from chatapp_cli.connectors.whatsapp_web import wire
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
from chatapp_cli.domain.message import State
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show
from chatapp_cli.kit.understanding import dead, digest, guarded

USERS: Final = "s.whatsapp.net"
GROUPS: Final = "@g.us"
_NO_DIGIT: Final = re.compile(r"\D")
_KINDS: Final = frozenset(get_args(FileKind))
_CHANGE: Final = "change"
_WORDS: Final[Mapping[str, Text]] = {
    "waiting": T("WhatsApp is still getting this message"),
    "view_once": T("view once"),
    "either": T("WhatsApp is still getting this file, or shows it once and on the phone only"),
    _CHANGE: T("The quoted message was changed; only the phone shows how"),
}
"""The placeholder texts for messages that cannot be shown."""


def arrival(raw: bytes, max_download: int) -> Arrival:
    """Read one event of the child; an unreadable one is set aside with the reason."""
    return guarded(raw, lambda line: _understood(line, max_download))


def _understood(raw: bytes, max_download: int) -> Arrival:
    event = wire.event(raw)
    if isinstance(event, wire.Unreadable):
        return dead(raw, f"{event.what}: {event.detail}")
    events: Sequence[ProviderEvent] = _READ[type(event)](event, max_download)
    return Arrival(provider_id=_provider_id(event, raw), raw=raw, events=events)


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
    return Peer(key=key, address=key, kind="group" if group else "private", title=chat.name if group else "")


def person(who: wire.Who) -> Profile:
    """A member of a chat."""
    return Profile(id=who.known_as or _key(who), name=who.name, phone=f"+{who.phone}" if who.phone else "")


def jid(address: str) -> str:
    """WhatsApp's address for ours: a phone with country code, or a ChatID; bare digits are unchanged."""
    return address if "@" in address else f"{_NO_DIGIT.sub('', address)}@{USERS}"


def _moves(chat: wire.Who, at: int) -> Sequence[ProviderEvent]:
    """Move dialogs begun under another address of the same person to the phone."""
    if not chat.phone:
        return ()
    others = dict.fromkeys((chat.jid, chat.lid, f"{chat.phone}@{USERS}", chat.phone))
    return tuple(PeerMoved(old_key=old, peer=peer(chat), at=at) for old in others if old)


def _message(event: wire.Message, max_download: int) -> Sequence[ProviderEvent]:
    message = MessageArrived(
        peer=peer(event.chat),
        ext_id=event.id,
        spare_id=_spare_id(event),
        at=event.at,
        text=f"[{show(_WORDS[event.stands_for])}]" if event.stands_for in _WORDS else event.text,
        sender=person(event.sender),
        from_us=event.from_us,
        files=tuple(_file(file, max_download) for file in event.files),
        reply_to=event.reply_to,
        automatic=event.stands_for == _CHANGE,
        placeholder=event.stands_for not in {"", _CHANGE},
    )
    return (*_moves(event.chat, event.at), message)


def _file(file: wire.File, max_download: int) -> IncomingFile:
    kind: Any = file.type if file.type in _KINDS else "document"
    return IncomingFile(
        kind=kind,
        name=file.name,
        mime=file.mime,
        size=file.size,
        seconds=file.seconds,
        remote=file.remote,
        problem="file_too_big" if file.size > max_download else "",
    )


def _edited(event: wire.Edited, _: int) -> Sequence[ProviderEvent]:
    edited = MessageEdited(
        peer_key=_key(event.chat),
        ext_id=event.id,
        at=event.at,
        text=event.text,
        from_us=event.from_us,
        by=person(event.by),
    )
    return (*_moves(event.chat, event.at), edited)


def _deleted(event: wire.Deleted, _: int) -> Sequence[ProviderEvent]:
    deleted = MessagesDeleted(
        peer_key=_key(event.chat),
        ext_ids=(event.id,),
        at=event.at,
        from_us=event.from_us,
        by=person(event.by),
        by_admin=event.by_admin,
    )
    return (*_moves(event.chat, event.at), deleted)


def _reacted(event: wire.Reacted, _: int) -> Sequence[ProviderEvent]:
    emoji = (event.emoji,) if event.emoji else ()
    who = person(event.sender)
    reacted = ReactionsChanged(peer_key=_key(event.chat), ext_id=event.id, at=event.at, emoji=emoji, person=who)
    return (*_moves(event.chat, event.at), reacted)


def _delivered(event: wire.Delivered, _: int) -> Sequence[ProviderEvent]:
    state = State.READ if event.read else State.DELIVERED
    return tuple(DeliveryChanged(ext_id=one, state=state, at=event.at) for one in event.ids)


def _group(event: wire.GroupNews, _: int) -> Sequence[ProviderEvent]:
    code = "" if event.member else "not_in_group"
    return (PeerChanged(peer=peer(event.chat), at=event.at, reachable=event.member, code=code),)


_READ: Mapping[type, Callable[[Any, int], Sequence[ProviderEvent]]] = {
    wire.Message: _message,
    wire.Edited: _edited,
    wire.Deleted: _deleted,
    wire.Reacted: _reacted,
    wire.Delivered: _delivered,
    wire.GroupNews: _group,
}
