"""A lock on a file that ends with the process, whatever else becomes of the file's name.

The file is SQLite's own. If a process closes any descriptor of a file, POSIX drops all locks that it has on it, and
SQLite's are among them: so a descriptor that was opened here is kept until the process ends or the file is deleted.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TypeAlias

_Inode: TypeAlias = tuple[int, int]

_opened: dict[_Inode, int] = {}
_held: set[_Inode] = set()
_guard = Lock()
_FIELDS = 8
"""Words of a line of /proc/locks about a lock that is held."""


@contextmanager
def held(path: Path) -> Iterator[_Inode | None]:
    """Hold the exclusive lock on a file; ``None`` if somebody else does. Raises OSError for an unusable file."""
    with _guard:
        found = _take(path)
    try:
        yield found
    finally:
        if found is not None:
            with _guard:
                fcntl.flock(_opened[found], fcntl.LOCK_UN)
                _held.discard(found)


def writer(path: Path) -> str:
    """The process that holds the lock on a file of its own and wrote its id there; empty if none does."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(handle, 20, 0).decode("ascii", errors="replace").partition(" ")[0] or "?"
    else:
        return ""
    finally:
        os.close(handle)


def locking(path: Path, byte: int) -> str:
    """The process that has locked this byte of a file for itself, as Linux tells; empty if none does."""
    with suppress(OSError):
        of = str(path.stat().st_ino)
        for line in Path("/proc/locks").read_text("ascii", errors="replace").splitlines():
            words = line.split()
            if len(words) == _FIELDS and words[3] == "WRITE" and words[5].rpartition(":")[2] == of:
                last = byte if words[7] == "EOF" else int(words[7])
                if int(words[6]) <= byte <= last:
                    return words[4]
    return ""


def inode(path: Path) -> _Inode:
    """What a file is apart from its name. Raises OSError if it is not there."""
    stat = os.stat(path)  # noqa: PTH116 - every transaction asks, and pathlib takes twice as long
    return stat.st_dev, stat.st_ino


def _take(path: Path) -> _Inode | None:
    found = inode(path)
    if found in _held:
        return None
    _close_deleted()
    if found not in _opened:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        found = (os.fstat(handle).st_dev, os.fstat(handle).st_ino)
        _opened[found] = handle
    try:
        fcntl.flock(_opened[found], fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    _held.add(found)
    return found


def _close_deleted() -> None:
    for found, handle in list(_opened.items()):
        if found not in _held and not os.fstat(handle).st_nlink:
            os.close(_opened.pop(found))
