"""Downloads from a window to its browser, streamed as the browser reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final
from urllib.parse import quote

from starlette.responses import StreamingResponse
from textual_serve._binary_encode import load

from chatapp_cli.api.web.child import Child

PIECE: Final = 65_536
PATIENCE: Final = 10.0
"""The timeout for the next piece from a window, in seconds."""
SHOWN: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Types that a browser may display from our origin; any other could contain a script."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file that a window offers."""

    name: str
    kind: str
    shown: bool
    pieces: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)


class Downloads:
    """The current downloads of one window."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._offered: dict[str, Download] = {}

    def offer(self, message: Mapping[str, object]) -> str:
        """Register a file offered by the window; returns its key."""
        key, kind = str(message["key"]), str(message["mime_type"])
        shown = message["open_method"] == "browser" and kind in SHOWN
        self._offered[key] = Download(PurePath(str(message["path"])).name, kind, shown)
        return key

    def take(self, packed: bytes) -> None:
        """Take a piece from the window."""
        match load(packed):
            case ("deliver_chunk", str(key), bytes(piece)) if key in self._offered:
                self._offered[key].pieces.put_nowait(piece)
            case _:
                pass

    def answer(self, key: str) -> StreamingResponse | None:
        """The response with the file, once; ``None`` for an unknown key."""
        found = self._offered.get(key)
        return None if found is None else StreamingResponse(self._pieces(key, found), headers=_headers(found))

    async def _pieces(self, key: str, download: Download) -> AsyncIterator[bytes]:
        try:
            while piece := await self._next(key, download):
                yield piece
        finally:
            self._offered.pop(key, None)

    async def _next(self, key: str, download: Download) -> bytes:
        await self._child.tell("deliver_chunk_request", key=key, size=PIECE, name=None)
        return await asyncio.wait_for(download.pieces.get(), PATIENCE)


def _headers(download: Download) -> Mapping[str, str]:
    way = "inline" if download.shown else "attachment"
    return {
        "Content-Type": download.kind if download.shown else "application/octet-stream",
        "Content-Disposition": f"{way}; filename*=utf-8''{quote(download.name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
