"""Trays of uploads: one folder for each login, gone when the login is over."""

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
"""In a tray at most; the oldest goes for the next."""
BYTES: Final = 2048 * MEGABYTE
"""In a tray at most, and so in a file."""
NAME: Final = 200
"""Bytes of a file's name at most."""


class Trays:
    """All of them. A folder's name tells nothing of the login."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._filling: set[str] = set()
        self.used: set[str] = set()
        """The logins that uploaded something."""

    def of(self, token: str) -> Path:
        """Where the uploads of a login lie, once there are any."""
        return self._root / hashlib.sha256(token.encode()).hexdigest()[:32]

    def drop(self, token: str) -> None:
        """The login is over."""
        self.used.discard(token)
        shutil.rmtree(self.of(token), ignore_errors=True)

    def clear(self) -> None:
        """No login has uploaded anything."""
        self.used.clear()
        shutil.rmtree(self._root, ignore_errors=True)

    async def take(self, token: str, name: str, size: int, pieces: AsyncIterator[bytes]) -> str:
        """Keep an upload of so many bytes; returns its name here. Raises Refused, Busy, and OSError of the disk."""
        if token in self._filling:
            raise Busy(T("Another file is being uploaded."), T("Wait until it is here."))
        self._filling.add(token)
        try:
            self.used.add(token)
            return await _taken(self.of(token), fitting(name), size, pieces)
        finally:
            self._filling.discard(token)


def fitting(name: str) -> str:
    """A name that stays in its folder, and is not too long for a disk. Raises Refused where nothing is left of it."""
    sound = Path(files.sound(name))
    if not sound.name:
        raise Refused("bad_name", T("The file has no usable name."), T("Rename it and upload it again."))
    ending = sound.suffix.encode()[:NAME]
    stem = sound.stem.encode()[: NAME - len(ending)]
    return (stem + ending).decode(errors="ignore")


async def _taken(tray: Path, name: str, size: int, pieces: AsyncIterator[bytes]) -> str:
    scratch = await asyncio.to_thread(_prepared, tray, size)
    try:
        with scratch.open("wb") as file:
            async for piece in pieces:
                size -= len(piece)
                if size < 0:
                    raise Refused("too_large", T("The file is larger than was said."))
                await asyncio.to_thread(file.write, piece)
        scratch.replace(tray / name)
    finally:
        scratch.unlink(missing_ok=True)
    return name


def _prepared(tray: Path, size: int) -> Path:
    """An empty file to be filled; what came first goes until there is room for it."""
    tray.mkdir(parents=True, exist_ok=True, mode=0o700)
    newest = sorted(tray.iterdir(), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for place, file in enumerate(newest, start=1):
        size += file.stat().st_size
        if place >= FILES or size > BYTES:
            file.unlink()
    handle, name = tempfile.mkstemp(prefix=".", dir=tray)
    os.close(handle)
    return Path(name)
