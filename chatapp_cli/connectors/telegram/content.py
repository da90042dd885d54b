"""The content of a message: text for everything readable, files for the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from telethon.tl import types as tl

from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import FileKind, IncomingFile
from chatapp_cli.domain.links import Hidden, reveal

_ENDINGS: Final[Mapping[str, str]] = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "application/x-tgsticker": ".tgs",
}


def text(message: Any) -> str:
    """A text or a caption; of its formatting only links are kept."""
    links = (one for one in message.entities or () if isinstance(one, tl.MessageEntityTextUrl))
    inside = (one for one in links if one.offset >= 0 and one.length > 0)
    return reveal(message.message, (Hidden(one.offset, one.length, one.url) for one in inside))


def words(media: Any) -> str:
    """The readable text of other content; what we cannot show is named, so that it is not overlooked."""
    if media is None or isinstance(media, _CARRIED):
        sticker = _attribute(media, tl.DocumentAttributeSticker)
        return sticker.alt if sticker else ""
    say = _SPOKEN.get(type(media))
    return say(media) if say else named(media)


def named(media: Any) -> str:
    """Telegram's name for content that cannot be shown."""
    return f"[{type(media).__name__.removeprefix('MessageMedia')}]"


_CARRIED = (tl.MessageMediaEmpty, tl.MessageMediaPhoto, tl.MessageMediaDocument)


def _place(geo: Any) -> str:
    if not isinstance(geo, tl.GeoPoint):
        return ""
    lat, lon = f"{geo.lat:.6f}", f"{geo.long:.6f}"
    return f"https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=17/{lat}/{lon}"


def _venue(venue: Any) -> str:
    return "\n".join(filter(None, (venue.title, venue.address, _place(venue.geo))))


def _contact(card: Any) -> str:
    return f"{card.first_name} {card.last_name}".strip() + f" +{card.phone_number.lstrip('+')}"


def _poll(media: Any) -> str:
    return "\n".join((media.poll.question.text, *(f"• {answer.text.text}" for answer in media.poll.answers)))


def _page(media: Any) -> str:
    return getattr(media.webpage, "url", None) or ""


_SPOKEN: Final[Mapping[type, Callable[[Any], str]]] = {
    tl.MessageMediaGeo: lambda media: _place(media.geo),
    tl.MessageMediaGeoLive: lambda media: _place(media.geo),
    tl.MessageMediaVenue: _venue,
    tl.MessageMediaContact: _contact,
    tl.MessageMediaPoll: _poll,
    tl.MessageMediaDice: lambda media: f"{media.emoticon} {media.value}",
    tl.MessageMediaWebPage: _page,
}


def file(message: Any, remote: str, max_download: int) -> IncomingFile | None:
    """The file of a message (at most one); above ``max_download`` bytes it cannot be downloaded."""
    media = message.media
    if isinstance(media, tl.MessageMediaPhoto) and isinstance(media.photo, tl.Photo):
        size = max((_bytes(one) for one in media.photo.sizes), default=0)
        return IncomingFile(
            kind="photo",
            name=border.file_name(f"photo_{message.id}.jpg"),
            mime=border.name("image/jpeg"),
            size=border.count(size),
            remote=border.text(remote),
        )
    if isinstance(media, tl.MessageMediaDocument) and isinstance(media.document, tl.Document):
        return _document(message, remote, max_download)
    return None


def _bytes(size: Any) -> int:
    return int(max(getattr(size, "sizes", None) or [getattr(size, "size", 0)]))


def _document(message: Any, remote: str, max_download: int) -> IncomingFile:
    document = message.media.document
    kind = _kind(message.media)
    named = _attribute(message.media, tl.DocumentAttributeFilename)
    name = named.file_name if named else f"{kind}_{message.id}{_ENDINGS.get(document.mime_type, '')}"
    return IncomingFile(
        kind=kind,
        name=border.file_name(name),
        mime=border.name(document.mime_type),
        size=border.count(document.size),
        remote=border.text(remote),
        seconds=border.count(_seconds(message.media)),
        problem="file_too_big" if document.size > max_download else "",
    )


def _kind(media: Any) -> FileKind:
    audio = _attribute(media, tl.DocumentAttributeAudio)
    if audio:
        return "voice" if audio.voice else "audio"
    if _attribute(media, tl.DocumentAttributeSticker):
        return "sticker"
    return "video" if _attribute(media, tl.DocumentAttributeVideo) else "document"


def _seconds(media: Any) -> int:
    timed = _attribute(media, tl.DocumentAttributeAudio) or _attribute(media, tl.DocumentAttributeVideo)
    return round(timed.duration) if timed else 0


def _attribute(media: Any, kind: type) -> Any:
    document = getattr(media, "document", None)
    return next((one for one in getattr(document, "attributes", None) or () if isinstance(one, kind)), None)
