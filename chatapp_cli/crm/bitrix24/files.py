"""Fetches what employees attach, files of the disk and documents of cards, from the portal and from nowhere else.

Sources: providers' sheet §2.4, §3.4, §3.5, addendum B5: a link may be relative, and may lead anywhere. The links of the
disk and of documents bear a token: they are used at once, as they are, and never kept.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from mimetypes import guess_type
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urljoin, urlsplit

import aiohttp

from chatapp_cli.crm.bitrix24 import errors
from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.events import DISK, without_token
from chatapp_cli.domain import border
from chatapp_cli.domain.errors import ChannelError, RateLimited, Rejected, Retryable
from chatapp_cli.kit.fetching import keep
from chatapp_cli.kit.http import network, read
from chatapp_cli.ports.world import Clock

PDF_TAKES: Final = 35.0
"""Seconds after which a document's PDF is there, or will not be (sheet §3.5: 30 to 40)."""
_STEPS: Final = 3
"""So many redirections within the portal are followed."""
_TYPES: Final = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}

_Download: TypeAlias = Callable[[str], Awaitable[tuple[aiohttp.ClientResponse, Sequence[str]]]]


async def fetch(api: PortalApi, address: str, target: Path) -> None:
    """Write a file to ``target``. Raises Rejected for one that is gone, too big or elsewhere."""
    if address.startswith(DISK):
        await from_disk(api, address.removeprefix(DISK), target)
    else:
        await _fetch(api, address, target, lambda url: api.download(without_token(url)))


async def from_disk(api: PortalApi, number: str, target: Path) -> tuple[str, str]:
    """Write a file of the portal's disk to ``target``; returns its name and type. Raises Rejected as ``fetch`` does."""
    found = await _asked("disk.file.get", api, number)
    await _fetch(api, _link(found, "DOWNLOAD_URL"), target, api.download_signed)
    name = border.file_name(str(found.get("NAME") or ""))
    return name, border.name(guess_type(name)[0] or "")


class CardDocuments:
    """Documents of cards, whose PDF the portal makes some time after them (sheet §3.5)."""

    def __init__(self, api: PortalApi, clock: Clock) -> None:
        self._api, self._clock = api, clock
        self._awaited: dict[str, float] = {}
        """Since when the PDF of a document is awaited."""

    async def fetch(self, number: str, target: Path, *, kind: str) -> tuple[str, str]:
        """Write a document to ``target``; returns its name and type. Raises Rejected as ``files.fetch`` does.

        Raises RateLimited for a PDF that is not made yet, once; afterwards the document itself is taken in its place.
        """
        found = await _document(self._api, number)
        is_pdf = kind == "pdf" and bool(found.get("pdfUrlMachine"))
        if kind == "pdf" and not is_pdf and not found.get("isTransformationError"):
            self._require_waited(number)
        self._awaited.pop(number, None)
        link = _link(found, "pdfUrlMachine" if is_pdf else "downloadUrlMachine")
        await _fetch(self._api, link, target, self._api.download_signed)
        ending = "pdf" if is_pdf else "docx"
        return border.file_name(f"{found.get('title') or number}.{ending}"), border.name(_TYPES[ending])

    def _require_waited(self, number: str) -> None:
        since = self._awaited.setdefault(number, self._clock.monotonic())
        if (left := since + PDF_TAKES - self._clock.monotonic()) > 0:
            raise RateLimited("pdf_awaited", number, retry_after=left)


async def _document(api: PortalApi, number: str) -> Mapping[str, Any]:
    answer = await _asked("crm.documentgenerator.document.get", api, number)
    found = answer.get("document")
    return found if isinstance(found, Mapping) else {}


async def _asked(method: str, api: PortalApi, number: str) -> Mapping[str, Any]:
    """What a method tells of a thing. A lack of rights concerns this thing alone, so it is Rejected as well."""
    if not number.isascii() or not number.isdecimal():
        raise Rejected("file_gone", number[:20])
    try:
        found = await api.call(method, {"id": int(number)})
    except Rejected as error:
        raise Rejected("file_denied" if error.code == errors.SCOPE else "file_gone", error.detail) from error
    return found if isinstance(found, Mapping) else {}


def _link(found: Mapping[str, Any], name: str) -> str:
    link = found.get(name)
    if not isinstance(link, str) or not link:
        raise Rejected("file_gone")
    return link


async def _fetch(api: PortalApi, link: str, target: Path, download: _Download) -> None:
    for _ in range(_STEPS):
        url = _at_portal(api, link)
        response, secrets = await download(url)
        async with response:
            if response.status not in errors.REDIRECT:
                if response.status != 200 or _is_answer(response):  # noqa: PLR2004 - HTTP's OK
                    raise await _refused(response, secrets)
                await keep(response, target, secrets)
                return
            link = urljoin(url, response.headers.get("Location", ""))
    raise Rejected("file_gone")


def _at_portal(api: PortalApi, link: str) -> str:
    """A link below the portal's own address. Raises Rejected for another host or scheme."""
    try:
        parts = urlsplit(urljoin(f"{api.held.origin}/", link))
        same = f"{parts.scheme}://{parts.netloc}".lower() == api.held.origin.lower()
    except ValueError:
        same = False
    if not same:
        raise Rejected("file_elsewhere")
    return parts.geturl()


def _is_answer(response: aiohttp.ClientResponse) -> bool:
    """Whether it is a refusal or a page of the portal, and not a file of such a type."""
    told = response.content_type in {"application/json", "text/html"}
    return told and "Content-Disposition" not in response.headers


async def _refused(response: aiohttp.ClientResponse, secrets: Sequence[str]) -> ChannelError:
    with network(secrets):
        answer = await read(response)
    said = errors.said(answer) or {}
    code = errors.code_of(said)
    if code == errors.EXPIRED:  # of the link, which bears a token: the next attempt asks for another link
        return Retryable("server_error", f"HTTP {response.status}")
    if code:
        error = errors.refusal(code, errors.words_of(said, secrets), status=response.status)
        stale = errors.begins_with(error, errors.EXPIRED)  # the link is asked for anew, with another token
        return Retryable("strange_answer", error.detail) if stale else errors.of_one_method(error)
    if response.status >= errors.SERVER:
        return Retryable("server_error", f"HTTP {response.status}")
    return Rejected("file_gone", f"HTTP {response.status}")
