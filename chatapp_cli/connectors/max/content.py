"""The content of a message: text for everything readable, files for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from mimetypes import guess_type
from typing import Final, NamedTuple

from chatapp_cli.connectors.max.wire import Attachment, Body, Message
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import FileKind, IncomingFile
from chatapp_cli.domain.links import Hidden, reveal
from chatapp_cli.kit.understanding import readable

LINK: Final = "link:"
VIDEO: Final = "video:"
"""Prefix of a file reference that has a token instead of a link."""
UNKNOWN: Final = "[attachment]"
"""Placeholder for an unreadable attachment."""


class _Shape(NamedTuple):
    kind: FileKind
    ending: str
    mime: str


_FILES: Final[Mapping[str, _Shape]] = {
    "image": _Shape("photo", ".jpg", "image/jpeg"),
    "video": _Shape("video", ".mp4", "video/mp4"),
    "audio": _Shape("voice", ".mp3", "audio/mpeg"),
    "file": _Shape("document", "", "application/octet-stream"),
    "sticker": _Shape("sticker", ".webp", "image/webp"),
}
_SILENT: Final = frozenset({"inline_keyboard", "reply_keyboard"})


def words(message: Message) -> str:
    """All readable text of a message; forwarded text under its author's name."""
    own = _said(message.body) if message.body else ""
    link = message.link
    if link is None or link.type != "forward":
        return own
    author = link.sender.full_name if link.sender else ""
    return "\n".join(filter(None, (own, f"↪ {author}".rstrip(), _said(link.message))))


def _said(body: Body) -> str:
    parts, unread = readable(body.attachments or (), _spoken)
    return "\n".join(filter(None, (_text(body), *parts, *[UNKNOWN] * unread)))


def _text(body: Body) -> str:
    """The text; of its formatting only links are kept.

    MAX does not document the unit of offsets: if it differs from ours, a link is misplaced but still there.
    """
    links = (one for one in body.markup or () if one.type == "link")
    return reveal(body.text or "", (Hidden(one.start, one.length, one.url or "") for one in links))


def _spoken(attachment: Attachment) -> str:
    said = _SPOKEN[attachment.type](attachment) if attachment.type in _SPOKEN else ""
    if said or attachment.type in _SILENT or _content(attachment):
        return said
    return f"[{attachment.type}]" if attachment.type else UNKNOWN


def _place(place: Attachment) -> str:
    if place.latitude is None or place.longitude is None:
        return ""
    at = f"{place.latitude:.6f}/{place.longitude:.6f}"
    return f"https://www.openstreetmap.org/?mlat={place.latitude:.6f}&mlon={place.longitude:.6f}#map=17/{at}"


def _card(card: Attachment) -> str:
    who = card.payload.max_info
    name = (who.full_name if who else "") or _field(card, "FN")
    return " ".join(filter(None, (name, _phone(card))))


def _share(share: Attachment) -> str:
    return " ".join(filter(None, (share.title, share.payload.url)))


_SPOKEN: Final[Mapping[str, Callable[[Attachment], str]]] = {
    "location": _place,
    "contact": _card,
    "share": _share,
    "audio": lambda audio: audio.transcription or "",
}


def own_phone(message: Message) -> str:
    """The phone of a shared contact, if it is the sender's own."""
    for one in (message.body.attachments or ()) if message.body else ():
        card = one.payload.max_info
        if one.type == "contact" and card and message.sender and card.user_id == message.sender.user_id:
            return _phone(one)
    return ""


def _phone(card: Attachment) -> str:
    said = _field(card, "TEL")
    return "+" + said.lstrip("+") if said else ""


def _field(card: Attachment, name: str) -> str:
    """A field of the card's vCard (RFC 6350): ``TEL;TYPE=cell:79160000001``."""
    for line in (card.payload.vcf_info or "").splitlines():
        head, _, value = line.partition(":")
        if head.split(";")[0].upper() == name:
            return value.strip()
    return ""


def files(message: Message) -> Sequence[IncomingFile]:
    """The files of a message and of the one it forwards."""
    return tuple(_files(message))


def _files(message: Message) -> Iterator[IncomingFile]:
    passed_on = message.link.message if message.link and message.link.type == "forward" else None
    for body in filter(None, (message.body, passed_on)):
        for number, one in enumerate(body.attachments or (), start=1):
            found, _ = readable([_content(one)], partial(_file, one, f"{one.type}_{body.seq}_{number}"))
            yield from filter(None, found)


def _content(attachment: Attachment) -> str:
    """The location of the content; a video is requested by its token, because its link is a web page."""
    if attachment.type not in _FILES:
        return ""
    if attachment.type == "video" and attachment.payload.token:
        return VIDEO + attachment.payload.token
    return LINK + attachment.payload.url if attachment.payload.url else ""


def _file(attachment: Attachment, name: str, remote: str) -> IncomingFile | None:
    if not remote:
        return None
    shape = _FILES[attachment.type]
    return IncomingFile(
        kind=shape.kind,
        name=border.file_name(attachment.filename or name + shape.ending),
        mime=border.name(guess_type(attachment.filename)[0] or shape.mime),
        size=border.count(attachment.size),
        remote=border.text(remote),
        seconds=border.count(attachment.duration or 0),
    )
