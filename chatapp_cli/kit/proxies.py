"""Proxies of an account: tried in order; an account with proxies never connects without them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from chatapp_cli.domain.errors import Retryable, UsageError
from chatapp_cli.domain.form import Field
from chatapp_cli.domain.manifest import ProxyKind
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T

if TYPE_CHECKING:
    from chatapp_cli.ports.connector import Finding

NAME: Final = "proxies"
"""Name of the field and of its stored secret."""

FIELD: Final = Field(
    name=NAME,
    label=T("Proxies"),
    kind="secret",
    required=False,
    hint=T("Like socks5://user:password@host:1080; several, with spaces between, are tried in this order."),
    further=True,
)

_PATIENCE: Final = 10.0
_PORTS: Final = {"https": 443, "http": 80}


class Proxy(NamedTuple):
    """One proxy; its ``url`` may hold a password."""

    kind: ProxyKind
    host: str
    port: int
    user: str
    password: str
    """The password; an MTProxy's secret is the user."""

    @property
    def shown(self) -> str:
        """The proxy without user and password."""
        return f"{self.kind}://{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"Proxy({self.shown})"


def understood(text: str, kinds: Sequence[ProxyKind]) -> Sequence[Proxy]:
    """Parse a person's input. Raises UsageError at the field."""
    return [_understood(word, kinds) for word in text.replace(",", " ").split()]


def _understood(word: str, kinds: Sequence[ProxyKind]) -> Proxy:
    try:
        parts = urlsplit(word)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    kind = next((kind for kind in kinds if kind == parts.scheme), None)
    if kind is None or not parts.hostname or not port:
        raise UsageError(
            T("A proxy is written like {example}.", example=" or ".join(f"{kind}://host:port" for kind in kinds)),
            field=NAME,
        )
    return Proxy(kind, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""))


def of(text: str) -> Sequence[Proxy]:
    """Parse stored proxies, which are valid."""
    return understood(text, ("http", "socks5", "mtproxy"))


async def choose(text: str, towards: str) -> Proxy | None:
    """The first proxy that reaches an address; ``None`` if the account has none.

    Raises Retryable if none reaches it: an account is never used without its proxies.
    """
    proxies = of(text)
    troubles: list[str] = []
    for proxy in proxies:
        trouble = await trouble_of(proxy, towards)
        if not trouble:
            return proxy
        troubles.append(f"{proxy.shown}: {trouble}")
    if not proxies:
        return None
    raise Retryable("proxies_down", "; ".join(troubles))


async def trouble_of(proxy: Proxy, towards: str) -> str:
    """Why an address cannot be reached through a proxy, in a word or two; empty if it can."""
    import asyncio

    from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError
    from python_socks.async_.asyncio import Proxy as Way

    parts = urlsplit(towards)
    host, port = parts.hostname or towards, parts.port or _PORTS.get(parts.scheme, 443)
    try:
        if proxy.kind == "mtproxy":
            _, writer = await asyncio.wait_for(asyncio.open_connection(proxy.host, proxy.port), _PATIENCE)
            writer.close()
        else:
            stream = await Way.from_url(url(proxy)).connect(host, port, timeout=_PATIENCE)
            stream.close()
    except (ProxyTimeoutError, TimeoutError):
        return "no answer"
    except (ProxyConnectionError, OSError):
        return "unreachable"
    except ProxyError as error:
        return str(error) or "refused"
    return ""


def url(proxy: Proxy) -> str:
    """The proxy's address with its password, for a library."""
    from urllib.parse import quote

    login = f"{quote(proxy.user, safe='')}:{quote(proxy.password, safe='')}@" if proxy.user else ""
    return f"{proxy.kind}://{login}{proxy.host}:{proxy.port}"


async def findings(text: str, towards: str) -> Sequence[Finding]:
    """Test every proxy, including those that are only a fallback."""
    found = [(proxy, await trouble_of(proxy, towards)) for proxy in of(text)]
    return [_finding(proxy, trouble) for proxy, trouble in found]


def _finding(proxy: Proxy, trouble: str) -> Finding:
    from chatapp_cli.ports.connector import Finding

    if not trouble:
        return Finding(name="proxy", ok=True, what=T("{proxy} leads to the provider.", proxy=proxy.shown))
    return Finding(
        name="proxy",
        ok=False,
        what=T("{proxy} does not lead to the provider: {trouble}.", proxy=proxy.shown, trouble=trouble),
        next_step=T("Replace it: {how}", how=to_do(Next.PROXIES)),
    )
