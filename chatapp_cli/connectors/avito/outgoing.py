"""Sending texts and pictures as separate messages, and finding a message whose outcome is unknown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import aiohttp

from chatapp_cli.connectors.avito import convert, wire
from chatapp_cli.connectors.avito.api import AvitoApi
from chatapp_cli.connectors.avito.convert import Mine
from chatapp_cli.connectors.avito.receive import PAGE, about_chat, messages_of
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected, Retryable
from chatapp_cli.domain.outbound import LocalFile, Outbound, Receipt
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.parts import send_part
from chatapp_cli.kit.understanding import readable
from chatapp_cli.ports.world import Clock

_LONGEST: Final = 1000
"""Characters in one of Avito's messages."""
_LONGEST_PAUSE: Final = 90.0
"""Seconds that a message of several parts may pause between them."""


class _Part(NamedTuple):
    """One request to Avito: where to post and what."""

    path: str
    body: Mapping[str, Any]


class AvitoSender:
    """Sends for one account."""

    def __init__(self, api: AvitoApi, clock: Clock, mine: Mine) -> None:
        self._api, self._clock, self._mine = api, clock, mine

    async def send(self, message: Outbound) -> Receipt:
        """Upload the pictures (not visible yet), then post the text and each picture."""
        parts = [part async for part in self._parts(message)]
        sent: list[wire.Message] = []
        for part in parts:
            post = partial(self._post, part)
            sent.append(await send_part(post, _ids(sent), self._clock, longest=_LONGEST_PAUSE))
        texts = len(_cut(message.text))
        return Receipt(ids=_ids(sent), at=sent[0].created * 1000 or None, texts=_ids(sent[:texts]))

    async def reconcile(self, message: Outbound) -> Receipt | None:
        """Look for the message among ours that are newer than everything the desk knows of the chat."""
        page = await self._api.page(messages_of(self._mine.account, message.address), "messages", offset=0, limit=PAGE)
        history, _ = readable(page, convert.message_of)
        later = _after(history, message.thread)
        ours = [one for one in reversed(later) if self._mine.wrote(one)]
        wanted = _cut(message.text)
        left = iter(ours)
        texts = [one for text in wanted if (one := next((one for one in left if _says(one, text)), None))]
        pictures = [one for one in ours if one.type == "image"][: len(message.files)]
        if len(texts) < len(wanted) or len(pictures) < len(message.files):
            return None
        found = [*texts, *pictures]
        return Receipt(ids=_ids(found), at=found[0].created * 1000 or None, texts=_ids(texts))

    async def delete(self, address: str, ext_id: str) -> None:
        """Delete a message; succeeds if it is already gone."""
        try:
            await about_chat(self._api, partial(self._api.post, f"{self._chat(address)}/messages/{ext_id}", object))
        except Rejected as refusal:
            if refusal.code == "chat_gone" or (refusal.code == "refused" and await self._is_gone(address, ext_id)):
                return
            raise Rejected("cannot_delete", refusal.detail) from refusal

    async def _is_gone(self, address: str, ext_id: str) -> bool:
        """Avito gives the same refusal for «too old» and «already deleted»; the chat's history tells them apart."""
        page = await self._api.page(messages_of(self._mine.account, address), "messages", offset=0, limit=PAGE)
        history, _ = readable(page, convert.message_of)
        return any(one.id == ext_id and one.type == "deleted" for one in history)

    async def mark_read(self, address: str) -> None:
        """Mark everything as read for the client."""
        await about_chat(self._api, partial(self._api.post, f"{self._chat(address)}/read", object))

    async def _parts(self, message: Outbound) -> AsyncIterator[_Part]:
        chat = self._chat(message.address)
        for text in _cut(message.text):
            yield _Part(f"{chat}/messages", {"message": {"text": text}, "type": "text"})
        for file in message.files:
            image_id = await self._upload(file)
            yield _Part(f"{chat}/messages/image", {"image_id": image_id})

    async def _upload(self, file: LocalFile) -> str:
        if file.mime not in manifest("avito").capabilities.upload_types:
            raise Rejected("only_pictures", file.name)
        path = f"/messenger/v1/accounts/{self._mine.account}/uploadImages"
        upload = partial(self._api.post, path, dict[str, object], upload=partial(_form, file))
        uploaded = await about_chat(self._api, upload, partial(Rejected, "refused"))
        for image_id in uploaded:
            return image_id
        raise Retryable("strange_answer", "uploadImages")

    async def _post(self, part: _Part) -> wire.Message:
        post = partial(self._api.post, part.path, wire.Message, once=True, json=part.body)
        return _named(await about_chat(self._api, post))

    def _chat(self, address: str) -> str:
        return f"/messenger/v1/accounts/{self._mine.account}/chats/{address}"


def _named(message: wire.Message) -> wire.Message:
    """The message was sent. Without its id it cannot be identified: raises OutcomeUnknown."""
    if not message.id:
        raise OutcomeUnknown("strange_answer", "a message without an id")
    return message


def _cut(text: str) -> Sequence[str]:
    """Split a text to Avito's length limit, at line ends if possible, else between words."""
    pieces = []
    rest = text.strip()
    while len(rest) > _LONGEST:
        ends = (rest.rfind(gap, _LONGEST // 2, _LONGEST + 1) for gap in ("\n", " "))
        end = next((end for end in ends if end > 0), _LONGEST)
        pieces.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*pieces, rest] if rest else pieces


def _form(file: LocalFile) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("uploadfile[]", file.path.open("rb"), filename=file.name, content_type=file.mime)
    return form


def _ids(messages: Sequence[wire.Message]) -> tuple[str, ...]:
    return tuple(one.id for one in messages)


def _says(message: wire.Message, text: str) -> bool:
    return message.content is not None and (message.content.text or "").strip() == text.strip()


def _after(history: Sequence[wire.Message], known: Sequence[str]) -> Sequence[wire.Message]:
    """The messages, newest first, that are newer than every known one; empty if no known one is among them."""
    places = [place for place, message in enumerate(history) if message.id in set(known)]
    return history[: places[0]] if places else ()
