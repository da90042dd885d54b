"""Convert our message to Meta's: texts, files and approved templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from chatapp_cli.connectors.whatsapp.interactive import interactive
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.domain.template import Filled

Shape: TypeAlias = Literal["image", "video", "audio", "sticker", "document"]

MAX_CAPTION: Final = 1024
_MEGABYTE: Final = 1024 * 1024
_LIMITS: Final[Mapping[Shape, int]] = {
    "image": 5 * _MEGABYTE,
    "video": 16 * _MEGABYTE,
    "audio": 16 * _MEGABYTE,
    "sticker": 500 * 1024,
}
"""The largest size in bytes of what WhatsApp shows as more than a document; larger files go as documents."""
_SHOWN: Final[Mapping[str, Shape]] = {
    **dict.fromkeys(("image/jpeg", "image/png"), "image"),
    **dict.fromkeys(("video/mp4", "video/3gpp"), "video"),
    **dict.fromkeys(("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"), "audio"),
    "image/webp": "sticker",
}
_CAPTIONED: Final = frozenset({"image", "video", "document"})


@dataclass(frozen=True, slots=True)
class Part:
    """One Meta message; without the id of its file yet."""

    kind: str
    content: Mapping[str, Any]
    file: LocalFile | None = None

    def uploaded(self, media: str) -> Part:
        """The part with the id of its file."""
        return Part(self.kind, {"id": media, **self.content})


def shape(file: LocalFile) -> Shape:
    """How a file is sent."""
    found = _SHOWN.get(file.mime.partition(";")[0], "document")
    if found == "sticker" and file.kind != "sticker":
        return "document"
    return found if file.size <= _LIMITS.get(found, file.size) else "document"


def plan(message: Outbound) -> Iterator[Part]:
    """Yield what to send, in order."""
    if message.template:
        yield Part("template", _template(message.template))
        return
    caption = _caption(message)
    if message.text and not (caption or message.buttons):
        yield Part("text", {"body": message.text, "preview_url": True})
    for file in message.files:
        yield _carried(file, caption)
        caption = ""
    if message.buttons:
        yield Part("interactive", interactive(message.text, message.buttons))


def _caption(message: Outbound) -> str:
    """The caption of the first file, if it may have one; a text with buttons comes after the files."""
    if message.buttons:
        return ""
    beside = bool(message.files) and shape(message.files[0]) in _CAPTIONED and len(message.text) <= MAX_CAPTION
    return message.text if beside else ""


def _carried(file: LocalFile, caption: str) -> Part:
    kind = shape(file)
    named = {"filename": file.name} if kind == "document" else {}
    return Part(kind, {**named, **({"caption": caption} if caption else {})}, file)


def _template(filled: Filled) -> Mapping[str, Any]:
    language = {"policy": "deterministic", "code": filled.language}
    bare: dict[str, Any] = {"name": filled.name, "language": language}
    if not filled.values:
        return bare
    return {**bare, "components": [{"type": "body", "parameters": [_gap(*value) for value in filled.values]}]}


def _gap(name: str, text: str) -> Mapping[str, str]:
    """The values for a template: numbered placeholders by order, named ones by name."""
    named = {} if name.isdecimal() else {"parameter_name": name}
    return {"type": "text", **named, "text": text}


def addressed(message: Outbound, part: Part, *, quoting: bool) -> Mapping[str, Any]:
    """The complete message; its label is returned with every delivery state."""
    quoted = {"context": {"message_id": message.reply_to}} if quoting and message.reply_to else {}
    return {
        **to(message.address),
        "type": part.kind,
        part.kind: part.content,
        "biz_opaque_callback_data": message.key,
        **quoted,
    }


def to(address: str) -> Mapping[str, str]:
    """The recipient: a phone, a business-scoped id, or a group."""
    whole = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    if address.startswith("+"):
        return {**whole, "to": address.removeprefix("+")}
    if is_person(address):
        return {**whole, "recipient": address}
    return {**whole, "recipient_type": "group", "to": address}


def is_person(address: str) -> bool:
    """Whether it is a person's id such as ``RU.1349…``; a group's has no dot."""
    return address[2:3] == "." and address[:2].isalpha()
