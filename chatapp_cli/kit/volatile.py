"""A folder of ours in the machine's memory: writing there needs no disk, and all of it goes when the machine stops."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path


def folder(env: Mapping[str, str] = os.environ) -> Path | None:
    """The folder, made if needed; ``None`` if there is none that only we can write to.

    That of the service is used first (``RuntimeDirectory=`` of systemd), then that of the login session.
    """
    return next((made for wanted in _possible(env) if (made := _made(wanted)) is not None), None)


def _possible(env: Mapping[str, str]) -> Iterator[Path]:
    if service := env.get("RUNTIME_DIRECTORY", "").partition(":")[0]:
        yield Path(service)
    if session := env.get("XDG_RUNTIME_DIR", ""):
        yield Path(session, "chatapp")
    yield Path("/dev/shm", f"chatapp-{os.getuid()}")  # noqa: S108 - checked below: it is ours alone


def _made(wanted: Path) -> Path | None:
    """The folder, unless somebody else made it or may write there: they could lead us to other files."""
    try:
        wanted.mkdir(mode=0o700, exist_ok=True)
        seen = wanted.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid() and not seen.st_mode & 0o022
    return wanted if ours and os.access(wanted, os.W_OK) else None
