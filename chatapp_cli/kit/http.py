"""HTTP towards providers: one session a channel, and answers turned into what happens next."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Final, TypeAlias

import aiohttp

from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retryable,
)
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.proxies import choose, url

Verdicts: TypeAlias = Mapping[int, Callable[[str], ChannelError]]
"""What an HTTP status leads to, given the provider's words."""

VERDICTS: Final[Verdicts] = {
    **dict.fromkeys(range(300, 400), partial(Misconfigured, "redirected", field="url")),
    **dict.fromkeys(range(400, 500), partial(Rejected, "refused")),
    **dict.fromkeys((401, 403), partial(NeedsRebind, "unauthorised")),
    **dict.fromkeys((408, 425, 429), partial(Retryable, "busy")),
    **dict.fromkeys(range(500, 600), partial(Retryable, "server_error")),
}
"""The usual meaning; a channel lays its own over it."""

_SUCCESS: Final = range(200, 300)
_WORDS: Final = 300
LONGEST_RETRY: Final = 3600.0
"""Seconds that a header is believed: behind a larger number is a mistake, and the next answer says it again."""
_REST: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, read as far as it matters; header names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """A status of 2xx."""
        return self.status in _SUCCESS


def open_session(*, connect: float = 10, total: float = 60) -> aiohttp.ClientSession:
    """A session whose requests end after so many seconds; cookies are not kept."""
    return _session(None, connect=connect, total=total)


@asynccontextmanager
async def open_proxied(
    proxies: str, towards: str, *, connect: float = 10, total: float = 60
) -> AsyncIterator[aiohttp.ClientSession]:
    """The same through the first of an account's proxies that leads to an address; straight where it has none.

    Raises Retryable where no proxy leads there. One that fails later is passed over when the channel comes up again.
    """
    proxy = await choose(proxies, towards)
    connector = None
    if proxy is not None:
        from aiohttp_socks import ProxyConnector

        connector = ProxyConnector.from_url(url(proxy))
    async with _session(connector, connect=connect, total=total) as session:
        yield session


def _session(connector: aiohttp.BaseConnector | None, *, connect: float, total: float) -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=total, sock_connect=connect)
    return aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())


async def read(response: aiohttp.ClientResponse, most: int = _REST) -> Answer:
    """Take the answer, at most so many bytes of its body."""
    try:
        body = await response.content.readexactly(most)
    except asyncio.IncompleteReadError as short:
        body = short.partial
    return Answer(response.status, response.headers, body)


@contextmanager
def network(secrets: Iterable[str] = (), *, once: bool = False) -> Iterator[None]:
    """Turn what the network did into ``Retryable``.

    ``once`` says that doing the request twice would be seen: what was on its way is ``OutcomeUnknown``.
    """
    lost = OutcomeUnknown if once else Retryable
    try:
        yield
    except aiohttp.InvalidURL:
        raise Misconfigured("bad_url", field="url") from None
    except _never_left() as error:
        raise Retryable("unreachable", veil(str(error), secrets)) from None
    except TimeoutError:
        raise lost("timeout") from None
    except aiohttp.ClientError as error:
        raise lost("unreachable" if lost is Retryable else "no_answer", veil(str(error), secrets)) from None


def _never_left() -> tuple[type[Exception], ...]:
    """What fails before a request can be on its way; behind a proxy the errors are not those of aiohttp."""
    from aiohttp_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError

    connecting = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, ssl.SSLError)
    return (*connecting, ProxyConnectionError, ProxyError, ProxyTimeoutError)


def verdict(answer: Answer, words: str, *, now: Millis, verdicts: Verdicts = VERDICTS) -> ChannelError:
    """What an answer other than 2xx leads to; one that names the time to wait is ``RateLimited``."""
    seconds = retry_after(answer.headers, now)
    if answer.status in {429, 503} and seconds is not None:
        return RateLimited("rate_limited", words[:_WORDS], retry_after=seconds)
    return verdicts.get(answer.status, partial(Rejected, "refused"))(words[:_WORDS])


def retry_after(headers: Mapping[str, str], now: Millis) -> float | None:
    """Seconds that the ``Retry-After`` header asks for, as a number or a date (RFC 9110, 10.2.3): an hour at most."""
    said = headers.get("Retry-After", "").strip()
    if said.isdecimal():
        return min(float(said), LONGEST_RETRY)
    try:
        return min(max(0.0, parsedate_to_datetime(said).timestamp() - now / 1000), LONGEST_RETRY)
    except (ValueError, OverflowError):
        return None


def veil(words: str, secrets: Iterable[str]) -> str:
    """Hide secrets that a provider or a library repeats."""
    for secret in filter(None, secrets):
        words = words.replace(secret, "***")
    return words
