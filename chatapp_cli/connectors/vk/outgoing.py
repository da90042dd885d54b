"""Convert our message to VK's: parts, attachments, and a number that makes each part arrive once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from chatapp_cli.connectors.vk.api import Params, VkApi
from chatapp_cli.connectors.vk.wire import Owned, Saved, UploadServer
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.outbound import LocalFile, Outbound

_PHOTOS: Final = frozenset({"image/jpeg", "image/png"})
"""What VK shows as a photo; anything else goes as a document."""
_VOICES: Final = frozenset({"audio/ogg", "audio/opus"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is sent as one VK message."""

    random_id: int
    text: str = ""
    files: Sequence[LocalFile] = ()
    reply_to: str = ""
    buttons: Sequence[str] = ()


def parts(message: Outbound) -> Iterator[Part]:
    """Split a message into parts: text and files together, each voice message alone."""
    voices = [file for file in message.files if is_voice(file)]
    others = [file for file in message.files if not is_voice(file)]
    loads = [(message.text, others)] if message.text or others else []
    loads += [("", [voice]) for voice in voices]
    for number, (text, files) in enumerate(loads):
        reply_to = message.reply_to if number == 0 and message.reply_to.isdecimal() else ""
        yield Part(
            random_id=random_id(message.key, number),
            text=text,
            files=files,
            reply_to=reply_to,
            buttons=message.buttons if text else (),
        )


def random_id(key: str, number: int) -> int:
    """A 31-bit number, never 0 and the same for the same part: VK drops repeats for about an hour."""
    digest = hashlib.sha256(f"{key}/{number}".encode()).digest()
    return int.from_bytes(digest[:4]) >> 1 or 1


def is_voice(file: LocalFile) -> bool:
    """Whether a file is a voice message in Ogg Opus."""
    return file.kind == "voice" and file.mime in _VOICES


def forward(peer: str, ext_id: str) -> str:
    """A quotation."""
    quoted = {"peer_id": int(peer), "conversation_message_ids": [int(ext_id)], "is_reply": True}
    return msgspec.json.encode(quoted).decode()


async def attach(api: VkApi, peer: str, file: LocalFile) -> str:
    """Upload a file; returns its reference for a message."""
    if is_voice(file):
        return await _document(api, peer, file, "audio_message")
    if file.kind == "photo" and file.mime in _PHOTOS:
        try:
            return await _photo(api, peer, file)
        except Rejected as refusal:
            if refusal.code not in {"file_refused", "bad_request"}:
                raise
    return await _document(api, peer, file, "doc")


async def _photo(api: VkApi, peer: str, file: LocalFile) -> str:
    server = await api.patiently("photos.getMessagesUploadServer", UploadServer, {"peer_id": peer})
    put = await api.upload(server.upload_url, "photo", file)
    about: Params = {"photo": put.photo, "server": put.server, "hash": put.hash}
    saved = await api.patiently("photos.saveMessagesPhoto", list[Owned], about)
    if not saved:
        raise Rejected("file_refused", "no photo")
    return named("photo", saved[0])


async def _document(api: VkApi, peer: str, file: LocalFile, kind: str) -> str:
    server = await api.patiently("docs.getMessagesUploadServer", UploadServer, {"type": kind, "peer_id": peer})
    put = await api.upload(server.upload_url, "file", file)
    saved = await api.patiently("docs.save", Saved, {"file": put.file, "title": file.name})
    found = saved.audio_message if kind == "audio_message" else saved.doc
    if found is None:
        raise Rejected("file_refused", "not saved")
    return named(kind, found)


def named(kind: str, thing: Owned) -> str:
    """The reference of an attachment in a message."""
    key = f"_{thing.access_key}" if thing.access_key else ""
    return f"{kind}{thing.owner_id}_{thing.id}{key}"
