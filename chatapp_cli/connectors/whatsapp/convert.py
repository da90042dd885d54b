"""Meta's webhooks into the desk's words.

A webhook may carry several things of several numbers, any of them more than once and in any order: each becomes an
arrival of its own, which bears what is needed to understand it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from chatapp_cli.connectors.whatsapp import content, errors, people
from chatapp_cli.connectors.whatsapp import wire as wa
from chatapp_cli.connectors.whatsapp.people import Book
from chatapp_cli.domain.event import (
    Arrival,
    DeliveryChanged,
    Event,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerChanged,
    Person,
    ReactionsChanged,
)
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.message import State

_LISTS: Final = ("messages", "message_echoes", "statuses", "groups", "user_id_update")
_OURS: Final = frozenset(
    {"messages", "smb_message_echoes", "user_id_update", "group_lifecycle_update", "group_settings_update"}
)
"""What is read; other news of the account (reviews, templates, security) is not kept."""
_STATES: Final = {
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "played": State.READ,
    "failed": State.FAILED,
}
_MOVES: Final = frozenset({"user_changed_number", "customer_changed_number", "user_changed_user_id"})


def arrivals(body: bytes, number: str, book: Book) -> list[Arrival]:
    """Everything in a webhook that is about this number of ours; what is about another one is none of this channel."""
    try:
        payload = wa.read_payload(body)
    except msgspec.MsgspecError as error:
        return [_unread(body, error)]
    changes = (change for entry in payload.entry for change in entry.changes if change.field in _OURS)
    return [arrival for change in changes for arrival in _of_change(change, number, book)]


def _unread(raw: bytes, error: Exception) -> Arrival:
    return Arrival(provider_id=f"sha256:{hashlib.sha256(raw).hexdigest()}", raw=raw, problem=str(error))


def _of_change(change: wa.Change, number: str, book: Book) -> Iterator[Arrival]:
    try:
        value = wa.read_value(change.value)
    except msgspec.MsgspecError as error:
        yield _unread(msgspec.json.encode(change), error)
        return
    if value.metadata.phone_number_id in {number, ""}:
        yield from (arrival(slice_, book) for slice_ in _slices(change.field, value))


def _slices(field: str, value: wa.Value) -> Iterator[bytes]:
    """Cut it into changes that carry one thing each."""
    for name in _LISTS:
        for item in getattr(value, name):
            alone = wa.Value(metadata=value.metadata, contacts=value.contacts, **{name: [item]})
            yield msgspec.json.encode(wa.Change(field, msgspec.Raw(msgspec.json.encode(alone))))


def arrival(raw: bytes, book: Book) -> Arrival:
    """Understand a change that carries one thing, or set it aside with the reason."""
    try:
        item = wa.read_item(wa.read_change(raw).value)
        return Arrival(provider_id=_identity(item, raw), raw=raw, events=tuple(_events(item, book)))
    except (msgspec.MsgspecError, ValueError) as error:
        return _unread(raw, error)


def _identity(item: wa.Item, raw: bytes) -> str:
    """A message by its id, a status by message, state and, in a group, whose it is."""
    for message in (*item.messages, *item.message_echoes):
        if not (message.id and message.type):
            raise ValueError("a message without id or type")
        return message.id
    for status in item.statuses:
        whose = status.recipient_participant_user_id or status.recipient_participant_id
        return " ".join(filter(None, (status.id, status.status, whose)))
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _events(item: wa.Item, book: Book) -> Iterator[Event]:
    for message in item.messages:
        yield from _said(message, item.contacts, book)
    for echo in item.message_echoes:
        yield from _echoed(echo, item.contacts, book)
    for status in item.statuses:
        yield from _became(status, item.contacts, book)
    for group in item.groups:
        yield from _grouped(group, book)
    for change in item.user_id_update:
        old, new = (
            wa.Contact(wa_id=change.wa_id, user_id=one) for one in (change.user_id.previous, change.user_id.current)
        )
        yield from people.moved(old, new, change.timestamp * 1000, book)


def _said(message: wa.Message, contacts: Sequence[wa.Contact], book: Book) -> Iterator[Event]:
    """A client's message, or what they did to one."""
    who, at = people.sender(message, contacts), message.timestamp * 1000
    if message.system and message.system.type in _MOVES:
        yield from _changed_number(message.system, who, at, book)
        return
    yield from people.introduced(who, at, book)
    if not (message.group_id or who.wa_id or who.user_id):
        raise ValueError("a message from nobody")
    peer = people.group(message.group_id, book) if message.group_id else people.peer(who, book)
    yield from _about(message, peer, people.person(who), from_us=False)


def _changed_number(system: wa.System, old: wa.Contact, at: Millis, book: Book) -> Iterator[Event]:
    new = wa.Contact(old.profile, system.wa_id or system.new_wa_id, system.user_id)
    if not (new.wa_id or new.user_id):
        raise ValueError("a new number that is not told")
    yield from people.moved(old, new, at, book)


def _echoed(echo: wa.Message, contacts: Sequence[wa.Contact], book: Book) -> Iterator[Event]:
    """What we wrote in the WhatsApp Business application of the same number."""
    who = people.receiver(echo, contacts)
    if not (who.wa_id or who.user_id):
        raise ValueError("an echo to nobody")
    yield from people.introduced(who, echo.timestamp * 1000, book)
    yield from _about(echo, people.peer(who, book), Person(), from_us=True)


def _about(message: wa.Message, peer: Peer, person: Person, *, from_us: bool) -> Iterator[Event]:
    at = message.timestamp * 1000
    if message.reaction:
        emoji = tuple(filter(None, (message.reaction.emoji,)))
        yield ReactionsChanged(peer_key=peer.key, ext_id=message.reaction.message_id, at=at, emoji=emoji, person=person)
    elif message.edit:
        text = content.words(message.edit.message) if message.edit.message else ""
        yield MessageEdited(peer_key=peer.key, ext_id=message.edit.original_message_id, at=at, text=text)
    elif message.revoke:
        yield MessagesDeleted(peer_key=peer.key, ext_ids=(message.revoke.original_message_id,), at=at)
    else:
        yield MessageArrived(
            peer=peer,
            ext_id=message.id,
            at=at,
            text=content.words(message),
            sender=person,
            from_us=from_us,
            files=content.files(message),
            reply_to=message.context.id,
        )


def _became(status: wa.Status, contacts: Sequence[wa.Contact], book: Book) -> Iterator[Event]:
    """News of a message of ours; the first ones also tell the id of whom we wrote to by phone."""
    at = status.timestamp * 1000
    for who in contacts:
        yield from people.introduced(who, at, book)
    state = _STATES.get(status.status)
    if state is None:
        return
    fault = status.errors[0] if state is State.FAILED and status.errors else None
    yield DeliveryChanged(
        ext_id=status.id,
        key=status.biz_opaque_callback_data,
        state=state,
        at=at,
        code=errors.word(fault.code) if fault else "not_delivered" if state is State.FAILED else "",
        detail=f"{fault.code} {fault.words}" if fault else "",
    )


def _grouped(group: wa.Group, book: Book) -> Iterator[Event]:
    """A group appeared, is called something else, or is no more."""
    if group.errors:
        return
    book.entitle(group.group_id, group.subject)
    over = group.type == "group_delete"
    yield PeerChanged(
        peer=people.group(group.group_id, book),
        at=group.timestamp * 1000,
        reachable=not over,
        code="group_unknown" if over else "",
    )
