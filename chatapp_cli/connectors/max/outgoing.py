"""Convert our message to MAX messages; files are uploaded before anything is visible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any, Final, NamedTuple, TypeAlias

from chatapp_cli.connectors.max import wire
from chatapp_cli.connectors.max.api import MaxApi
from chatapp_cli.connectors.max.convert import UNTOLD
from chatapp_cli.connectors.max.keyboard import keyboard
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected, Retryable
from chatapp_cli.domain.outbound import LocalFile, Outbound, Receipt
from chatapp_cli.kit.lenient import read_as
from chatapp_cli.kit.parts import send_part
from chatapp_cli.ports.world import Clock

Json: TypeAlias = dict[str, Any]

MEGABYTE: Final = 1024 * 1024
_SHOWN: Final[Mapping[str, tuple[frozenset[str], int]]] = {
    "image": (
        frozenset({"image/jpeg", "image/png", "image/gif", "image/tiff", "image/bmp", "image/heic"}),
        50 * MEGABYTE,
    ),
    "video": (frozenset({"video/mp4", "video/quicktime", "video/x-matroska", "video/webm"}), 250 * MEGABYTE),
    "audio": (
        frozenset({"audio/mpeg", "audio/mp3", "audio/wav", "audio/x-wav", "audio/mp4", "audio/x-m4a"}),
        256 * MEGABYTE,
    ),
}
"""File types that MAX shows as more than a file, and their largest size in bytes."""
_TOGETHER: Final = 10
"""Pictures and videos in one message."""
_NOT_READY: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Seconds between attempts while MAX still works on an upload; nothing was sent meanwhile."""
_HISTORY: Final = 100


def shape(file: LocalFile) -> str:
    """The upload type of a file: what MAX cannot show goes as a plain file."""
    fitting = (kind for kind, (mimes, most) in _SHOWN.items() if file.mime in mimes and file.size <= most)
    return next(fitting, "file")


def _groups(files: Sequence[LocalFile]) -> Iterator[Sequence[LocalFile]]:
    """Group files: pictures and videos share a message; audio and plain files get one each."""
    for shared, neighbours in groupby(files, key=lambda file: shape(file) in {"image", "video"}):
        together = list(neighbours)
        most = _TOGETHER if shared else 1
        yield from (together[start : start + most] for start in range(0, len(together), most))


class _Part(NamedTuple):
    """A MAX message to be sent."""

    text: str
    attachments: Sequence[Json]
    buttons: Sequence[str] = ()

    def fits(self, message: wire.Message) -> bool:
        """Whether a message may be this part."""
        body = message.body
        if body is None:
            return False
        carried = [one for one in body.attachments or () if one.type not in {"share", "inline_keyboard"}]
        return (body.text or "").strip() == self.text.strip() and len(carried) == len(self.attachments)


class MaxSender:
    """Sends for one bot."""

    def __init__(self, api: MaxApi, clock: Clock, bot: str) -> None:
        self._api, self._clock, self._bot = api, clock, bot

    async def send(self, message: Outbound) -> Receipt:
        """Upload, then post the text with the first files and the rest after it."""
        if message.address == UNTOLD:
            raise Rejected("nobody_named")
        parts = [
            _Part(text, [await self._upload(file) for file in files], message.buttons if text else ())
            for text, files in _plan(message)
        ]
        sent: list[wire.Message] = []
        for part in parts:
            reply = message.reply_to if not sent else ""
            post = partial(self._ready, message.address, _body(part, reply))
            sent.append(await send_part(post, _ids(sent), self._clock))
        ids = _ids(sent)
        return Receipt(ids=ids, at=sent[0].timestamp or None, texts=ids[:1] if message.text else ())

    async def reconcile(self, message: Outbound) -> Receipt | None:
        """Look for the message among the bot's that are newer than everything the desk knows of the chat."""
        if message.address == UNTOLD:
            return None
        history = await self._api.get("/messages", wire.Messages, chat_id=message.address, count=_HISTORY)
        known = set(message.thread)
        places = [place for place, one in enumerate(history.messages) if one.body and one.body.mid in known]
        later = reversed(history.messages[: places[0]] if places else ())
        ours = iter([one for one in later if one.sender and str(one.sender.user_id) == self._bot])
        parts = [_Part(text, [{}] * len(files)) for text, files in _plan(message)]
        found = [next((one for one in ours if part.fits(one)), None) for part in parts]
        whole = [one for one in found if one is not None]
        return Receipt(ids=_ids(whole), at=whole[0].timestamp or None) if len(whole) == len(parts) else None

    async def _upload(self, file: LocalFile) -> Json:
        """Upload a file; the upload returns the token of a picture or plain file, video and audio get it before."""
        kind = shape(file)
        slot = await self._api.post("/uploads", wire.Slot, type=kind)
        answer = await self._api.upload(slot.url, file)
        return {"type": kind, "payload": {"token": slot.token} if slot.token else _payload(answer, kind)}

    async def _ready(self, address: str, body: Json) -> wire.Message:
        for pause in (*_NOT_READY, None):
            try:
                answer = await self._api.post("/messages", wire.Sent, once=True, json=body, chat_id=address)
            except Retryable as busy:
                if busy.code != "attachment_not_ready" or pause is None:
                    raise
                await self._clock.sleep(pause)
            else:
                return _named(answer.message)
        raise AssertionError("the last attempt returns or raises")


def _named(message: wire.Message) -> wire.Message:
    """The message was sent. Without its id it cannot be identified: raises OutcomeUnknown."""
    if not (message.body and message.body.mid):
        raise OutcomeUnknown("strange_answer", "a message without an id")
    return message


def _plan(message: Outbound) -> Iterator[tuple[str, Sequence[LocalFile]]]:
    """Pair text and files; the text goes with the first files."""
    groups = list(_groups(message.files)) or [()]
    for number, files in enumerate(groups):
        yield message.text if number == 0 else "", files


def _body(part: _Part, reply_to: str) -> Json:
    below = [keyboard(part.buttons)] if part.buttons else []
    body: Json = {"text": part.text, "attachments": [*part.attachments, *below]}
    return body | ({"link": {"type": "reply", "mid": reply_to}} if reply_to else {})


def _payload(answer: bytes, kind: str) -> Json:
    try:
        said = read_as(answer, wire.Uploaded, lax=True)
    except ValueError:
        said = wire.Uploaded()
    if kind == "image" and said.photos:
        return {"photos": {name: {"token": one.token} for name, one in said.photos.items()}}
    if not said.token:
        raise Retryable("strange_answer", "upload without a token")
    return {"token": said.token}


def _ids(messages: Sequence[wire.Message]) -> tuple[str, ...]:
    return tuple(one.body.mid for one in messages if one.body)
