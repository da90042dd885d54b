"""Keeps a file that a CRM gives, or that stands anywhere on the Internet, up to a size."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

import aiohttp

from chatapp_cli.domain import border
from chatapp_cli.domain.errors import Rejected, Retryable
from chatapp_cli.kit.http import network, open_session
from chatapp_cli.kit.outside import require_outside

LARGEST: Final = 512 << 20
"""Bytes of a file that is fetched; channels take less."""
_CHUNK: Final = 1 << 16
_STEPS: Final = 5
"""So many redirections are followed."""
_REDIRECT: Final = range(300, 400)
_PATIENCE: Final = 60.0
"""Seconds for a file that somebody named by its link."""
_BUSY: Final = 500


async def keep(response: aiohttp.ClientResponse, target: Path, secrets: Iterable[str] = ()) -> None:
    """Write the body of an answer to ``target``. Raises Rejected with ``file_too_big``."""
    if (response.content_length or 0) > LARGEST:
        raise Rejected("file_too_big")
    size = 0
    with network(secrets), target.open("wb") as file:
        async for chunk in response.content.iter_chunked(_CHUNK):
            size += len(chunk)
            if size > LARGEST:
                raise Rejected("file_too_big")
            file.write(chunk)


async def from_outside(address: str, target: Path, *, near: bool = False) -> tuple[str, str]:
    """Write the file behind a link that somebody named to ``target``; returns its name and type.

    ``near`` lets it stand on this machine, for tests. Raises Rejected for one that is gone, elsewhere or too big.
    """
    async with open_session(total=_PATIENCE, outside=not near) as http:
        for _ in range(_STEPS):
            _require_link(address, near=near)
            with network():
                response = await http.get(address, allow_redirects=False)
            async with response:
                if response.status in _REDIRECT:
                    address = urljoin(address, response.headers.get("Location", ""))
                    continue
                if response.status >= _BUSY:
                    raise Retryable("server_error", f"HTTP {response.status}")
                if not response.ok:
                    raise Rejected("file_gone", f"HTTP {response.status}")
                await keep(response, target)
                name = unquote(urlsplit(address).path).rpartition("/")[2]
                return border.file_name(name), border.name(response.content_type)
    raise Rejected("file_gone")


def _require_link(address: str, *, near: bool) -> None:
    """Raise Rejected for what is no link, and for one inside our own network."""
    try:
        parts = urlsplit(address)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        fits = False
    if not fits:
        raise Rejected("no_link")
    if not near:
        require_outside(address)
