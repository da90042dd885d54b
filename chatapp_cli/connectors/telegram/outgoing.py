"""Convert our message to Telegram requests, each with a random id by which Telegram recognises repeats."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from telethon.tl import functions as fn
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.names import message_number
from chatapp_cli.domain.outbound import LocalFile, Outbound

Shape: TypeAlias = str

MAX_CAPTION: Final = 1024
MAX_PHOTO: Final = 10 * 1024 * 1024
"""A larger photo goes as a document."""
_SAMPLES: Final = 48_000
"""Opus samples per second, whatever the recording had: RFC 7845, 4."""
_TAIL: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Part:
    """One Telegram message."""

    number: int
    """The random id; a repeat with the same one is not delivered again."""
    text: str
    file: LocalFile | None = None
    reply_to: int = 0

    def request(self, peer: Any, upload: Any) -> Any:
        """The request; ``upload`` is the uploaded file."""
        reply = tl.InputReplyToMessage(self.reply_to) if self.reply_to else None
        common = {"peer": peer, "message": self.text, "random_id": self.number, "reply_to": reply}
        if self.file is None:
            return fn.messages.SendMessageRequest(no_webpage=True, **common)
        return fn.messages.SendMediaRequest(media=media(self.file, upload), **common)

    def is_this(self, message: Any) -> bool:
        """Whether a sent message may be this part."""
        return message.out and message.message == self.text and bool(message.media) == bool(self.file)


def parts(message: Outbound) -> Iterator[Part]:
    """Yield the parts in order; the first has the quotation. A text too long for a caption precedes the files."""
    reply = message_number(message.reply_to) if message.reply_to else 0
    caption = message.text if message.files and len(message.text) <= MAX_CAPTION else ""
    told: list[tuple[str, LocalFile | None]] = [] if caption or not message.text else [(message.text, None)]
    told += [("" if place else caption, file) for place, file in enumerate(message.files)]
    for place, (text, file) in enumerate(told):
        yield Part(_number(message.key, place), text, file, reply if place == 0 else 0)


def _number(key: str, place: int) -> int:
    digest = hashlib.sha256(f"{key}:{place}".encode()).digest()
    return int.from_bytes(digest[:8], "little", signed=True)


def media(file: LocalFile, upload: Any) -> Any:
    """The media type of a file: what Telegram cannot show goes as a document."""
    if file.kind == "photo" and file.mime in _PICTURES and file.size <= MAX_PHOTO:
        return tl.InputMediaUploadedPhoto(upload)
    named = tl.DocumentAttributeFilename(file.name)
    shown = _SHOWN.get(file.kind)
    attributes = [named, shown(file)] if shown else [named]
    return tl.InputMediaUploadedDocument(upload, file.mime, attributes, force_file=shown is None)


_PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
_SHOWN: Final[Mapping[str, Callable[[LocalFile], Any]]] = {
    "voice": lambda file: tl.DocumentAttributeAudio(duration=opus_seconds(file.path), voice=True),
    "audio": lambda file: tl.DocumentAttributeAudio(duration=0, title=Path(file.name).stem),
    "video": lambda _: tl.DocumentAttributeVideo(duration=0, w=1, h=1, supports_streaming=True),
}


def opus_seconds(path: Path) -> int:
    """The length of a voice message, from the sample count in the last Ogg page (RFC 3533, 6)."""
    with path.open("rb") as source:
        source.seek(max(0, path.stat().st_size - _TAIL))
        tail = source.read()
    page = tail.rfind(b"OggS")
    if page < 0 or page + 14 > len(tail):
        return 0
    return round(int.from_bytes(tail[page + 6 : page + 14], "little", signed=True) / _SAMPLES)
