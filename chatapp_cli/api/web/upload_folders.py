"""Upload folders: one for each login, deleted at its end."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from chatapp_cli.domain.draft import MEGABYTE
from chatapp_cli.domain.errors import Busy, Refused
from chatapp_cli.domain.text import T
from chatapp_cli.services import files

FILES: Final = 20
"""The most files per folder; the oldest is deleted for a new one."""
BYTES: Final = 2048 * MEGABYTE
"""The most bytes per folder, and so per file."""
NAME: Final = 200
"""The longest file name, in bytes."""


class UploadFolders:
    """All upload folders. A folder's name reveals nothing about the login."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._filling: set[str] = set()
        self.used: set[str] = set()
        """The logins that uploaded something."""

    def of(self, token: str) -> Path:
        """The upload folder of a login."""
        return self._root / hashlib.sha256(token.encode()).hexdigest()[:32]

    def drop(self, token: str) -> None:
        """Delete the folder of a login."""
        self.used.discard(token)
        shutil.rmtree(self.of(token), ignore_errors=True)

    def clear(self) -> None:
        """Delete all folders."""
        self.used.clear()
        shutil.rmtree(self._root, ignore_errors=True)

    async def take(self, token: str, name: str, size: int, pieces: AsyncIterator[bytes]) -> str:
        """Store an upload of this many bytes; returns its name. Raises Refused, Busy and OSError."""
        if token in self._filling:
            raise Busy(T("Another file is being uploaded."), T("Wait until it is here."))
        self._filling.add(token)
        try:
            self.used.add(token)
            return await _taken(self.of(token), fitting(name), size, pieces)
        finally:
            self._filling.discard(token)


def fitting(name: str) -> str:
    """A safe file name: without a path and not too long. Raises Refused if nothing is left of it."""
    sound = Path(files.sound(name))
    if not sound.name:
        raise Refused("bad_name", T("The file has no usable name."), T("Rename it and upload it again."))
    ending = sound.suffix.encode()[:NAME]
    stem = sound.stem.encode()[: NAME - len(ending)]
    return (stem + ending).decode(errors="ignore")


async def _taken(uploads: Path, name: str, size: int, pieces: AsyncIterator[bytes]) -> str:
    scratch = await asyncio.to_thread(_prepared, uploads, size)
    try:
        with scratch.open("wb") as file:
            async for piece in pieces:
                size -= len(piece)
                if size < 0:
                    raise Refused("too_large", T("The file is larger than declared."))
                await asyncio.to_thread(file.write, piece)
        scratch.replace(uploads / name)
    finally:
        scratch.unlink(missing_ok=True)
    return name


def _prepared(uploads: Path, size: int) -> Path:
    """An empty file for an upload; deletes the oldest files until there is room."""
    uploads.mkdir(parents=True, exist_ok=True, mode=0o700)
    newest = sorted(uploads.iterdir(), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for place, file in enumerate(newest, start=1):
        size += file.stat().st_size
        if place >= FILES or size > BYTES:
            file.unlink()
    handle, name = tempfile.mkstemp(prefix=".", dir=uploads)
    os.close(handle)
    return Path(name)
