"""What the child tells, in the desk's words; purely, so that what was kept raw can be read again.

One person has two addresses at WhatsApp: the phone and a hidden one, the LID. The dialog is known by the phone
wherever it is known, and by the LID until then; learning it moves the dialog.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, get_args

import msgspec

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.domain.event import (
    Arrival,
    DeliveryChanged,
    Event,
    FileKind,
    IncomingFile,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerChanged,
    PeerMoved,
    Person,
    ReactionsChanged,
)
from chatapp_cli.domain.finding import digits
from chatapp_cli.domain.message import State

USERS: Final = "s.whatsapp.net"
GROUPS: Final = "@g.us"
_KINDS: Final = frozenset(get_args(FileKind))


def arrival(raw: bytes, max_download: int) -> Arrival:
    """Understand one event of the child; what cannot be is kept with the reason."""
    try:
        event = wire.event(raw)
    except msgspec.MsgspecError as error:
        return Arrival(provider_id=_digest(raw), raw=raw, problem=str(error))
    if isinstance(event, wire.Unreadable):
        return Arrival(provider_id=_digest(raw), raw=raw, problem=f"{event.what}: {event.detail}")
    events: Sequence[Event] = _READ[type(event)](event, max_download)
    return Arrival(provider_id=_provider_id(event, raw), raw=raw, events=events)


def _provider_id(event: wire.Event, raw: bytes) -> str:
    """A message is the same however often, late or under whichever address it comes."""
    return f"{_key(event.chat)}/{event.id}" if isinstance(event, wire.Message) else _digest(raw)


def _digest(raw: bytes) -> str:
    return sha256(raw).hexdigest()[:32]


def _key(who: wire.Who) -> str:
    return f"+{who.phone}" if who.phone else who.jid


def peer(chat: wire.Who) -> Peer:
    """A chat as the other side of a dialog."""
    group = chat.jid.endswith(GROUPS)
    key = _key(chat)
    return Peer(key=key, address=key, kind="group" if group else "private", title=chat.name if group else "")


def person(who: wire.Who) -> Person:
    """A member of a chat."""
    return Person(id=_key(who), name=who.name, phone=f"+{who.phone}" if who.phone else "")


def jid(address: str) -> str:
    """WhatsApp's address for one of ours: a phone in any spelling, or a ChatID."""
    return address if "@" in address else f"{digits(address)}@{USERS}"


def _moves(chat: wire.Who, at: int) -> Sequence[Event]:
    """Dialogs that were begun under another address of the same person go on under the phone."""
    if not chat.phone:
        return ()
    others = dict.fromkeys((chat.jid, f"{chat.phone}@{USERS}", chat.phone))
    return tuple(PeerMoved(old_key=old, peer=peer(chat), at=at) for old in others)


def _message(event: wire.Message, max_download: int) -> Sequence[Event]:
    message = MessageArrived(
        peer=peer(event.chat),
        ext_id=event.id,
        at=event.at,
        text=event.text,
        sender=person(event.sender),
        from_us=event.from_us,
        files=tuple(_file(file, max_download) for file in event.files),
        reply_to=event.reply_to,
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


def _edited(event: wire.Edited, _: int) -> Sequence[Event]:
    return (MessageEdited(peer_key=_key(event.chat), ext_id=event.id, at=event.at, text=event.text),)


def _deleted(event: wire.Deleted, _: int) -> Sequence[Event]:
    return (MessagesDeleted(peer_key=_key(event.chat), ext_ids=(event.id,), at=event.at),)


def _reacted(event: wire.Reacted, _: int) -> Sequence[Event]:
    emoji = (event.emoji,) if event.emoji else ()
    who = person(event.sender)
    return (ReactionsChanged(peer_key=_key(event.chat), ext_id=event.id, at=event.at, emoji=emoji, person=who),)


def _delivered(event: wire.Delivered, _: int) -> Sequence[Event]:
    state = State.READ if event.read else State.DELIVERED
    return tuple(DeliveryChanged(ext_id=one, state=state, at=event.at) for one in event.ids)


def _group(event: wire.GroupNews, _: int) -> Sequence[Event]:
    code = "" if event.member else "not_in_group"
    return (PeerChanged(peer=peer(event.chat), at=event.at, reachable=event.member, code=code),)


_READ: Mapping[type, Callable[[Any, int], Sequence[Event]]] = {
    wire.Message: _message,
    wire.Edited: _edited,
    wire.Deleted: _deleted,
    wire.Reacted: _reacted,
    wire.Delivered: _delivered,
    wire.GroupNews: _group,
}
