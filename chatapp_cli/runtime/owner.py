"""One owner per store: whoever runs its channels holds a lock that ends with the process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatapp_cli.bootstrap import Desk
from chatapp_cli.domain.errors import Busy
from chatapp_cli.domain.text import T


def _file(desk: Desk) -> Path:
    return desk.settings.folder / "serve.lock"


@contextmanager
def owning(desk: Desk) -> Iterator[None]:
    """Own the store. Raises Busy, naming the process, while somebody else does."""
    file = _file(desk)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(
                T("A daemon runs for this store already (process {pid}).", pid=_pid(handle) or "?"),
                T("Stop it first, or use another store with --company."),
            ) from error
        with desk.database.driver.own():
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
            yield
    finally:
        os.close(handle)


def owner(desk: Desk) -> int | None:
    """The process that owns the store now, if any."""
    try:
        handle = os.open(_file(desk), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid(handle)
    finally:
        os.close(handle)
    return None


def _pid(handle: int) -> int:
    said = os.pread(handle, 20, 0).decode()
    return int(said) if said.isdigit() else 0
