"""Convert Meta's webhooks to events.

A webhook may contain several items for several numbers, repeated and in any order: each becomes an arrival of its own,
with all that is needed to read it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

import msgspec

from chatapp_cli.connectors.whatsapp import content, errors, people
from chatapp_cli.connectors.whatsapp import wire as wa
from chatapp_cli.connectors.whatsapp.people import Book
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import (
    Arrival,
    DeliveryChanged,
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
from chatapp_cli.kit.lenient import UNREADABLE, read_as
from chatapp_cli.kit.understanding import dead, digest, gapped, guarded

_LISTS: Final = ("messages", "message_echoes", "statuses", "groups", "user_id_update")
_WORDS: Final = ("messages", "message_echoes")
"""The lists that contain messages."""
_SAID: Final = frozenset(
    {"text", "image", "video", "audio", "document", "sticker", "location", "contacts", "interactive", "order"}
    | {"button", "referral"}
)
"""Fields with the client's content."""
_LATER: Final = "unsupported"
"""The type of a message that Meta cannot show, or not yet: then it follows with the same id."""
_OURS: Final = frozenset(
    {"messages", "smb_message_echoes", "user_id_update", "group_lifecycle_update", "group_settings_update"}
)
"""The webhook fields that are read; others (reviews, templates, security) are not stored."""
_STATES: Final = {
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "played": State.READ,
    "failed": State.FAILED,
}
_MOVES: Final = frozenset({"user_changed_number", "customer_changed_number", "user_changed_user_id"})


def arrivals(body: bytes, number: str, book: Book, now: Millis) -> list[Arrival]:
    """The arrivals of a webhook; messages to another number are set aside, visible only in the dead letters."""
    lost: list[str] = []
    try:
        payload = read_as(body, wa.Payload, lost=lost)
    except UNREADABLE as error:
        return [dead(body, str(error))]
    changes = (change for entry in payload.entry for change in entry.changes if change.field in _OURS)
    found = [arrival for change in changes for arrival in _of_change(change, number, book, now)]
    return [*found, dead(body, f"not all of it can be read: {', '.join(lost)}")] if lost else found


def _of_change(change: wa.Change, number: str, book: Book, now: Millis) -> Iterator[Arrival]:
    lost: list[str] = []
    try:
        value = read_as(bytes(change.value), wa.Value, lost=lost)
    except UNREADABLE as error:
        yield dead(_wrapped(change.field, bytes(change.value)), str(error))
        return
    if gone := [name for name in lost if name in _LISTS]:
        yield dead(_wrapped(change.field, bytes(change.value)), f"no list: {', '.join(gone)}")
    lists = _LISTS if _is_ours(value.metadata, number) else _WORDS
    for slice_ in _slices(change.field, value, lists):
        if lists is _WORDS:
            book.stray(value.metadata.phone_number_id, now)
        yield arrival(slice_, number, book, now)


def _is_ours(metadata: wa.Metadata, number: str) -> bool:
    return metadata.phone_number_id in {number, ""}


def _slices(field: str, value: wa.Value, lists: Sequence[str]) -> Iterator[bytes]:
    """Split a webhook into changes with one item each."""
    about = b'{"metadata":%s,"contacts":%s,"%s":[%s]}'
    metadata, contacts = msgspec.json.encode(value.metadata), _array(value.contacts)
    for name in lists:
        for item in getattr(value, name):
            yield _wrapped(field, about % (metadata, contacts, name.encode(), bytes(item)))


def _array(items: Sequence[msgspec.Raw]) -> bytes:
    return b"[" + b",".join(bytes(item) for item in items) + b"]"


def _wrapped(field: str, value: bytes) -> bytes:
    return b'{"field":%s,"value":%s}' % (msgspec.json.encode(field), value)


def arrival(raw: bytes, number: str, book: Book, now: Millis) -> Arrival:
    """Read a change with one item, received at this time, or set it aside with the reason."""
    return guarded(raw, partial(_understood, number, book, now), glimpse=partial(glimpse, book, now))


def glimpse(book: Book, now: Millis, raw: bytes) -> MessageArrived | None:
    """The placeholder of a client's message that cannot be read. Raises ValueError."""
    item = read_as(bytes(read_as(raw, wa.Change).value), wa.Item, spelled=True)
    message = next(iter(item.messages), wa.Message())
    if not message.id or message.reaction or message.edit or message.revoke or message.system:
        return None
    who = people.sender(message, item.contacts)
    return MessageArrived(
        peer=people.group(message.group_id, book) if message.group_id else people.peer(who, book),
        ext_id=border.external_id(message.id),
        at=_at(message, now),
        sender=people.person(who),
        placeholder=True,
    )


def _understood(number: str, book: Book, now: Millis, raw: bytes) -> Arrival:
    lost: list[str] = []
    item = read_as(bytes(read_as(raw, wa.Change).value), wa.Item, spelled=True, lost=lost)
    if not _is_ours(item.metadata, number):
        return dead(raw, f"it came for another number of ours, {item.metadata.phone_number_id}")
    if lost and not any(getattr(item, name) for name in _LISTS):
        raise ValueError(f"nothing in it can be read: {', '.join(lost)}")
    events = tuple(_events(item, book, now))
    found = Arrival(provider_id=border.external_id(_identity(item, raw)), raw=raw, events=events)
    return gapped(found, _unsaid(lost))


def _unsaid(lost: Sequence[str]) -> list[str]:
    """The parts of a message that could not be read."""
    paths = (path.split(".") for path in lost)
    names = (path[1] for path in paths if path[0] in _WORDS and len(path) > 1)
    return [name for name in names if name in _SAID]


def _identity(item: wa.Item, raw: bytes) -> str:
    """The id of an item: a message's own; of a status the message, the state and, in a group, the member.

    A placeholder for a message that is still to come has the same id but is another item.
    """
    for message in (*item.messages, *item.message_echoes):
        if not (message.id and message.type):
            raise ValueError("a message without id or type")
        return f"{message.id} {message.type}" if message.type == _LATER else message.id
    for status in item.statuses:
        whose = status.recipient_participant_user_id or status.recipient_participant_id
        return " ".join(filter(None, (status.id, status.status, whose)))
    return digest(raw)


def _events(item: wa.Item, book: Book, now: Millis) -> Iterator[ProviderEvent]:
    for message in item.messages:
        yield from _said(message, item.contacts, book, _at(message, now))
    for echo in item.message_echoes:
        yield from _echoed(echo, item.contacts, book, _at(echo, now))
    for status in item.statuses:
        yield from _became(status, item.contacts, book, _at(status, now))
    for group in item.groups:
        yield from _grouped(group, book, _at(group, now))
    for change in item.user_id_update:
        old, new = (
            wa.Contact(wa_id=change.wa_id, user_id=one) for one in (change.user_id.previous, change.user_id.current)
        )
        yield from people.moved(old, new, _at(change, now), book)


def _at(item: wa.Message | wa.Status | wa.Group | wa.Renamed, now: Millis) -> border.At:
    return border.at(item.timestamp * 1000, now)


def _said(message: wa.Message, contacts: Sequence[wa.Contact], book: Book, at: border.At) -> Iterator[ProviderEvent]:
    """A client's message, or an edit, deletion or reaction."""
    who = people.sender(message, contacts)
    if message.system and message.system.type in _MOVES:
        yield from _changed_number(message.system, who, at, book)
        return
    yield from people.introduced(who, at, book)
    if not (message.group_id or who.wa_id or who.user_id):
        raise ValueError("a message from nobody")
    peer = people.group(message.group_id, book) if message.group_id else people.peer(who, book)
    yield from _about(message, peer, people.person(who), at, from_us=False)


def _changed_number(system: wa.System, old: wa.Contact, at: border.At, book: Book) -> Iterator[ProviderEvent]:
    new = wa.Contact(old.profile, system.wa_id or system.new_wa_id, system.user_id)
    if not (new.wa_id or new.user_id):
        raise ValueError("a new number that is not told")
    yield from people.moved(old, new, at, book)


def _echoed(echo: wa.Message, contacts: Sequence[wa.Contact], book: Book, at: border.At) -> Iterator[ProviderEvent]:
    """A message written in the WhatsApp Business app of the same number."""
    who = people.receiver(echo, contacts)
    if not (who.wa_id or who.user_id):
        raise ValueError("an echo to nobody")
    yield from people.introduced(who, at, book)
    yield from _about(echo, people.peer(who, book), Profile(), at, from_us=True)


def _about(
    message: wa.Message, peer: Peer, profile: Profile, at: border.At, *, from_us: bool
) -> Iterator[ProviderEvent]:
    if message.reaction:
        emoji = tuple(map(border.name, filter(None, (message.reaction.emoji,))))
        target = border.external_id(message.reaction.message_id)
        yield ReactionsChanged(peer_key=peer.key, ext_id=target, at=at, emoji=emoji, person=profile)
    elif message.edit:
        text = border.text(content.words(message.edit.message) if message.edit.message else "")
        original, by = border.external_id(message.edit.original_message_id), _member(peer, profile)
        yield MessageEdited(peer_key=peer.key, ext_id=original, at=at, text=text, from_us=from_us, by=by)
    elif message.revoke:
        originals, by = (border.external_id(message.revoke.original_message_id),), _member(peer, profile)
        yield MessagesDeleted(peer_key=peer.key, ext_ids=originals, at=at, from_us=from_us, by=by)
    else:
        yield MessageArrived(
            peer=peer,
            ext_id=border.external_id(message.id),
            at=at,
            text=border.text(content.words(message)),
            pressed=not from_us and content.is_press(message),
            sender=profile,
            from_us=from_us,
            files=content.files(message),
            reply_to=border.external_id(message.context.id),
            placeholder=message.type == _LATER,
        )


def _member(peer: Peer, profile: Profile) -> Profile:
    """The group member who did something; empty in a private chat, where the id may be new."""
    return profile if peer.kind == "group" else Profile()


def _became(status: wa.Status, contacts: Sequence[wa.Contact], book: Book, at: border.At) -> Iterator[ProviderEvent]:
    """A delivery state of our message; the first one also gives the id of a person addressed by phone."""
    for who in contacts:
        yield from people.introduced(who, at, book)
    state = _STATES.get(status.status)
    if state is None:
        return
    fault = status.errors[0] if state is State.FAILED and status.errors else None
    yield DeliveryChanged(
        ext_id=border.external_id(status.id),
        key=border.external_id(status.biz_opaque_callback_data),
        state=state,
        at=at,
        code=border.name(errors.word(fault.code) if fault else "not_delivered" if state is State.FAILED else ""),
        detail=border.name(f"{fault.code} {fault.words}" if fault else ""),
    )


def _grouped(group: wa.Group, book: Book, at: border.At) -> Iterator[ProviderEvent]:
    """A group was created, renamed or deleted."""
    if group.errors:
        return
    book.entitle(group.group_id, group.subject)
    over = group.type == "group_delete"
    yield PeerChanged(
        peer=people.group(group.group_id, book),
        at=at,
        reachable=not over,
        code="group_unknown" if over else "",
    )
