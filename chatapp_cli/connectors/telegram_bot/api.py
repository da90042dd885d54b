"""One bot's Bot API: aiogram's methods for calls, our own decoding for what arrives."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError
from aiogram.methods import GetFile, TelegramMethod
from aiohttp import ClientError, ClientTimeout

from chatapp_cli.connectors.telegram_bot import errors
from chatapp_cli.connectors.telegram_bot.convert import update_id
from chatapp_cli.connectors.telegram_bot.updates import WANTED, Answer
from chatapp_cli.domain.errors import ChannelError, Retryable
from chatapp_cli.kit.lenient import read_as
from chatapp_cli.kit.slices import items
from chatapp_cli.ports.bind import Bound

R = TypeVar("R")

PATIENCE = 30
"""Seconds for an ordinary call."""
SLOWEST = 100_000
"""The slowest accepted transfer, in bytes per second."""
_LIMIT = 100
_FAILURES = (AiogramError, ClientError, TimeoutError, ValueError, RecursionError)
"""The last two are raised by decoders for an answer that is not text or too deeply nested."""


class BotApi:
    """Calls for one bot; every failure is a ChannelError without the token."""

    def __init__(self, *, token: str, url: str, local: bool) -> None:
        self._token = token
        self._http = AiohttpSession(api=TelegramAPIServer.from_base(url, is_local=local))
        self._bot = Bot(token, session=self._http)

    @classmethod
    def of(cls, bound: Bound) -> Self:
        """Open the API for a bound channel."""
        settings = bound.settings
        return cls(token=bound.secrets["token"], url=settings["api_url"], local=settings["local"] == "on")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close at once: aiogram's own close pauses for a TLS problem that aiohttp no longer has."""
        session = await self._http.create_session()
        await session.close()

    async def call(self, method: TelegramMethod[R], *, patience: int = PATIENCE, once: bool = False) -> R:
        """Call a method; with ``once`` (not repeatable) no answer means OutcomeUnknown."""
        try:
            return await self._bot(method, request_timeout=patience)
        except _FAILURES as error:
            failure = errors.translate(error, token=self._token, once=once)
        raise failure  # outside the handler, so that no exception with the address stays as its context

    async def download(self, file_id: str, target: Path) -> None:
        """Download a file; a local Bot API server fetches it completely before it answers."""
        file = await self.call(GetFile(file_id=file_id), patience=600)
        if file.file_path is None:
            raise Retryable("file_gone")
        if self._http.api.is_local and not await asyncio.to_thread(os.access, file.file_path, os.R_OK):
            raise Retryable("files_not_shared", errors.scrub(file.file_path, self._token))
        try:
            await self._bot.download_file(file.file_path, target, timeout=patience_for(file.file_size or 0))
        except _FAILURES as error:
            failure = errors.translate(error, token=self._token, once=False)
        else:
            return
        raise failure

    async def updates(self, offset: int | None, wait: int, *, most: int = _LIMIT) -> list[bytes]:
        """Request updates from ``offset`` on, which confirms all earlier ones; wait up to ``wait`` seconds.

        An update with malformed JSON breaks the whole answer: it is then requested alone and returned as is.
        """
        start = {} if offset is None else {"offset": offset}
        asked = {"limit": most, "timeout": wait, "allowed_updates": WANTED, **start}
        status, body = await self._get_updates(asked, wait + PATIENCE)
        try:
            self._heed(read_as(body, Answer, lax=True))
            return items(body, "result")
        except ValueError:
            if update_id(body) is None:
                raise Retryable("no_answer", f"HTTP {status}") from None
        return [body] if most == 1 else await self.updates(offset, 0, most=1)

    def _heed(self, answer: Answer) -> None:
        if not answer.ok:
            raise _refusal(answer, errors.scrub(answer.description, self._token))

    async def _get_updates(self, asked: Mapping[str, Any], patience: int) -> tuple[int, bytes]:
        url = self._http.api.api_url(token=self._token, method="getUpdates")
        try:
            session = await self._http.create_session()
            async with session.post(url, json=asked, timeout=ClientTimeout(total=patience)) as response:
                return response.status, await response.read()
        except _FAILURES as error:
            failure = errors.translate(error, token=self._token, once=False)
        raise failure


def patience_for(size: int) -> int:
    """The timeout in seconds for a transfer of this many bytes."""
    return PATIENCE + size // SLOWEST


def _refusal(answer: Answer, words: str) -> ChannelError:
    if answer.error_code == errors.LIMITED or answer.parameters.retry_after:
        return errors.limited(words, answer.parameters.retry_after, "")
    if answer.error_code >= 500:  # noqa: PLR2004 - HTTP
        return Retryable("server_trouble", words)
    return errors.refused(answer.error_code, words)
