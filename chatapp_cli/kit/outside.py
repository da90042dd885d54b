"""Requests to addresses that somebody else chose: they may lead to the Internet, and not to us or our own network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver
from yarl import URL

from chatapp_cli.domain.errors import Rejected

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

INSIDE = "link_inside"
"""The code of a link that leads to this machine or its own network."""


def require_outside(url: str) -> None:
    """Refuse an address of ours that is written in digits; names are looked up by ``OutsideResolver``.

    Raises Rejected.
    """
    with suppress(ValueError):
        host = URL(url).host or ""
        _require([str(ipaddress.ip_address(host))])


class OutsideResolver(AbstractResolver):
    """Looks names up, and refuses those that lead to us or our own network. Raises Rejected."""

    def __init__(self) -> None:
        self._resolver = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name."""
        found = await self._resolver.resolve(host, port, family)
        _require([one["host"] for one in found])
        return found

    async def close(self) -> None:
        """Release what the lookups need."""
        await self._resolver.close()


def _require(addresses: Sequence[str]) -> None:
    if not all(is_outside(one) for one in addresses):
        raise Rejected(INSIDE)


def is_outside(address: str) -> bool:
    """Whether an IP address is one of the Internet, and none of this machine's."""
    found: _Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found.sixtofour or found
    return found.is_global and not found.is_multicast and not _is_ours(found)


def _is_ours(address: _Address) -> bool:
    """Whether an interface of this machine has it: only then can it be bound."""
    family = socket.AF_INET if isinstance(address, ipaddress.IPv4Address) else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
