"""Fetches what employees attach, from the portal and from nowhere else.

Sources: providers' sheet §2.4, §3.4, addendum B5: a link may be relative, and may lead anywhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp

from chatapp_cli.crm.bitrix24 import errors
from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.events import DISK, without_token
from chatapp_cli.domain.errors import ChannelError, Rejected, Retryable
from chatapp_cli.kit.fetching import keep
from chatapp_cli.kit.http import network, read

_STEPS: Final = 3
"""So many redirections within the portal are followed."""


async def fetch(api: PortalApi, address: str, target: Path) -> None:
    """Write a file to ``target``. Raises Rejected for one that is gone, too big or elsewhere."""
    link = await _on_disk(api, address.removeprefix(DISK)) if address.startswith(DISK) else address
    for _ in range(_STEPS):
        url = _at_portal(api, link)
        response, secret = await api.download(url)
        async with response:
            if response.status not in errors.REDIRECT:
                if response.status != 200 or _is_answer(response):  # noqa: PLR2004 - HTTP's OK
                    raise await _refused(response, secret)
                await keep(response, target, [secret])
                return
            link = urljoin(url, response.headers.get("Location", ""))
    raise Rejected("file_gone")


async def _on_disk(api: PortalApi, number: str) -> str:
    """The link of a file on the portal's disk; it bears a token, so it is used at once and never kept."""
    if not number.isdecimal():
        raise Rejected("file_gone")
    found = await api.call("disk.file.get", {"id": int(number)})
    link = found.get("DOWNLOAD_URL") if isinstance(found, dict) else None
    if not isinstance(link, str) or not link:
        raise Rejected("file_gone")
    return link


def _at_portal(api: PortalApi, link: str) -> str:
    """A link below the portal's own address, without a token in it. Raises Rejected for another host or scheme."""
    try:
        parts = urlsplit(urljoin(f"{api.held.origin}/", link))
        same = f"{parts.scheme}://{parts.netloc}".lower() == api.held.origin.lower()
    except ValueError:
        same = False
    if not same:
        raise Rejected("file_elsewhere")
    return without_token(parts.geturl())


def _is_answer(response: aiohttp.ClientResponse) -> bool:
    """Whether it is a refusal or a page of the portal, and not a file of such a type."""
    told = response.content_type in {"application/json", "text/html"}
    return told and "Content-Disposition" not in response.headers


async def _refused(response: aiohttp.ClientResponse, secret: str) -> ChannelError:
    with network([secret]):
        answer = await read(response)
    said = errors.said(answer) or {}
    code = errors.code_of(said)
    if code:
        return errors.of_one_method(errors.refusal(code, errors.words_of(said, [secret]), status=response.status))
    if response.status >= errors.SERVER:
        return Retryable("server_error", f"HTTP {response.status}")
    return Rejected("file_gone", f"HTTP {response.status}")
