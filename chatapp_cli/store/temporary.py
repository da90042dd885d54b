"""Copies of files under their own names, made so that another program shows them."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

PREFIX = "chatapp-open-"
"""How their names begin."""
_OLD = 86_400.0
"""Seconds after which a copy that another process made is left over."""


def folder() -> Path:
    """A new folder, removed when the process ends; what killed processes left is removed with it."""
    sweep()
    made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_place()))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _place() -> str:
    """The system's folder for such files; as the environment says now, not when it was first asked for."""
    return os.environ.get("TMPDIR") or tempfile.gettempdir()


def left() -> list[Path]:
    """Our folders of yesterday or before."""
    return [found for found in Path(_place()).glob(f"{PREFIX}*") if _is_left(found)]


def size(folder: Path) -> int:
    """Bytes of the files in a folder."""
    with suppress(OSError):
        return sum(file.stat().st_size for file in folder.iterdir())
    return 0


def sweep() -> int:
    """Remove them; returns how many."""
    found = left()
    for one in found:
        shutil.rmtree(one, ignore_errors=True)
    return len(found)


def _is_left(found: Path) -> bool:
    with suppress(OSError):
        seen = found.lstat()
        return found.is_dir() and seen.st_uid == os.getuid() and seen.st_mtime < time.time() - _OLD
    return False
