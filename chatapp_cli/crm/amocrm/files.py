"""Fetches what employees attach, from the account's chats and from nowhere else (providers' sheet §5.5)."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp

from chatapp_cli.crm.amocrm import errors
from chatapp_cli.domain.errors import Rejected, Retryable
from chatapp_cli.kit.fetching import keep
from chatapp_cli.kit.http import network

_STEPS: Final = 3
"""So many redirections within the chats' host are followed."""
_REDIRECT: Final = range(300, 400)


async def fetch(http: aiohttp.ClientSession, origin: str, address: str, target: Path) -> None:
    """Write a file to ``target``. Raises Rejected for one that is gone, too big or elsewhere.

    No token is sent with it: attachments of the chats need none.
    """
    link = address
    for _ in range(_STEPS):
        _require_there(origin, link)
        with network():
            response = await http.get(link, timeout=aiohttp.ClientTimeout(total=600), allow_redirects=False)
        async with response:
            if response.ok and response.status not in _REDIRECT:
                await keep(response, target)
                return
            if response.status >= errors.SERVER or response.status == errors.FULL:
                raise Retryable("server_error", f"HTTP {response.status}")
            if response.status not in _REDIRECT:
                raise Rejected("file_gone", f"HTTP {response.status}")
            link = urljoin(link, response.headers.get("Location", ""))
    raise Rejected("file_gone")


def _require_there(origin: str, link: str) -> None:
    """Raise Rejected for a link to another host or by another scheme, such as one that leads inside our network."""
    try:
        parts = urlsplit(link)
        same = f"{parts.scheme}://{parts.netloc}".lower() == origin.lower()
    except ValueError:
        same = False
    if not same:
        raise Rejected("file_elsewhere")
