"""Looks at a web address of our own as somebody who calls it would, as far as that is possible from inside."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import aiohttp
from yarl import URL

from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.http import network, open_session, read

PATIENCE: Final = 10.0
"""Seconds for a connection, and for each answer."""
_DAY: Final = 86_400
_MOST: Final = 1 << 12


class AnswerHere(NamedTuple):
    """What came at an address."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressLook:
    """What was seen of an address."""

    host: str
    secure: bool
    """Whether it is https."""
    addresses: Sequence[str] = ()
    """The IP addresses of the name; empty if it has none."""
    days: int | None = None
    """For how many days its certificate is still valid; ``None`` if none was seen."""
    distrust: str = ""
    """Why its certificate is not trusted; empty if it is."""
    trouble: str = ""
    """Why it could not be reached from here; empty if it could."""
    answers: Mapping[str, AnswerHere] = field(default_factory=dict)
    """By the paths that were asked for."""


async def look_at(url: str, paths: Sequence[str], now: Millis) -> AddressLook:
    """Look a name up, connect, read the certificate, and get paths below the address; raises nothing.

    It trusts the certificate authorities of this machine.
    """
    try:
        parsed = URL(url)
    except ValueError:  # a name that is none
        return AddressLook(host=url, secure=False)
    found = AddressLook(host=parsed.host or "", secure=parsed.scheme == "https")
    found = replace(found, addresses=await _addresses(parsed))
    context = ssl.create_default_context()
    if found.addresses and found.secure:
        found = await _with_certificate(found, parsed, context, now)
    if found.addresses and not (found.distrust or found.trouble):
        found = await _with_answers(found, url, paths, context)
    return found


def is_public(address: str) -> bool:
    """Whether an IP address is one of the Internet; it may also be this machine's."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return found.is_global and not found.is_multicast


async def _addresses(url: URL) -> Sequence[str]:
    try:
        async with asyncio.timeout(PATIENCE):
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(url.raw_host or "", url.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return ()
    return sorted({str(one[4][0]) for one in found})


async def _with_certificate(found: AddressLook, url: URL, context: ssl.SSLContext, now: Millis) -> AddressLook:
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(url.raw_host, url.port, ssl=context)
    except ssl.SSLCertVerificationError as error:
        return replace(found, distrust=error.verify_message)
    except TimeoutError:
        return replace(found, trouble=f"{PATIENCE:.0f} s")
    except OSError as error:
        return replace(found, trouble=error.strerror or type(error).__name__)
    ends = ssl.cert_time_to_seconds(writer.get_extra_info("peercert")["notAfter"])
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return replace(found, days=int(ends - now / 1000) // _DAY)


async def _with_answers(found: AddressLook, url: str, paths: Sequence[str], context: ssl.SSLContext) -> AddressLook:
    answers: dict[str, AnswerHere] = {}
    try:
        async with open_session(connect=PATIENCE, total=PATIENCE) as http:
            for path in paths:
                answers[path] = await _answer(http, f"{url}{path}", context)
    except ChannelError as error:
        return replace(found, trouble=error.detail or error.code, answers=answers)
    return replace(found, answers=answers)


async def _answer(http: aiohttp.ClientSession, url: str, context: ssl.SSLContext) -> AnswerHere:
    with network():
        async with http.get(url, ssl=context, allow_redirects=False) as response:
            got = await read(response, _MOST)
    return AnswerHere(got.status, got.body)
