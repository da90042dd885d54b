"""HTTP to providers: one session per channel, and responses turned into errors."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Final, TypeAlias

import aiohttp

from chatapp_cli.domain import network_words, os_words
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
from chatapp_cli.domain.text import Text
from chatapp_cli.kit.outside import OutsideResolver
from chatapp_cli.kit.proxies import choose, url

StatusErrors: TypeAlias = Mapping[int, Callable[[str], ChannelError]]
"""The error for an HTTP status, made from the provider's words."""

VERDICTS: Final[StatusErrors] = {
    **dict.fromkeys(range(300, 400), partial(Misconfigured, "redirected", field="url")),
    **dict.fromkeys(range(400, 500), partial(Rejected, "refused")),
    **dict.fromkeys((401, 403), partial(NeedsRebind, "unauthorised")),
    **dict.fromkeys((408, 425, 429), partial(Retryable, "busy")),
    **dict.fromkeys(range(500, 600), partial(Retryable, "server_error")),
}
"""The default errors; a channel may override them."""

_SUCCESS: Final = range(200, 300)
_WORDS: Final = 300
LONGEST_RETRY: Final = 3600.0
"""Longest wait in seconds from a header: a larger number is a mistake, and the next response repeats it."""
_REST: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response with a limited body; header names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return self.status in _SUCCESS


def open_session(*, connect: float = 10, total: float = 60, outside: bool = False) -> aiohttp.ClientSession:
    """Open a session with a timeout in seconds; cookies are not kept.

    ``outside`` is for addresses that others chose: no name may lead to this machine or its own network. It does not
    look at addresses in digits, see ``outside.require_outside``.
    """
    connector = aiohttp.TCPConnector(resolver=OutsideResolver(), use_dns_cache=False) if outside else None
    return _session(connector, connect=connect, total=total)


@asynccontextmanager
async def open_proxied(
    proxies: str, towards: str, *, connect: float = 10, total: float = 60
) -> AsyncIterator[aiohttp.ClientSession]:
    """The same through the first of an account's proxies that reaches an address; directly if it has none.

    Raises Retryable if no proxy reaches it. A proxy that fails later is skipped when the channel restarts.
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


async def read(response: aiohttp.ClientResponse, most: int = _REST) -> HttpResponse:
    """Read the response, up to a maximum number of bytes."""
    try:
        body = await response.content.readexactly(most)
    except asyncio.IncompleteReadError as short:
        body = short.partial
    return HttpResponse(response.status, response.headers, body)


@contextmanager
def network(secrets: Iterable[str] = (), *, once: bool = False) -> Iterator[None]:
    """Turn network errors into ``Retryable``.

    With ``once``, for a request that must not be repeated, an interrupted one is ``OutcomeUnknown``.
    """
    lost = OutcomeUnknown if once else Retryable
    try:
        yield
    except aiohttp.InvalidURL:
        raise Misconfigured("bad_url", field="url") from None
    except _never_left() as error:
        raise Retryable("unreachable", veil(_why(error), secrets)) from None
    except TimeoutError:
        raise lost("timeout") from None
    except aiohttp.ClientError as error:
        raise lost("unreachable" if lost is Retryable else "no_answer", veil(_why(error), secrets)) from None


def _never_left() -> tuple[type[Exception], ...]:
    """Errors before a request is sent; behind a proxy they are not those of aiohttp."""
    from aiohttp_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError

    connecting = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, ssl.SSLError)
    return (*connecting, ProxyConnectionError, ProxyError, ProxyTimeoutError)


_REASONS: Final[Sequence[tuple[tuple[type[Exception], ...], Text]]] = (
    ((aiohttp.ClientConnectorDNSError,), network_words.NO_SUCH_NAME),
    ((aiohttp.ClientConnectorCertificateError, ssl.SSLCertVerificationError), network_words.BAD_CERTIFICATE),
    ((aiohttp.ClientConnectorSSLError, ssl.SSLError), network_words.NO_TLS),
    ((aiohttp.ServerDisconnectedError,), network_words.CLOSED),
    ((aiohttp.ServerTimeoutError,), network_words.TOO_SLOW),
)
"""The first that fits; a certificate that is not accepted is an error of TLS too."""


def _why(error: Exception) -> str:
    """Which host was not reached and why, in a few words; what is not known is said as the library says it."""
    named = f"{error.host}:{error.port}" if isinstance(error, aiohttp.ClientConnectorError) else ""
    why = next((why for kinds, why in _REASONS if isinstance(error, kinds)), None)
    if why is None and isinstance(error, OSError) and error.errno:
        why = os_words.why(error)
    return str(error) if why is None else network_words.kept(why, named)


def verdict(response: HttpResponse, words: str, *, now: Millis, verdicts: StatusErrors = VERDICTS) -> ChannelError:
    """The error for a response other than 2xx; with a time to wait it is ``RateLimited``."""
    seconds = retry_after(response.headers, now)
    if response.status in {429, 503} and seconds is not None:
        return RateLimited("rate_limited", words[:_WORDS], retry_after=seconds)
    return verdicts.get(response.status, partial(Rejected, "refused"))(words[:_WORDS])


def retry_after(headers: Mapping[str, str], now: Millis) -> float | None:
    """Seconds from the ``Retry-After`` header, a number or a date (RFC 9110, 10.2.3): an hour at most."""
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return min(float(value), LONGEST_RETRY)
    try:
        return min(max(0.0, parsedate_to_datetime(value).timestamp() - now / 1000), LONGEST_RETRY)
    except (ValueError, OverflowError):
        return None


def veil(words: str, secrets: Iterable[str]) -> str:
    """Hide secrets that a provider or a library repeats."""
    for secret in filter(None, secrets):
        words = words.replace(secret, "***")
    return words
