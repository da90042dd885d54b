"""Convert between wire events and the desk's events."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial, singledispatch
from typing import Final

import msgspec

from chatapp_cli.connectors.api import api
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
    Profile,
    ProviderEvent,
    ReactionsChanged,
)
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.message import State
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.kit.lenient import UNREADABLE
from chatapp_cli.kit.slices import bare, members
from chatapp_cli.kit.trees import known
from chatapp_cli.kit.understanding import dead, glimpsed, guarded, readable

_KINDS: Final[dict[str, FileKind]] = {"image": "photo", "video": "video", "audio": "audio"}
_PLACE: Final = frozenset({"id", "chat_id", "chat_title", "chat_kind", "sender", "from_us", "at"})
"""What of a message says where it belongs."""
_event: Final = msgspec.json.Decoder(api.Event)
_items: Final = msgspec.json.Decoder(list[msgspec.Raw])


def arrivals(webhook_id: str, body: bytes, now: Millis) -> list[Arrival]:
    """Read one webhook: a single event or an array; unreadable events carry a problem."""
    whole = bare(body)
    try:
        items = _cut(whole) if whole.startswith(b"[") else [body]
    except ValueError as error:
        return [dead(body, str(error), provider_id=f"unread {webhook_id} 0")]
    return [arrival(f"{webhook_id} {n}", item, now) for n, item in enumerate(items)]


def _cut(array: bytes) -> list[bytes]:
    """The elements of an array, unparsed. Raises ValueError if it is not an array."""
    try:
        return [bytes(item) for item in _items.decode(array)]
    except UNREADABLE:
        return members(array)


def arrival(place: str, raw: bytes, now: Millis) -> Arrival:
    """Read one event; ``place`` is unique and serves as the id of events without one."""
    return guarded(raw, partial(_understood, place, now), provider_id=f"unread {place}", glimpse=partial(glimpse, now))


def glimpse(now: Millis, raw: bytes) -> MessageArrived | None:
    """The placeholder of a message that cannot be read: what is valid of who wrote where and when.

    Raises any error, for one unless its chat and its id are valid.
    """
    said = known(raw, api.FIELDS)
    if said["type"] != "message":
        return None
    fields = [one for one in msgspec.structs.fields(api.Message) if one.name in _PLACE & said.keys()]
    found, _ = readable(fields, lambda one: (one.name, msgspec.convert(said[one.name], one.type)))
    event = api.Message(**dict(found))
    return replace(_message(event, _at(event.at, now)), placeholder=True)


def _understood(place: str, now: Millis, raw: bytes) -> Arrival:
    try:
        event = _read(raw)
    except UNREADABLE as error:
        shown = glimpsed(raw, partial(glimpse, now))
        return dead(raw, _complaint(error, raw), provider_id=f"unread {place}", shown=shown)
    provider_id = f"message {event.chat_id} {event.id}" if isinstance(event, api.Message) else f"event {place}"
    return Arrival(provider_id=border.external_id(provider_id), raw=raw, events=meaning(event, _at(event.at, now)))


def _read(raw: bytes) -> api.Event:
    """Decode the event; nulls count as absent, unknown fields are ignored."""
    try:
        event: api.Event = _event.decode(raw)
    except UNREADABLE as error:
        try:
            found = known(raw, api.FIELDS)
        except (UnicodeDecodeError, RecursionError):
            raise
        except UNREADABLE:
            raise error from None
        event = msgspec.convert(found, api.Event)
    return event


def _complaint(error: Exception, raw: bytes) -> str:
    """The error message for the author of the other program."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "JSON has to be UTF-8, and this is UTF-16: it begins with a byte order mark of it"
    if isinstance(error, UnicodeDecodeError):
        return f"JSON has to be UTF-8, and byte 0x{error.object[error.start]:02x} is not"
    return "brackets are nested too deeply" if isinstance(error, RecursionError) else str(error)


@singledispatch
def meaning(event: api.Event, at: border.At) -> Sequence[ProviderEvent]:  # noqa: ARG001 - what has no meaning of its own
    """Convert a received event; a ping yields nothing."""
    return ()


@meaning.register
def _(event: api.Message, at: border.At) -> Sequence[ProviderEvent]:
    return (_message(event, at),)


def _message(event: api.Message, at: border.At) -> MessageArrived:
    return MessageArrived(
        peer=_peer(event, event.chat_title or event.sender.name),
        ext_id=border.external_id(event.id),
        at=at,
        text=border.text(event.text),
        subject=border.name(event.subject),
        sender=_person(event.sender, event.chat_id),
        from_us=event.from_us,
        files=tuple(map(_incoming, event.files)),
        reply_to=border.external_id(event.reply_to),
        automatic=event.automatic,
    )


@meaning.register
def _(event: api.Edited, at: border.At) -> Sequence[ProviderEvent]:
    edited = MessageEdited(
        peer_key=border.external_id(event.chat_id),
        ext_id=border.external_id(event.id),
        at=at,
        text=border.text(event.text),
        from_us=event.from_us,
        by=_changer(event),
    )
    return (edited,)


@meaning.register
def _(event: api.Deleted, at: border.At) -> Sequence[ProviderEvent]:
    key, ids = border.external_id(event.chat_id), tuple(map(border.external_id, event.ids))
    deleted = MessagesDeleted(peer_key=key, ext_ids=ids, at=at, from_us=event.from_us, by=_changer(event))
    return (deleted,)


@meaning.register
def _(event: api.Status, at: border.At) -> Sequence[ProviderEvent]:
    news = DeliveryChanged(
        ext_id=border.external_id(event.id),
        state=State(event.state),
        at=at,
        code=border.name(event.code),
        detail=border.name(event.detail),
    )
    return (news,)


@meaning.register
def _(event: api.Reaction, at: border.At) -> Sequence[ProviderEvent]:
    reacted = ReactionsChanged(
        peer_key=border.external_id(event.chat_id),
        ext_id=border.external_id(event.id),
        at=at,
        emoji=tuple(map(border.name, event.emoji)),
        person=_person(event.sender, event.chat_id),
    )
    return (reacted,)


@meaning.register
def _(event: api.Chat, at: border.At) -> Sequence[ProviderEvent]:
    code = "" if event.reachable else "unreachable_chat"
    return (PeerChanged(peer=_peer(event, event.chat_title), at=at, reachable=event.reachable, code=code),)


def _peer(event: api.Message | api.Chat, title: str) -> Peer:
    return Peer(
        key=border.external_id(event.chat_id),
        address=border.address(event.chat_id),
        kind=event.chat_kind,
        title=border.name(title),
    )


def outgoing(message: Outbound) -> api.Message:
    """The wire form of a message of ours; reads its files."""
    return api.Message(
        id=message.key,
        chat_id=message.address,
        chat_title=message.title,
        chat_kind=message.chat_kind,
        text=message.text,
        subject=message.subject,
        reply_to=message.reply_to,
        files=tuple(_local(file) for file in message.files),
        from_us=True,
        automatic=message.automatic,
    )


def _local(file: LocalFile) -> api.File:
    return api.File(name=file.name, mime=file.mime, content=file.path.read_bytes())


def _incoming(file: api.File) -> IncomingFile:
    kind = _KINDS.get(file.mime.partition("/")[0], "document")
    size = len(file.content) if file.content is not None else 0
    return IncomingFile(
        kind=kind,
        name=border.file_name(file.name),
        mime=border.name(file.mime),
        size=border.count(size),
        content=file.content,
        remote=border.text(file.url or ""),
    )


def _person(sender: api.Sender, chat_id: str) -> Profile:
    return Profile(
        id=border.external_id(sender.id or chat_id),
        name=border.name(sender.name),
        username=border.address(sender.username),
        phone=border.address(sender.phone),
        email=border.address(sender.email),
    )


def _changer(event: api.Edited | api.Deleted) -> Profile:
    """The group member who changed something; an empty Person if unknown."""
    return _person(event.sender, "") if event.sender.id else Profile()


def _at(said: datetime | None, now: Millis) -> border.At:
    return border.at(now if said is None else said.timestamp() * 1000, now)
