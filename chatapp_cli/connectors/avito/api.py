"""Calls to Avito's API with the token in a header; a rejected token is renewed once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import aiohttp
import msgspec

from chatapp_cli.connectors.avito import errors
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected, Retryable
from chatapp_cli.kit.http import HttpResponse, network, open_proxied, read
from chatapp_cli.kit.lenient import read_as
from chatapp_cli.kit.slices import items
from chatapp_cli.kit.tokens import ANSWERED_WITHIN, AccessToken, Granted, Tokens
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import Clock

R = TypeVar("R")

_LARGEST: Final = 16 << 20
"""The largest answer in bytes; a hundred chats take a few hundred thousand."""
_CHUNK: Final = 1 << 16
_FRESH: Final = 10 * 60_000
"""Milliseconds for which a 403 cannot mean that a new token has expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The application's keys and Avito's address."""

    api_url: str
    client_id: str
    client_secret: str = field(repr=False)

    @classmethod
    def of(cls, bound: Bound) -> Application:
        """Read them from a binding."""
        settings = bound.settings
        return cls(
            api_url=settings["api_url"],
            client_id=settings["client_id"],
            client_secret=bound.secrets["client_secret"],
        )

    async def ask(self, http: aiohttp.ClientSession, clock: Clock, **grant: str) -> Granted:
        """Ask the token endpoint. Raises GrantRefused if it refuses."""
        shown = [self.client_secret, *grant.values()]
        form = {"client_id": self.client_id, "client_secret": self.client_secret, **grant}
        patience = aiohttp.ClientTimeout(total=ANSWERED_WITHIN)
        with network(shown):
            url = f"{self.api_url}/token"
            async with http.post(url, data=form, timeout=patience, allow_redirects=False) as response:
                answer = await read(response)
        if not answer.ok:
            raise errors.token_refusal(answer, now=clock.now(), secrets=shown)
        try:
            return read_as(answer.body, Granted, lax=True)
        except ValueError:
            raise Retryable("strange_answer", "token") from None


class AvitoApi:
    """Calls for one account; every failure is a ChannelError without secrets."""

    def __init__(self, http: aiohttp.ClientSession, bound: Bound, tokens: Tokens, clock: Clock) -> None:
        self._http, self._tokens, self._clock = http, tokens, clock
        self._base = bound.settings["api_url"]
        self.account = int(bound.account)

    async def get(self, path: str, kind: type[R], **query: str | int) -> R:
        """Send a GET request."""
        return _decoded((await self._call("GET", path, params=query)).body, kind)

    async def body(self, path: str, **query: str | int) -> bytes:
        """Send a GET request and return the undecoded body."""
        return (await self._call("GET", path, params=query)).body

    async def page(self, path: str, name: str, *, offset: int, limit: int, **query: str | int) -> list[bytes]:
        """Request a list; returns its elements undecoded.

        Malformed JSON in one element breaks the whole page. Such a page is requested in halves until only that element
        is left, which is returned as is.
        """
        body = await self.body(path, limit=limit, offset=offset, **query)
        try:
            return items(body, name)
        except ValueError:
            if limit == 1:
                return [body]
        half = limit // 2
        first = await self.page(path, name, offset=offset, limit=half, **query)
        return first + await self.page(path, name, offset=offset + half, limit=limit - half, **query)

    async def post(self, path: str, kind: type[R], *, once: bool = False, **request: Any) -> R:
        """Send a POST request; with ``once`` (not repeatable) no answer means OutcomeUnknown."""
        body = (await self._call("POST", path, once=once, **request)).body
        try:
            return _decoded(body, kind)
        except Retryable as strange:
            if once:
                raise OutcomeUnknown(strange.code, strange.detail) from None
            raise

    async def download(self, url: str, target: Path) -> None:
        """Download a public link; links expire after an hour or with their message."""
        with network():
            async with self._http.get(url, timeout=aiohttp.ClientTimeout(total=600)) as response:
                if not response.ok:
                    raise _gone(response.status)
                with target.open("wb") as file:
                    async for chunk in response.content.iter_chunked(_CHUNK):
                        file.write(chunk)

    async def _call(self, method: str, path: str, *, once: bool = False, **request: Any) -> HttpResponse:
        token = await self._tokens.present()
        response = await self._attempt(token, method, path, once=once, **request)
        if self._expired(response, token):
            token = await self._tokens.another(token)
            response = await self._attempt(token, method, path, once=once, **request)
        if not response.ok:
            raise errors.refusal(response, now=self._clock.now(), once=once, secrets=[token.access])
        return response

    def _expired(self, response: HttpResponse, token: AccessToken) -> bool:
        fresh = 0 <= self._clock.now() - token.at < _FRESH
        return response.status == errors.UNAUTHORISED or (response.status == errors.FORBIDDEN and not fresh)

    async def _attempt(self, token: AccessToken, method: str, path: str, *, once: bool, **request: Any) -> HttpResponse:
        headers = {"Authorization": f"Bearer {token.access}"}
        upload = request.pop("upload", None)
        data = upload() if upload else None
        with network([token.access], once=once):
            url = self._base + path
            async with self._http.request(
                method, url, headers=headers, data=data, allow_redirects=False, **request
            ) as response:
                return await read(response, _LARGEST)


def _decoded(body: bytes, kind: type[R]) -> R:
    try:
        return read_as(body, kind, lax=True)
    except ValueError as error:
        raise Retryable("strange_answer", str(error)) from None


def _gone(status: int) -> Rejected | Retryable:
    return Retryable("server_error", f"HTTP {status}") if status >= errors.SERVER else Rejected("file_gone")


@asynccontextmanager
async def connected(bound: Bound, clock: Clock) -> AsyncIterator[AvitoApi]:
    """Open the API for a bound account, through its proxies."""
    application = Application.of(bound)
    async with open_proxied(bound.secrets.get("proxies", ""), application.api_url) as http:
        ask = partial(_renewal, application, http, clock, bound.settings["access"])
        tokens = Tokens(bound, ask, clock)
        try:
            yield AvitoApi(http, bound, tokens, clock)
        finally:
            await tokens.aclose()


async def _renewal(
    application: Application, http: aiohttp.ClientSession, clock: Clock, access: str, spent: str
) -> Granted:
    """Our own account requests a new token; another's uses its refresh token."""
    if access == "own":
        return await application.ask(http, clock, grant_type="client_credentials")
    granted = await application.ask(http, clock, grant_type="refresh_token", refresh_token=spent)
    return granted if granted.refresh_token else msgspec.structs.replace(granted, refresh_token=spent)
