"""Keeps a file that a CRM gives, up to a size."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import aiohttp

from chatapp_cli.domain.errors import Rejected
from chatapp_cli.kit.http import network

LARGEST: Final = 512 << 20
"""Bytes of a file that is fetched; channels take less."""
_CHUNK: Final = 1 << 16


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
