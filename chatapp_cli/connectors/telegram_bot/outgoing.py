"""Convert our message to Telegram methods: texts, single files and albums."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Literal, TypeAlias

from aiogram.methods import (
    SendAudio,
    SendDocument,
    SendMediaGroup,
    SendMessage,
    SendPhoto,
    SendVideo,
    SendVoice,
    TelegramMethod,
)
from aiogram.types import (
    FSInputFile,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    MediaUnion,
    ReplyParameters,
)

from chatapp_cli.connectors.telegram_bot.keyboard import keyboard
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.domain.portions import portions

Send: TypeAlias = TelegramMethod[Any]
"""A method that returns one message or, for an album, a list of them."""
Shape: TypeAlias = Literal["photo", "video", "audio", "voice", "document"]

MAX_CAPTION = 1024
MAX_PHOTO = 10 * 1024 * 1024
"""A larger photo goes as a document."""
_ALBUM = 10
_PLAYABLE: Mapping[Shape, frozenset[str]] = {
    "photo": frozenset({"image/jpeg", "image/png", "image/webp"}),
    "video": frozenset({"video/mp4"}),
    "audio": frozenset({"audio/mpeg", "audio/mp3", "audio/mp4", "audio/x-m4a", "audio/aac"}),
    "voice": frozenset({"audio/ogg", "audio/opus"}),
}
"""What Telegram shows as more than a document."""

_SINGLE: Mapping[Shape, Callable[..., Send]] = {
    "photo": SendPhoto,
    "video": SendVideo,
    "audio": SendAudio,
    "voice": SendVoice,
    "document": SendDocument,
}
_IN_ALBUM: Mapping[Shape, Callable[..., MediaUnion]] = {
    "photo": InputMediaPhoto,
    "video": InputMediaVideo,
    "audio": InputMediaAudio,
    "document": InputMediaDocument,
}
_FAMILY: Mapping[Shape, str] = {"photo": "seen", "video": "seen", "audio": "heard", "document": "read"}
"""Only files of one family share an album."""


def plan(message: Outbound) -> Iterator[tuple[Send, int]]:
    """Yield the methods to call in order, each with its upload size in bytes; the first has the quotation.

    An album can have no buttons, so a text with buttons comes after the files.
    """
    reply = _reply(message.reply_to)
    albums = list(_albums(message.files))
    caption = message.text if albums and not message.buttons and len(message.text) <= MAX_CAPTION else ""
    if message.text and not (caption or message.buttons):
        yield SendMessage(chat_id=message.address, text=message.text, reply_parameters=reply), 0
        reply = None
    for files in albums:
        beside = {"chat_id": message.address, "reply_parameters": reply}
        yield _upload(files, caption, beside), sum(file.size for file in files)
        caption, reply = "", None
    if message.buttons:
        below = keyboard(message.buttons)
        said = SendMessage(chat_id=message.address, text=message.text, reply_parameters=reply, reply_markup=below)
        yield said, 0


def _reply(ext_id: str) -> ReplyParameters | None:
    if not ext_id.isdecimal():
        return None
    return ReplyParameters(message_id=int(ext_id), allow_sending_without_reply=True)


def shape(file: LocalFile) -> Shape:
    """How a file is sent: what Telegram cannot show goes as a document."""
    for candidate, mimes in _PLAYABLE.items():
        if file.kind == candidate and file.mime in mimes:
            return "document" if candidate == "photo" and file.size > MAX_PHOTO else candidate
    return "document"


def _albums(files: Sequence[LocalFile]) -> Iterator[Sequence[LocalFile]]:
    """Group neighbours that Telegram shows together; a voice message is always alone."""
    for family, group in groupby(files, key=lambda file: _FAMILY.get(shape(file))):
        together = list(group)
        most = _ALBUM if family else 1
        yield from portions(together, most)


def _upload(files: Sequence[LocalFile], caption: str, beside: Mapping[str, Any]) -> Send:
    if len(files) == 1:
        form = shape(files[0])
        return _SINGLE[form](caption=caption or None, **{form: _content(files[0])}, **beside)
    captions = [caption or None, *[None] * (len(files) - 1)]
    return SendMediaGroup(media=[_item(f, words) for f, words in zip(files, captions, strict=True)], **beside)


def _item(file: LocalFile, caption: str | None) -> MediaUnion:
    return _IN_ALBUM[shape(file)](media=_content(file), caption=caption)


def _content(file: LocalFile) -> FSInputFile:
    return FSInputFile(file.path, filename=file.name)
