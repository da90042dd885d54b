"""Replaces a file as a whole: after a crash or on a full disk it has the old content or the new, never a part."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

BESIDE: Final = ".new-"
"""The prefix of the folder beside a file in which its next content is written; one is left behind only by a kill."""


def write_whole(file: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file and flush it to the disk. Raises OSError, and then the file is as it was.

    One that is there keeps owner and mode, and a link stays one; a new file has this mode, less the umask.
    A pipe or device is not replaced: it gets the content.
    """
    import tempfile

    before = _found(file)
    if before is not None and not stat.S_ISREG(before.st_mode):
        file.write_bytes(content)
        return
    target = file.resolve()
    with tempfile.TemporaryDirectory(prefix=BESIDE, dir=target.parent) as beside:
        scratch = Path(beside, target.name)
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as made:
            made.write(content)
            made.flush()
            if before is not None:
                _keep_access(made.fileno(), before)
            os.fsync(made.fileno())
        scratch.replace(target)
    make_durable(target.parent)


def make_durable(folder: Path) -> None:
    """Flush a folder, so that its file names survive a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _found(file: Path) -> os.stat_result | None:
    """What the system says of a file; ``None`` if there is none. Raises OSError if this user may not write it."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    if not os.access(file, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
    return found


def _keep_access(handle: int, before: os.stat_result) -> None:
    with suppress(PermissionError):  # only root gives files away
        os.fchown(handle, before.st_uid, before.st_gid)
    os.fchmod(handle, stat.S_IMODE(before.st_mode))
