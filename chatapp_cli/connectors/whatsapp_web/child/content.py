"""The content of a WhatsApp message: text, file and quotation. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child.library import Content, Message, events

_WRAPPERS: Final = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "editedMessage",
    "groupMentionedMessage",
    "lottieStickerMessage",
    "associatedChildMessage",
    "botInvokeMessage",
    "spoilerMessage",
)
_SILENT: Final = frozenset(
    {
        "albumMessage",
        "call",
        "callLogMesssage",
        "encEventResponseMessage",
        "encCommentMessage",
        "encReactionMessage",
        "fastRatchetKeySenderKeyDistributionMessage",
        "keepInChatMessage",
        "messageContextInfo",
        "messageHistoryBundle",
        "messageHistoryNotice",
        "pinInChatMessage",
        "placeholderMessage",
        "pollUpdateMessage",
        "protocolMessage",
        "reactionMessage",
        "secretEncryptedMessage",
        "senderKeyDistributionMessage",
        "stickerSyncRmrMessage",
    }
)
"""Internal messages of WhatsApp's apps, which are not shown."""


SENT: Final = "sent"
"""Type of a line of the journal that is a message of ours."""


@dataclass(frozen=True, slots=True)
class Said:
    """The visible content."""

    text: str = ""
    file: wire.File | None = None
    reply_to: str = ""


def unwrapped(message: Content) -> Content:
    """The message inside wrappers that only control how it is shown."""
    inner = _inside(message)
    return message if inner is None else unwrapped(inner)


def _inside(message: Content) -> Content | None:
    for name in _WRAPPERS:
        if message.HasField(name) and getattr(message, name).HasField("message"):
            return getattr(message, name).message
    return message.deviceSentMessage.message if message.HasField("deviceSentMessage") else None


def is_shown(message: Content) -> bool:
    """Whether it is shown as a message of its own."""
    return said(unwrapped(message), "") is not None


def secret(kind: str, data: bytes) -> bytes:
    """The secret that encrypts changes of a message, from its journal entry; empty if it has none."""
    message = events.Message.FromString(data).Message if kind == "Message" else Message()
    if kind == SENT:
        message = Message.FromString(data)
    return _secret(message)


def _secret(message: Content) -> bytes:
    if message.HasField("messageContextInfo") and message.messageContextInfo.messageSecret:
        return bytes(message.messageContextInfo.messageSecret)
    inner = _inside(message)
    return _secret(inner) if inner is not None else b""


def said(message: Content, remote: str) -> Said | None:
    """Read an unwrapped message; ``None`` if it has no content. ``remote`` is its file's download reference."""
    if message.HasField("conversation"):
        return Said(text=message.conversation)
    present = [field.name for field, _ in message.ListFields() if field.name not in _SILENT]
    if not present:
        return None
    name = present[0]
    part = getattr(message, name)
    return Said(text=_text(name, part), file=_file(name, part, remote), reply_to=_quoted(part))


def _quoted(part: Content) -> str:
    context = getattr(part, "contextInfo", None)
    return str(context.stanzaID) if context is not None else ""


def _text(name: str, part: Content) -> str:
    return _TEXTS.get(name, lambda _: f"[{name.removesuffix('Message')}]")(part)


def _caption(part: Content) -> str:
    return str(part.caption)


def _nothing(_: Content) -> str:
    return ""


def _place(part: Content) -> str:
    lat, lon = f"{part.degreesLatitude:.6f}", f"{part.degreesLongitude:.6f}"
    link = f"https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=17/{lat}/{lon}"
    described = (getattr(part, name, "") for name in ("name", "address", "caption"))
    return "\n".join([*filter(None, described), link])


def _contact(part: Content) -> str:
    phones = (line.rpartition(":")[2] for line in part.vcard.splitlines() if line.upper().find("TEL") >= 0)
    return "\n".join([part.displayName, *phones])


def _contacts(part: Content) -> str:
    return "\n".join(_contact(one) for one in part.contacts)


def _poll(part: Content) -> str:
    return "\n".join([f"[poll] {part.name}", *(f"– {option.optionName}" for option in part.options)])


_TEXTS: Final[Mapping[str, Callable[[Content], str]]] = {
    "extendedTextMessage": lambda part: str(part.text),
    "imageMessage": _caption,
    "videoMessage": _caption,
    "ptvMessage": _caption,
    "documentMessage": _caption,
    "audioMessage": _nothing,
    "stickerMessage": _nothing,
    "locationMessage": _place,
    "liveLocationMessage": _place,
    "contactMessage": _contact,
    "contactsArrayMessage": _contacts,
    "pollCreationMessage": _poll,
    "pollCreationMessageV2": _poll,
    "pollCreationMessageV3": _poll,
    "buttonsResponseMessage": lambda part: str(part.selectedDisplayText),
    "templateButtonReplyMessage": lambda part: str(part.selectedDisplayText),
    "listResponseMessage": lambda part: str(part.title),
}

_KINDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "imageMessage": ("photo", "photo", "image/jpeg"),
    "videoMessage": ("video", "video", "video/mp4"),
    "ptvMessage": ("video", "video", "video/mp4"),
    "audioMessage": ("audio", "audio", "audio/mpeg"),
    "stickerMessage": ("sticker", "sticker", "image/webp"),
    "documentMessage": ("document", "file", "application/octet-stream"),
}
"""Defaults of kind, name and type."""
_ENDINGS: Final[Mapping[str, str]] = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "application/pdf": ".pdf",
}


def _file(name: str, part: Content, remote: str) -> wire.File | None:
    if name not in _KINDS:
        return None
    kind, called, usual = _KINDS[name]
    mime = (part.mimetype or usual).partition(";")[0].strip()
    if name == "audioMessage" and part.PTT:
        kind = called = "voice"
    named = getattr(part, "fileName", "") or getattr(part, "title", "")
    return wire.File(
        type=kind,
        name=named or called + _ENDINGS.get(mime, ""),
        mime=mime,
        size=part.fileLength,
        seconds=getattr(part, "seconds", 0),
        remote=remote,
    )
