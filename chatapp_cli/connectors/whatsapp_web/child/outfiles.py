"""Build WhatsApp messages: texts, files and quotations.

The library's own builders are not used: they turn numbers in a text into mentions, fetch linked pages, and need ffmpeg
for voice messages and videos.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, Final

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child.library import (
    AudioMessage,
    Content,
    ContextInfo,
    DocumentMessage,
    ExtendedTextMessage,
    ImageMessage,
    MediaType,
    Message,
    VideoMessage,
)

MEDIA: Final[Mapping[str, Any]] = {
    "photo": MediaType.MediaImage,
    "video": MediaType.MediaVideo,
    "audio": MediaType.MediaAudio,
    "voice": MediaType.MediaAudio,
    "document": MediaType.MediaDocument,
}
"""The encryption type of a file, by its kind."""
_THUMBNAIL: Final = (200, 200)
_OPUS_RATE: Final = 48_000
_PAGE: Final = b"OggS"


def text(words: str, context: Content | None) -> Content:
    """A text, with its quotation."""
    if context is None:
        return Message(conversation=words)
    return Message(extendedTextMessage=ExtendedTextMessage(text=words, contextInfo=context))


def file(out: wire.OutFile, upload: Any, content: bytes, caption: str, context: Content | None) -> Content:
    """An uploaded file."""
    where = {
        "URL": upload.url,
        "directPath": upload.DirectPath,
        "mediaKey": upload.MediaKey,
        "fileEncSHA256": upload.FileEncSHA256,
        "fileSHA256": upload.FileSHA256,
        "fileLength": upload.FileLength,
        "mimetype": out.mime,
        "contextInfo": context,
    }
    return _SHAPES[out.kind](out, content, caption, where)


def _photo(_: wire.OutFile, content: bytes, caption: str, where: Mapping[str, Any]) -> Content:
    return Message(imageMessage=ImageMessage(caption=caption, **_measured(content), **where))


def _video(_: wire.OutFile, __: bytes, caption: str, where: Mapping[str, Any]) -> Content:
    return Message(videoMessage=VideoMessage(caption=caption, **where))


def _audio(_: wire.OutFile, __: bytes, ___: str, where: Mapping[str, Any]) -> Content:
    return Message(audioMessage=AudioMessage(**where))


def _voice(_: wire.OutFile, content: bytes, __: str, where: Mapping[str, Any]) -> Content:
    played = {**where, "mimetype": "audio/ogg; codecs=opus"}
    return Message(audioMessage=AudioMessage(PTT=True, seconds=ogg_seconds(content), **played))


def _document(out: wire.OutFile, _: bytes, caption: str, where: Mapping[str, Any]) -> Content:
    return Message(documentMessage=DocumentMessage(fileName=out.name, title=out.name, caption=caption, **where))


_SHAPES: Final[Mapping[str, Callable[[wire.OutFile, bytes, str, Mapping[str, Any]], Content]]] = {
    "photo": _photo,
    "video": _video,
    "audio": _audio,
    "voice": _voice,
    "document": _document,
}


def _measured(content: bytes) -> Mapping[str, Any]:
    """Dimensions and a small preview; an unreadable picture gets none."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as picture:
            width, height = picture.size
            small = picture.convert("RGB")
            small.thumbnail(_THUMBNAIL)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return {}
    preview = io.BytesIO()
    small.save(preview, "JPEG")
    return {"width": width, "height": height, "JPEGThumbnail": preview.getvalue()}


def ogg_seconds(content: bytes) -> int:
    """Length of an Opus recording, from the position in its last page (RFC 3533 §6, RFC 7845 §4)."""
    at = content.rfind(_PAGE)
    if at < 0:
        return 0
    return round(int.from_bytes(content[at + 6 : at + 14], "little") / _OPUS_RATE)


def quotation(message_id: str, sender: str, original: Content | None) -> Content:
    """A quotation with its content, so that the other side can show it without the original."""
    shown = Message()
    if original is not None:
        shown.CopyFrom(original)
        shown.ClearField("messageContextInfo")
        for field, part in shown.ListFields():
            if field.message_type and "contextInfo" in field.message_type.fields_by_name:
                part.ClearField("contextInfo")
    return ContextInfo(stanzaID=message_id, participant=sender, quotedMessage=shown)


def retold(original: Content | None, words: str) -> Content:
    """A message with a new text; a file gets a new caption."""
    if original is not None:
        for name in ("imageMessage", "videoMessage", "documentMessage"):
            if original.HasField(name):
                again = Message()
                again.CopyFrom(original)
                again.ClearField("messageContextInfo")
                getattr(again, name).caption = words
                return again
    return Message(conversation=words)
