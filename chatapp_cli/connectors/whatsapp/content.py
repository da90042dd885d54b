"""The content of a message: text for everything readable, a file for the rest."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from typing import Final

from chatapp_cli.connectors.whatsapp.wire import Button, Card, Media, Message, Order
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import FileKind, IncomingFile

_KINDS: Final[Mapping[str, FileKind]] = {
    "image": "photo",
    "video": "video",
    "audio": "audio",
    "document": "document",
    "sticker": "sticker",
}
_PRESSED: Final = Button()


def words(message: Message) -> str:
    """All readable text of a message; what Meta does not pass on is named in brackets."""
    said = _SAY.get(message.type, _say_nothing)(message)
    if not said and _media(message) is None:
        said = f"[{message.unsupported.type if message.unsupported else message.type}]"
    return "\n".join(filter(None, (said, _say_referral(message))))


def _say_nothing(_message: Message) -> str:
    return ""


def _say_text(message: Message) -> str:
    return message.text.body if message.text else ""


def _say_caption(message: Message) -> str:
    media = _media(message)
    return media.caption if media else ""


def _say_place(message: Message) -> str:
    place = message.location
    if place is None:
        return ""
    spot = f"mlat={place.latitude:.6f}&mlon={place.longitude:.6f}#map=17/{place.latitude:.6f}/{place.longitude:.6f}"
    return "\n".join(filter(None, (place.name, place.address, f"https://www.openstreetmap.org/?{spot}")))


def _say_cards(message: Message) -> str:
    return "\n".join(map(_say_card, message.contacts))


def _say_card(card: Card) -> str:
    return " ".join(filter(None, (card.name.formatted_name, *(phone.phone for phone in card.phones))))


def _say_button(message: Message) -> str:
    return (message.button or _PRESSED).text


def _say_choice(message: Message) -> str:
    """The text of a pressed button or a chosen list item."""
    choice = message.interactive
    if choice is None:
        return ""
    pressed = choice.list_reply or choice.button_reply or choice.nfm_reply or _PRESSED
    return pressed.title or pressed.body or f"[{choice.type or 'interactive'}]"


def is_press(message: Message) -> bool:
    """Whether it is a pressed button or a chosen item of a list."""
    choice = message.interactive
    chosen = choice is not None and bool(choice.list_reply or choice.button_reply)
    return (message.type == "button" and message.button is not None) or (message.type == "interactive" and chosen)


def _say_order(message: Message) -> str:
    order = message.order or Order()
    lines = (
        f"• {product.product_retailer_id} × {product.quantity}, {product.item_price:g} {product.currency}"
        for product in order.product_items
    )
    return "\n".join(filter(None, (order.text, *lines)))


def _say_system(message: Message) -> str:
    return message.system.body if message.system else ""


def _say_referral(message: Message) -> str:
    """The advertisement that led the client here."""
    advertised = message.referral
    return f"↪ {advertised.headline} {advertised.source_url}".rstrip() if advertised else ""


_SAY: Final[Mapping[str, Callable[[Message], str]]] = {
    "text": _say_text,
    **dict.fromkeys(_KINDS, _say_caption),
    "location": _say_place,
    "contacts": _say_cards,
    "button": _say_button,
    "interactive": _say_choice,
    "order": _say_order,
    "system": _say_system,
}


def _media(message: Message) -> Media | None:
    found: Media | None = getattr(message, message.type) if message.type in _KINDS else None
    return found


def files(message: Message) -> tuple[IncomingFile, ...]:
    """The file of a message, at most one."""
    media = _media(message)
    if media is None or not media.id:
        return ()
    kind = "voice" if media.voice else _KINDS[message.type]
    mime = media.mime_type.partition(";")[0].strip()
    name = media.filename or f"{kind}_{message.timestamp}{_ending(mime)}"
    return (IncomingFile(kind=kind, name=border.file_name(name), mime=border.name(mime), remote=border.text(media.id)),)


def _ending(mime: str) -> str:
    """The file extension; Python's own for voice messages is one that no player knows."""
    return ".ogg" if mime == "audio/ogg" else mimetypes.guess_extension(mime) or ""
