"""Convert Avito's messages, each with its chat, to events. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from chatapp_cli.connectors.avito import wire
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import (
    Arrival,
    DeliveryChanged,
    FileKind,
    IncomingFile,
    MessageArrived,
    MessagesDeleted,
    Peer,
    Profile,
    ProviderEvent,
)
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.message import State
from chatapp_cli.kit.lenient import read_as
from chatapp_cli.kit.slices import member
from chatapp_cli.kit.understanding import digest, guarded, unshown

IMAGE: Final = "image:"
VOICE: Final = "voice:"
"""Prefix of a file reference that has an id instead of a link."""
_SYSTEM: Final = Profile(id=border.external_id("avito"), name=border.name("Avito"))
_WITH_FILES: Final = frozenset({"image", "voice"})
_NO_CONTENT: Final = wire.Content()


class Mine(msgspec.Struct, frozen=True):
    """Our account, and the site where a chat is shown."""

    account: int
    site: str

    def wrote(self, message: wire.Message) -> bool:
        """Whether a message is ours, sent from here or from Avito's own application."""
        return str(message.author_id) == str(self.account) or message.direction == "out"

    def link(self, chat: wire.Chat) -> str:
        """The chat in a browser, for what the API does not show."""
        return f"{self.site}/profile/messenger/channel/{chat.id}"


def raw_of(chat: bytes, message: bytes) -> bytes:
    """What is stored of an arrival: Avito's answer, byte for byte."""
    return b'{"chat":' + chat + b',"message":' + message + b"}"


def message_of(raw: bytes, lost: list[str] | None = None) -> wire.Message:
    """Read a message; if its id is unreadable, a digest of its bytes identifies it. Raises ValueError.

    The paths of what cannot be read are added to ``lost``.
    """
    message = read_as(raw, wire.Message, lax=True, lost=lost)
    return message if message.id else msgspec.structs.replace(message, id=digest(raw))


def arrival(raw: bytes, mine: Mine, now: Millis) -> Arrival:
    """Understand a message beside its chat, received at this time, or set it aside with the reason."""
    return guarded(raw, lambda one: _understood(one, mine, now), glimpse=lambda one: glimpse(one, mine, now))


def glimpse(raw: bytes, mine: Mine, now: Millis) -> MessageArrived:
    """The placeholder of a message that cannot be read. Raises ValueError."""
    chat, message = read_as(raw, _Where, lax=True).chat, message_of(member(raw, "message"))
    return MessageArrived(
        peer=peer(chat, mine),
        ext_id=border.external_id(message.id),
        at=border.at(message.created * 1000, now),
        sender=_sender(chat, message, mine),
        from_us=mine.wrote(message),
        placeholder=True,
    )


def _understood(raw: bytes, mine: Mine, now: Millis) -> Arrival:
    lost: list[str] = []
    found = wire.Found(chat=read_as(raw, _Where, lax=True).chat, message=message_of(member(raw, "message"), lost))
    if found.message.type == "deleted":
        return _told("deleted", found.message, raw, _deleted(found, mine, now))
    told = _told("message", found.message, raw, _arrived(found, mine, now))
    odd = [path for path in lost if path in {"content", "content.text"}]
    return unshown(told, odd) if odd and not (_words(found.message) or _files(found.message)) else told


def _told(what: str, message: wire.Message, raw: bytes, event: ProviderEvent) -> Arrival:
    return Arrival(provider_id=border.external_id(f"{what}:{message.id}"), raw=raw, events=(event,))


class _Where(msgspec.Struct, frozen=True):
    """The chat that a message belongs to."""

    chat: wire.Chat


def seen(message: wire.Message, raw: bytes, now: Millis) -> Arrival:
    """The client read a message of ours."""
    at = border.at((message.read or 0) * 1000, now)
    return _told("read", message, raw, DeliveryChanged(ext_id=border.external_id(message.id), state=State.READ, at=at))


def _deleted(found: wire.Found, mine: Mine, now: Millis) -> ProviderEvent:
    """Only the author of a message can delete it."""
    message = found.message
    known = bool(message.author_id or message.direction)
    return MessagesDeleted(
        peer_key=border.external_id(found.chat.id),
        ext_ids=(border.external_id(message.id),),
        at=border.at(max(message.created, found.chat.touched) * 1000, now),
        from_us=mine.wrote(message) if known else None,
        by=_sender(found.chat, message, mine),
    )


def _arrived(found: wire.Found, mine: Mine, now: Millis) -> MessageArrived:
    chat, message = found.chat, found.message
    files = _files(message)
    said = _words(message)
    lacking = not files and (message.type in _WITH_FILES or not said)
    text = _joined("\n", said, f"[{message.type or 'message'}] {mine.link(chat)}" if lacking else "")
    return MessageArrived(
        peer=peer(chat, mine),
        ext_id=border.external_id(message.id),
        at=border.at(message.created * 1000, now),
        text=border.text(text),
        sender=_sender(chat, message, mine),
        from_us=mine.wrote(message),
        files=files,
        reply_to=border.external_id(message.quote.id if message.quote else ""),
        automatic=message.type == "system",
        silent=message.type == "system",
    )


def peer(chat: wire.Chat, mine: Mine) -> Peer:
    """Name a chat by the other side and the advertisement, with its price and its link."""
    about = chat.context.value if chat.context else None
    others = (user.name for user in chat.users if str(user.id) != str(mine.account))
    subject = _joined(", ", about.title, about.price_string) if about else ""
    link = about.url if about else ""
    title = border.name(_joined(" · ", next(others, ""), subject, link))
    return Peer(key=border.external_id(chat.id), address=border.address(chat.id), title=title)


def _sender(chat: wire.Chat, message: wire.Message, mine: Mine) -> Profile:
    if message.type == "system" or str(message.author_id) in {"0", "system"}:
        return _SYSTEM
    author = str(message.author_id) or _client(chat, mine)
    names = (user.name for user in chat.users if str(user.id) == author)
    return Profile(id=border.external_id(author), name=border.name(next(names, "")))


def _client(chat: wire.Chat, mine: Mine) -> str:
    """The author of a message that names none: the other of the chat's two sides."""
    return next((str(user.id) for user in chat.users if str(user.id) not in {"", "0", str(mine.account)}), "")


def _words(message: wire.Message) -> str:
    """All readable text of a message."""
    content = message.content or _NO_CONTENT
    return next((say(part) for field, say in _SAID.items() if (part := getattr(content, field))), "")


def _item(item: wire.Item) -> str:
    return _joined("\n", item.title, item.price_string, item.item_url)


def _link(link: wire.Link) -> str:
    return link.text if link.url in link.text else _joined("\n", link.text, link.url)


def _place(place: wire.Location) -> str:
    where = ""
    if place.lat is not None and place.lon is not None:
        at = f"{place.lat:.6f}/{place.lon:.6f}"
        where = f"https://www.openstreetmap.org/?mlat={place.lat:.6f}&mlon={place.lon:.6f}#map=17/{at}"
    return _joined("\n", place.title, place.text if place.text != place.title else "", where)


def _call(call: wire.Call) -> str:
    return f"📞 [{_joined(': ', 'call', call.status)}]"


_SAID: Final[Mapping[str, Callable[[Any], str]]] = {
    "text": str,
    "item": _item,
    "link": _link,
    "location": _place,
    "call": _call,
}


def _files(message: wire.Message) -> tuple[IncomingFile, ...]:
    content = message.content or _NO_CONTENT
    if content.image and content.image.sizes:
        url = max(content.image.sizes.items(), key=_area)[1]
        return (_file("photo", f"photo_{message.id}.jpg", "image/jpeg", IMAGE + url),)
    if content.voice and content.voice.voice_id:
        return (_file("voice", f"voice_{message.id}.mp4", "audio/mp4", VOICE + content.voice.voice_id),)
    return ()


def _file(kind: FileKind, name: str, mime: str, remote: str) -> IncomingFile:
    return IncomingFile(kind=kind, name=border.file_name(name), mime=border.name(mime), remote=border.text(remote))


def _area(size: tuple[str, str]) -> int:
    width, _, height = size[0].partition("x")
    return int(width) * int(height) if width.isdecimal() and height.isdecimal() else 0


def _joined(between: str, *parts: str | None) -> str:
    return between.join(part for part in parts if part)
