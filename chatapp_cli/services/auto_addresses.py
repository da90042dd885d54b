"""Addresses of other programs that rules may tell something: where they may lead, and how they are shown."""

from __future__ import annotations

import ipaddress
from typing import Any, Final
from urllib.parse import urlsplit

from chatapp_cli.domain import limits
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.option import COMPANY
from chatapp_cli.domain.text import T
from chatapp_cli.services import auto_values, options
from chatapp_cli.store.tx import Tx

KIND: Final = "webhook"
OPTION: Final = "webhook_hosts"
NAME_IT: Final = T(
    "If it is to be told, name its host: {how}", how=to_do(Next.CONFIGURE_COMPANY, name=OPTION, value="…")
)
"""What to do about a host of the own network."""
_EXAMPLE: Final = "https://example.org/desk"


def checked(tx: Tx, said: Any) -> str:
    """An address that begins with https, or with http on this machine. Raises UsageError."""
    url: str = auto_values.text(KIND, limits.ADDRESS, _EXAMPLE)(tx, said)
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        has_password = parts.port == 0 or bool(parts.username or parts.password)
    except ValueError:
        raise auto_values.wrong(KIND, said, f"{KIND}: {_EXAMPLE}") from None
    if not host or has_password or any(sign.isspace() for sign in url) or parts.scheme not in {"http", "https"}:
        raise auto_values.wrong(KIND, origin(url), f"{KIND}: {_EXAMPLE}")
    _require_allowed(tx, parts.scheme, host)
    return url


def is_named(tx: Tx, url: str) -> bool:
    """Whether the company names the host of an address as one of its own network that may be told something."""
    return _is_named(tx, urlsplit(url).hostname or "")


def _is_named(tx: Tx, host: str) -> bool:
    named = options.stored(tx, COMPANY).get(OPTION, "").casefold().replace(",", " ").split()
    return host.casefold() in {one.strip("[]") for one in named}


def _require_allowed(tx: Tx, scheme: str, host: str) -> None:
    address = _address(host)
    if scheme == "http":
        if host != "localhost" and (address is None or not address.is_loopback):
            raise UsageError(T("It has to begin with https://."), field="then")
    elif address is not None and not address.is_global and not _is_named(tx, host):
        raise UsageError(
            T("{host} is an address inside a network.", host=host),
            NAME_IT,
            field="then",
        )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_here(url: str) -> bool:
    """Whether an address that was checked is of a program on this machine: no other may do without TLS."""
    return url.lower().startswith("http://")


def origin(url: Any) -> str:
    """Where an address leads, without what may be a secret in it."""
    scheme, _, rest = str(url).partition("://")
    host = rest.partition("/")[0].partition("?")[0].rpartition("@")[2]
    return f"{scheme}://{host}" if host else scheme[: limits.NAME.most]
