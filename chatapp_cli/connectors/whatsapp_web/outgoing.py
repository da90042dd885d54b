"""Convert our message to WhatsApp messages, each with one file at most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.convert import jid
from chatapp_cli.domain.outbound import LocalFile, Outbound

MAX_CAPTION: Final = 1024
MAX_SHOWN: Final = 16 * 1024 * 1024
"""Bytes above which a file goes as a document."""
_PLAYABLE: Final[Mapping[str, frozenset[str]]] = {
    "photo": frozenset({"image/jpeg", "image/png"}),
    "video": frozenset({"video/mp4", "video/3gpp"}),
    "audio": frozenset({"audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/aac", "audio/ogg"}),
    "voice": frozenset({"audio/ogg"}),
}
"""What WhatsApp shows as more than a document."""
_CAPTIONED: Final = frozenset({"photo", "video", "document"})


def plan(message: Outbound) -> Iterator[wire.Send]:
    """Yield the messages in order: the text as the first file's caption if possible, the quotation with the first."""
    to, quote = jid(message.address), message.reply_to
    caption = message.text if _bears(message) else ""
    if message.text and not caption:
        yield wire.Send(to=to, text=message.text, quote=quote)
        quote = ""
    for file in message.files:
        out = wire.OutFile(path=str(file.path), name=file.name, mime=file.mime, kind=shape(file))
        yield wire.Send(to=to, text=caption, file=out, quote=quote)
        caption = quote = ""


def _bears(message: Outbound) -> bool:
    return bool(message.files) and shape(message.files[0]) in _CAPTIONED and len(message.text) <= MAX_CAPTION


def shape(file: LocalFile) -> str:
    """How a file is sent: what WhatsApp cannot show goes as a document."""
    shown = file.mime in _PLAYABLE.get(file.kind, ()) and file.size <= MAX_SHOWN
    return file.kind if shown else "document"
