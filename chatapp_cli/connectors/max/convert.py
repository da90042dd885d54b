"""Convert raw MAX updates to events. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from chatapp_cli.connectors.max import content, wire
from chatapp_cli.connectors.max.wire import Message, Update, User
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import (
    Arrival,
    ChatKind,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerChanged,
    Profile,
    ProviderEvent,
)
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.lenient import Unfit, read_as
from chatapp_cli.kit.understanding import digest, guarded, is_bare, unshown

UNTOLD: Final = "untold"
"""Key and address of the dialog for people whom MAX does not identify."""
_KINDS: Final[Mapping[str, ChatKind]] = {"dialog": "private", "chat": "group", "channel": "channel"}


@dataclass(frozen=True, slots=True)
class Ears:
    """What is known when an update is read."""

    bot: str
    """Our own id."""
    now: Millis
    """When it arrived."""

    def at(self, said: int) -> border.At:
        """The time that MAX gives, or that of the arrival."""
        return border.at(said, self.now)


def arrival(raw: bytes, ears: Ears) -> Arrival:
    """Read one update, or set it aside with the reason."""
    return guarded(raw, partial(_understood, ears), glimpse=partial(glimpse, ears))


def glimpse(ears: Ears, raw: bytes) -> MessageArrived | None:
    """The placeholder of a message that cannot be read. Raises ValueError."""
    update = read_as(raw, Update, lax=True)
    if update.update_type != "message_created" or update.message is None or update.message.body is None:
        return None
    return MessageArrived(
        peer=_peer_of(update.message, ears),
        ext_id=border.external_id(update.message.body.mid),
        at=ears.at(update.message.timestamp or update.timestamp),
        sender=person(update.message.sender),
        from_us=_wrote(update.message.sender, ears),
        placeholder=True,
    )


def _understood(ears: Ears, raw: bytes) -> Arrival:
    """The events of an update; types that we did not request give none."""
    lost: list[str] = []
    update = read_as(raw, Update, lax=True, lost=lost)
    told = _EVENTS.get(update.update_type)
    events = tuple(told(update, ears)) if told else ()
    found = Arrival(provider_id=border.external_id(_identity(update, raw)), raw=raw, events=events)
    return unshown(found, lost) if lost and any(map(is_bare, events)) else found


def _identity(update: Update, raw: bytes) -> str:
    """The id of an update, unchanged when MAX redelivers it."""
    kind = update.update_type
    if update.callback:
        press = update.callback
        return f"{kind}:{press.callback_id}:{press.timestamp}" if press.callback_id else digest(raw)
    if update.message:
        mid = update.message.body.mid if update.message.body else ""
        edit = f":{update.timestamp}" if kind == "message_edited" else ""
        return f"{kind}:{mid}{edit}" if mid else digest(raw)
    user = update.user.user_id if update.user else update.user_id
    return f"{kind}:{update.message_id or update.chat_id}:{user}:{update.timestamp}"


def peer(chat_id: int, kind: ChatKind, title: str = "") -> Peer:
    """The peer of a chat; its id is both the key and the address."""
    return Peer(key=border.external_id(chat_id), address=border.address(chat_id), kind=kind, title=border.name(title))


def kind_of(chat_type: str, chat_id: int) -> ChatKind:
    """The kind of a chat; if MAX does not say, a positive id means a dialog."""
    return _KINDS.get(chat_type, "group" if chat_type or chat_id < 0 else "private")


def person(user: User | None, phone: str = "") -> Profile:
    """A person as MAX describes them."""
    if user is None:
        return Profile()
    return Profile(
        id=border.external_id(user.user_id or ""),
        name=border.name(user.full_name),
        username=border.address(user.username or ""),
        phone=border.address(phone),
    )


def _arrived(update: Update, ears: Ears) -> Sequence[ProviderEvent]:
    if update.message is None:
        return (_voice(update, ears),)
    return (arrived(update.message, ears, spare=update.timestamp),)


def _voice(update: Update, ears: Ears) -> MessageArrived:
    """A note about a voice message: MAX reports only that there is one, mostly without its author."""
    where = UNTOLD if update.chat_id is None else update.chat_id
    title = update.user.full_name if update.user else "MAX"
    return MessageArrived(
        peer=Peer(key=border.external_id(where), address=border.address(where), title=border.name(title)),
        ext_id=border.external_id(f"voice:{update.timestamp}"),
        at=ears.at(update.timestamp),
        text=border.text("[voice]"),
        sender=person(update.user),
        automatic=update.chat_id is None,
    )


def arrived(message: Message, ears: Ears, *, spare: int = 0) -> MessageArrived:
    """A new message; a forwarded one has its content in its link.

    If the id is unreadable, the time identifies it, or else ``spare``.
    """
    kind = _kind(message)
    body, sender, at = message.body or wire.Body(), message.sender, message.timestamp or spare
    quoted = message.link.message.mid if message.link and message.link.type == "reply" else ""
    return MessageArrived(
        peer=_peer_of(message, ears),
        ext_id=border.external_id(body.mid or f"at:{at}"),
        at=ears.at(at),
        text=border.text(content.words(message) if message.body or message.link else "[voice]"),
        sender=person(sender, content.own_phone(message)),
        from_us=_wrote(sender, ears),
        files=content.files(message),
        reply_to=border.external_id(quoted),
        automatic=(automatic := kind == "channel" or (sender is not None and sender.is_bot)),
        silent=automatic,
    )


def _kind(message: Message) -> ChatKind:
    return kind_of(message.recipient.chat_type, message.recipient.chat_id)


def _wrote(sender: User | None, ears: Ears) -> bool:
    return sender is not None and str(sender.user_id) == ears.bot


def _peer_of(message: Message, ears: Ears) -> Peer:
    """The peer of a message; a dialog gets the client's name only if the client is the author."""
    kind = _kind(message)
    client = message.sender if kind == "private" and not _wrote(message.sender, ears) else None
    return peer(message.recipient.chat_id, kind, client.full_name if client else "")


def _edited(update: Update, ears: Ears) -> Sequence[ProviderEvent]:
    """An edited message. Channel posts have no author: MAX itself checks who may edit them."""
    changed = _message(update)
    if not (changed.body and changed.body.mid):
        raise Unfit("an edit of nothing")
    message = arrived(changed, ears)
    edit = MessageEdited(
        peer_key=message.peer.key,
        ext_id=message.ext_id,
        at=ears.at(update.timestamp) if update.timestamp else message.at,
        text=message.text,
        from_us=message.from_us if changed.sender else None,
        by=message.sender,
    )
    return (edit,)


def _removed(update: Update, ears: Ears) -> Sequence[ProviderEvent]:
    """A deleted message. In a group MAX lets only administrators delete what others wrote."""
    chat_id = _chat_id(update)
    if not update.message_id:
        raise Unfit("a deletion of nothing")
    who = str(update.user_id or "")
    removal = MessagesDeleted(
        peer_key=border.external_id(chat_id),
        ext_ids=(border.external_id(update.message_id),),
        at=ears.at(update.timestamp),
        from_us=who == ears.bot if who else None,
        by=Profile(id=border.external_id(who)),
        by_admin=chat_id < 0,
    )
    return (removal,)


def _pressed(update: Update, ears: Ears) -> Sequence[ProviderEvent]:
    """A pressed button counts as a message from the person; without a message there is nothing to answer.

    MAX calls the id of a press that of the keyboard, so its time tells two of them apart:
    https://dev.max.ru/docs-api/objects/Update.
    """
    press = update.callback
    if press is None or update.message is None:
        return ()
    where, at = _peer_of(update.message, ears), press.timestamp or update.timestamp
    said = MessageArrived(
        peer=where,
        ext_id=border.external_id(f"button:{press.callback_id}:{at}"),
        at=ears.at(at),
        text=border.text(_button(update.message, press.payload or "") or "[button]"),
        pressed=True,
        sender=person(press.user),
    )
    return (said,)


def _button(above: Message, payload: str) -> str:
    """What the button says that brings this; what it brings if MAX does not show the button."""
    attached = (above.body and above.body.attachments) or ()
    rows = (row for one in attached for row in one.payload.buttons or ())
    return next((one.text for row in rows for one in row if one.payload == payload and one.text), payload)


def _started(update: Update, ears: Ears) -> Sequence[ProviderEvent]:
    """The client started the bot; the payload of the link counts as their message."""
    where = peer(_chat_id(update), "private", person(update.user).name)
    met = PeerChanged(peer=where, at=ears.at(update.timestamp))
    if not update.payload:
        return (met,)
    said = MessageArrived(
        peer=where,
        ext_id=border.external_id(f"start:{update.timestamp}"),
        at=ears.at(update.timestamp),
        text=border.text(f"/start {update.payload}"),
        sender=person(update.user),
    )
    return met, said


def _stopped(update: Update, ears: Ears) -> Sequence[ProviderEvent]:
    where = peer(_chat_id(update), "private", person(update.user).name)
    return (PeerChanged(peer=where, at=ears.at(update.timestamp), reachable=False, code="blocked_by_user"),)


def _added(update: Update, ears: Ears) -> Sequence[ProviderEvent]:
    return (PeerChanged(peer=_gathering(update), at=ears.at(update.timestamp)),)


def _taken_out(update: Update, ears: Ears) -> Sequence[ProviderEvent]:
    return (
        PeerChanged(peer=_gathering(update), at=ears.at(update.timestamp), reachable=False, code="removed_from_chat"),
    )


def _titled(update: Update, ears: Ears) -> Sequence[ProviderEvent]:
    return (PeerChanged(peer=peer(_chat_id(update), "group", update.title or ""), at=ears.at(update.timestamp)),)


def _came_or_went(sign: str) -> Callable[[Update, Ears], Sequence[ProviderEvent]]:
    def told(update: Update, ears: Ears) -> Sequence[ProviderEvent]:
        who = person(update.user)
        ext_id = f"{update.update_type}:{who.id}:{update.timestamp}"
        where = _gathering(update)
        return (
            MessageArrived(
                peer=where,
                ext_id=border.external_id(ext_id),
                at=ears.at(update.timestamp),
                text=border.text(f"{sign} {who.name or '?'}"),
                sender=who,
                automatic=True,
                silent=True,
            ),
        )

    return told


def _gathering(update: Update) -> Peer:
    return peer(_chat_id(update), "channel" if update.is_channel else "group", update.title or "")


def _message(update: Update) -> wire.Message:
    if update.message is None:
        raise Unfit(f"{update.update_type} without message")
    return update.message


def _chat_id(update: Update) -> int:
    if update.chat_id is None:
        raise Unfit(f"{update.update_type} without chat_id")
    return update.chat_id


_EVENTS: Final[Mapping[str, Callable[[Update, Ears], Sequence[ProviderEvent]]]] = {
    "message_created": _arrived,
    "message_callback": _pressed,
    "message_edited": _edited,
    "message_removed": _removed,
    "bot_started": _started,
    "bot_stopped": _stopped,
    "dialog_removed": _stopped,
    "bot_added": _added,
    "bot_removed": _taken_out,
    "user_added": _came_or_went("+"),
    "user_removed": _came_or_went("−"),
    "chat_title_changed": _titled,
}
