"""Files of messages for a CRM that fetches them by signed addresses."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.doors import NO_FILE
from chatapp_cli.services import media_links
from chatapp_cli.services.media_links import SharedContent

_SAFE: Final = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
}
"""A client's file is never run as a page of ours."""
_TYPE: Final = re.compile(r"[a-z0-9.+-]{1,99}/[a-z0-9.+-]{1,99}", re.ASCII | re.IGNORECASE)
"""What may stand in the header: the type comes from whoever sent the file."""
_BYTES: Final = "application/octet-stream"


async def media(request: Request) -> Response:
    """``GET`` or ``HEAD`` of ``/media/{token}/{name}``: the file, or 404 if the address is not ours or has ended."""
    company: Company = request.app.state.daemon.store.company
    find = partial(media_links.content_of, company.vault, request.path_params["token"], now=company.world.clock.now())
    found = await asyncio.to_thread(find)
    if found is None or not await asyncio.to_thread(company.media.path(found.sha256).is_file):
        return PlainTextResponse(f"{NO_FILE}\n", 404)
    return _file(company, found, request.path_params["name"])


def _file(company: Company, found: SharedContent, name: str) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    headers = {**_SAFE, "content-disposition": disposition}
    path = company.media.path(found.sha256)
    return FileResponse(path, headers=headers, media_type=found.mime if _TYPE.fullmatch(found.mime) else _BYTES)
