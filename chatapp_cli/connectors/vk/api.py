"""VK's API over HTTP: https://dev.vk.com/api/api-requests. Every failure is a ChannelError without the key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypeVar

import aiohttp
import msgspec

from chatapp_cli.connectors.vk import errors
from chatapp_cli.connectors.vk.wire import Answer, LongPollServer, Polled, Uploaded
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, RateLimited, Rejected, Retryable
from chatapp_cli.domain.outbound import LocalFile
from chatapp_cli.kit.http import HttpResponse, network, open_proxied, read, verdict
from chatapp_cli.kit.lenient import UNREADABLE, read_as
from chatapp_cli.ports.world import Clock

VERSION: Final = "5.199"
WAIT: Final = 25
"""The longest long poll in seconds; below the minute within which a heartbeat is due."""
PATIENCE: Final = 30
"""Seconds for an ordinary call."""
SLOWEST: Final = 100_000
"""The slowest accepted transfer, in bytes per second."""
_MOST: Final = 1 << 26
_PAUSES: Final = 5
_SHORT: Final = 3
"""The longest rate limit that is sat out, in seconds."""

T = TypeVar("T")
Param: TypeAlias = str | int | bool | Sequence[str | int]
Params: TypeAlias = Mapping[str, Param]
_NONE: Final[Params] = {}


class VkApi:
    """Calls with one access key."""

    def __init__(self, http: aiohttp.ClientSession, *, url: str, token: str, clock: Clock) -> None:
        self._http, self._url, self._token, self._clock = http, url, token, clock

    async def call(self, method: str, answers: type[T], params: Params = _NONE, *, once: bool = False) -> T:
        """Call a method; with ``once`` (not repeatable) no answer means OutcomeUnknown."""
        form = {name: _spelled(value) for name, value in params.items()}
        form |= {"access_token": self._token, "v": VERSION}
        with network((self._token,), once=once):
            timeout = aiohttp.ClientTimeout(total=PATIENCE)
            url = f"{self._url}/method/{method}"
            async with self._http.post(url, data=form, timeout=timeout, allow_redirects=False) as response:
                answer = await read(response, _MOST)
        return self._understood(answer, answers, once=once)

    async def patiently(self, method: str, answers: type[T], params: Params = _NONE) -> T:
        """The same for repeatable background calls: short rate limits are waited for."""
        for _ in range(_PAUSES):
            try:
                return await self.call(method, answers, params)
            except RateLimited as pause:
                if pause.retry_after > _SHORT:
                    raise
                await self._clock.sleep(pause.retry_after)
        return await self.call(method, answers, params)

    def _understood(self, response: HttpResponse, answers: type[T], *, once: bool) -> T:
        if not response.ok:
            raise self._unwell(response, once=once)
        try:
            said = read_as(response.body, Answer)
            if said.error:
                raise errors.refused(said.error.error_code, said.error.error_msg.replace(self._token, "***"))
            return read_as(bytes(said.response), answers)
        except UNREADABLE as error:
            raise (OutcomeUnknown if once else Retryable)("no_answer", str(error)) from None

    def _unwell(self, response: HttpResponse, *, once: bool) -> ChannelError:
        found = verdict(response, f"HTTP {response.status}", now=self._clock.now())
        return OutcomeUnknown("no_answer", found.detail) if once and isinstance(found, Retryable) else found

    async def poll(self, server: LongPollServer, ts: str | int) -> Polled:
        """Request the events since ``ts``."""
        asked = {"act": "a_check", "key": server.key, "ts": str(ts), "wait": str(WAIT)}
        with network((server.key,)):
            timeout = aiohttp.ClientTimeout(total=WAIT + PATIENCE)
            async with self._http.get(server.server, params=asked, timeout=timeout) as response:
                answer = await read(response, _MOST)
        if not answer.ok:
            raise self._unwell(answer, once=False)
        try:
            return read_as(answer.body, Polled)
        except UNREADABLE as error:
            raise Retryable("no_answer", str(error)) from None

    async def upload(self, url: str, part: Literal["file", "photo"], file: LocalFile) -> Uploaded:
        """Upload a file; the answer is JSON, whatever its content type."""
        with network(), await asyncio.to_thread(file.path.open, "rb") as content:
            form = aiohttp.FormData(quote_fields=False)
            form.add_field(part, content, filename=_harmless(file.name), content_type=file.mime)
            timeout = aiohttp.ClientTimeout(total=2 * PATIENCE + file.size // SLOWEST)
            async with self._http.post(url, data=form, timeout=timeout) as response:
                answer = await read(response, _MOST)
        if not answer.ok:
            raise self._unwell(answer, once=False)
        try:
            said = msgspec.json.decode(answer.body, type=Uploaded, strict=False)
        except UNREADABLE as error:
            raise Retryable("no_answer", str(error)) from None
        if said.error or not (said.file or said.photo.strip("[]")):
            raise Rejected("file_refused", said.error_descr or said.error)
        return said

    async def download(self, url: str, target: Path, limit: int) -> None:
        """Download a file, at most ``limit`` bytes."""
        timeout = aiohttp.ClientTimeout(total=PATIENCE + limit // SLOWEST, sock_read=PATIENCE)
        with network():
            async with self._http.get(url, timeout=timeout) as response:
                if not response.ok:
                    empty = HttpResponse(response.status, response.headers, b"")
                    raise verdict(empty, f"HTTP {response.status}", now=self._clock.now(), verdicts=errors.FILES)
                await _save(response.content, target, limit)


def _spelled(value: Param) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return str(value) if isinstance(value, str | int) else ",".join(map(str, value))


def _harmless(name: str) -> str:
    """A file name without characters that would break the header."""
    return name.replace('"', "'").replace("\r", " ").replace("\n", " ")


async def _save(content: aiohttp.StreamReader, target: Path, limit: int) -> None:
    size = 0
    with await asyncio.to_thread(target.open, "wb") as out:
        async for chunk in content.iter_chunked(1 << 20):
            size += len(chunk)
            if size > limit:
                raise Rejected("file_too_big")
            await asyncio.to_thread(out.write, chunk)


@asynccontextmanager
async def connected(secrets: Mapping[str, str], settings: Mapping[str, str], clock: Clock) -> AsyncIterator[VkApi]:
    """Open the API with a community's key, through its proxies."""
    url = settings["api_url"]
    async with open_proxied(secrets.get("proxies", ""), url) as http:
        yield VkApi(http, url=url, token=secrets["token"], clock=clock)
