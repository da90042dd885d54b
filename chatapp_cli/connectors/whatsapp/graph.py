"""The Graph API as one phone number of ours sees it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import aiohttp

from chatapp_cli.connectors.whatsapp import answers, errors
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected, Retryable
from chatapp_cli.kit.http import HttpResponse, network, read, veil
from chatapp_cli.kit.lenient import UNREADABLE, read_as
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import Clock

T = TypeVar("T")

_LARGEST: Final = 4 << 20
"""The largest answer in bytes; a page of templates is far smaller."""
_SLOWEST: Final = 100_000
"""The slowest accepted transfer, in bytes per second."""
_PATIENCE: Final = 60.0
_CONNECT: Final = 10.0
_CHUNK: Final = 1 << 20
_GONE: Final = {400, 404, 410}
_EXPIRED: Final = {401, 403}


class Graph:
    """Calls with the access token; every failure is a ChannelError without the token."""

    def __init__(self, http: aiohttp.ClientSession, clock: Clock, *, url: str, version: str, token: str) -> None:
        self._http, self._clock = http, clock
        self._base = f"{url}/{version}"
        self._token = token

    @classmethod
    def of(cls, http: aiohttp.ClientSession, clock: Clock, bound: Bound) -> Graph:
        """Open the API for a bound channel."""
        settings = bound.settings
        return cls(http, clock, url=settings["api_url"], version=settings["version"], token=bound.secrets["token"])

    async def get(self, path: str, into: type[T], **query: str) -> T:
        """Send a GET request."""
        return await self._call("GET", path, into, params=query)

    async def post(self, path: str, into: type[T], content: Mapping[str, Any], *, once: bool = False) -> T:
        """Send a POST request; with ``once`` (not repeatable) no answer means OutcomeUnknown."""
        return await self._call("POST", path, into, once=once, json=content)

    async def delete(self, path: str, content: Mapping[str, Any] | None = None) -> None:
        """Send a DELETE request."""
        await self._call("DELETE", path, answers.Anything, json=content)

    async def upload(self, number: str, file: Path, *, name: str, mime: str, size: int) -> str:
        """Upload a file for sending; returns Meta's id of it, valid for 30 days."""
        with await asyncio.to_thread(file.open, "rb") as content:
            form = aiohttp.FormData({"messaging_product": "whatsapp", "type": mime})
            form.add_field("file", content, filename=name, content_type=mime)
            answer = await self._call("POST", f"{number}/media", answers.Ref, data=form, timeout=_patience(size))
        return answer.id

    async def _call(self, method: str, path: str, into: type[T], *, once: bool = False, **how: Any) -> T:
        with network((self._token,), once=once):
            async with self._http.request(
                method, f"{self._base}/{path}", headers=self._headers, allow_redirects=False, **how
            ) as response:
                answer = await read(response, _LARGEST)
        if not answer.ok:
            raise errors.refused(self._veiled(answer), once=once, now=self._clock.now())
        try:
            return read_as(answer.body, into, spelled=True)
        except UNREADABLE as error:
            lost = OutcomeUnknown if once else Retryable
            raise lost("server_trouble", veil(str(error), (self._token,))) from None

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _veiled(self, response: HttpResponse) -> HttpResponse:
        """Remove the token from a text: Meta may echo a malformed one."""
        return replace(response, body=response.body.replace(self._token.encode(), b"***"))

    async def download(self, media: str, target: Path, *, most: int) -> None:
        """Download a client's file; its link is valid for five minutes and also needs the token."""
        place = await self.get(media, answers.Place)
        if place.file_size > most:
            raise Rejected("file_too_big", str(place.file_size))
        patience = _patience(place.file_size)
        with network((self._token,)):
            async with self._http.get(place.url, headers=self._headers, timeout=patience) as response:
                _require_success(response.status)
                digest = await _save(response.content, target, most)
        if place.sha256 and digest != place.sha256.lower():
            raise Retryable("file_damaged")

    def proof(self, app_secret: str) -> str:
        """The proof that we know the app's secret («Securing Graph API requests»)."""
        return hmac.new(app_secret.encode(), self._token.encode(), hashlib.sha256).hexdigest()


def _patience(size: int) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=_PATIENCE + max(0, size) / _SLOWEST, sock_connect=_CONNECT)


def _require_success(status: int) -> None:
    if status in _EXPIRED:
        raise Retryable("media_expired", f"HTTP {status}")
    if status in _GONE:
        raise Rejected("file_gone", f"HTTP {status}")
    if status != 200:  # noqa: PLR2004 - HTTP
        raise Retryable("server_trouble", f"HTTP {status}")


async def _save(content: aiohttp.StreamReader, target: Path, most: int) -> str:
    """Write the body to a file and return its SHA-256 in hexadecimal."""
    digest, size = hashlib.sha256(), 0
    with await asyncio.to_thread(target.open, "wb") as out:
        async for chunk in content.iter_chunked(_CHUNK):
            size += len(chunk)
            if size > most:
                raise Rejected("file_too_big")
            digest.update(chunk)
            await asyncio.to_thread(out.write, chunk)
    return digest.hexdigest()
