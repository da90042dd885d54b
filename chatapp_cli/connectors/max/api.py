"""Calls to MAX's API: the token in a header, TLS trust per account."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypeVar

import aiohttp

from chatapp_cli.connectors.max import errors, wire
from chatapp_cli.domain.errors import Misconfigured, OutcomeUnknown, Rejected, Retryable
from chatapp_cli.domain.outbound import LocalFile
from chatapp_cli.kit.http import HttpResponse, network, open_proxied, read
from chatapp_cli.kit.lenient import read_as
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import Clock

R = TypeVar("R")

Trust: TypeAlias = ssl.SSLContext | Literal[True]
"""The TLS trust; ``True`` is the machine's certificates."""

_LARGEST: Final = 16 << 20
_CHUNK: Final = 1 << 16
_SLOWEST: Final = 100_000
"""The slowest accepted transfer, in bytes per second."""
_PATIENCE: Final = 60


class MaxApi:
    """Calls for one bot; every failure is a ChannelError without the token."""

    def __init__(self, http: aiohttp.ClientSession, *, url: str, token: str, trust: Trust, clock: Clock) -> None:
        self._http, self._url, self._token, self._trust, self._clock = http, url, token, trust, clock

    async def get(self, path: str, kind: type[R], *, patience: float = _PATIENCE, **query: str | int) -> R:
        """Send a GET request."""
        timeout = aiohttp.ClientTimeout(total=patience)
        return self._decoded(await self._call("GET", path, params=query, timeout=timeout), kind)

    async def body(self, path: str, *, patience: float = _PATIENCE, **query: str | int) -> bytes:
        """Send a GET request and return the undecoded body."""
        timeout = aiohttp.ClientTimeout(total=patience)
        return (await self._call("GET", path, params=query, timeout=timeout)).body

    async def post(self, path: str, kind: type[R], *, once: bool = False, json: Any = None, **query: str | int) -> R:
        """Send a POST request; with ``once`` (not repeatable) no answer means OutcomeUnknown."""
        response = await self._call("POST", path, once=once, params=query, json=json)
        return self._decoded(response, kind, once=once)

    async def change(self, method: str, path: str, *, json: Any = None, **query: str | int) -> None:
        """Send a repeatable request. Raises Rejected if MAX reports in a 200 answer that it was not done."""
        done = self._decoded(await self._call(method, path, params=query, json=json), wire.Done)
        if not done.success:
            raise errors.not_done(done.message)

    async def upload(self, url: str, file: LocalFile) -> bytes:
        """Upload a file to the server that MAX named; it is invisible until a message contains it."""
        timeout = aiohttp.ClientTimeout(total=_PATIENCE + file.size / _SLOWEST)
        with await asyncio.to_thread(file.path.open, "rb") as content:
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("data", content, filename=file.name, content_type=file.mime)
            response = await self._attempt("POST", url, once=False, data=form, timeout=timeout)
        if not response.ok:
            raise self._refusal(response, once=False)
        return response.body

    async def download(self, url: str, target: Path) -> None:
        """Download a link."""
        with network([self._token]):
            async with self._http.get(url, timeout=aiohttp.ClientTimeout(total=1800), ssl=self._trust) as response:
                if not response.ok:
                    raise _gone(response.status)
                with target.open("wb") as file:
                    async for chunk in response.content.iter_chunked(_CHUNK):
                        file.write(chunk)

    async def _call(self, method: str, path: str, *, once: bool = False, **request: Any) -> HttpResponse:
        headers = {"Authorization": self._token}
        response = await self._attempt(method, self._url + path, once=once, headers=headers, **request)
        if not response.ok:
            raise self._refusal(response, once=once)
        return response

    async def _attempt(self, method: str, url: str, *, once: bool, **request: Any) -> HttpResponse:
        with network([self._token], once=once):
            try:
                async with self._http.request(
                    method, url, allow_redirects=False, ssl=self._trust, **request
                ) as response:
                    return await read(response, _LARGEST)
            except Exception as error:  # every library in between wraps it in its own error
                if distrust := _distrust(error):
                    raise Misconfigured("certificate", distrust, field="ca_file") from None
                raise

    def _refusal(self, response: HttpResponse, *, once: bool) -> Exception:
        return errors.refusal(response, now=self._clock.now(), once=once, secrets=[self._token])

    def _decoded(self, response: HttpResponse, kind: type[R], *, once: bool = False) -> R:
        try:
            return read_as(response.body, kind, lax=True)
        except ValueError as error:
            raise (OutcomeUnknown if once else Retryable)("strange_answer", str(error)) from None


def _gone(status: int) -> Rejected | Retryable:
    return Retryable("server_error", f"HTTP {status}") if status >= errors.SERVER else Rejected("file_gone")


def _distrust(error: BaseException | None) -> str:
    """Why the server's certificate is not trusted, if that caused the error."""
    why = ""
    while error:
        if isinstance(error, ssl.SSLCertVerificationError):
            why = getattr(error, "verify_message", str(error))
        error = error.__cause__ or error.__context__
    return why


def trust_in(ca_file: str) -> Trust:
    """Trust the machine's certificates and, for this account only, those in the file.

    Raises Misconfigured if the file is unreadable or has none.
    """
    if not ca_file:
        return True
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured("bad_ca_file", f"{ca_file}: {error.strerror or error}", field="ca_file") from None
    return context


@asynccontextmanager
async def connected(bound: Bound, clock: Clock) -> AsyncIterator[MaxApi]:
    """Open the API for a bound bot, through its proxies."""
    url = bound.settings["api_url"]
    trust = await asyncio.to_thread(partial(trust_in, bound.settings.get("ca_file", "")))
    async with open_proxied(bound.secrets.get("proxies", ""), url) as http:
        yield MaxApi(http, url=url, token=bound.secrets["token"], trust=trust, clock=clock)
