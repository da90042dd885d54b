"""A process as the lease names it: enough to tell on the same machine whether it still runs."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from chatapp_cli.domain.ids import Millis
from chatapp_cli.store.rows.lease import LeaseRow

_PROC = Path("/proc")
_STATE, _STARTED = 0, 19
"""Places in ``/proc/PID/stat`` behind the program's name."""


class ProcessIdentity(NamedTuple):
    """A process. Its machine is known by the kernel's boot and the namespace of process ids, where there are such."""

    process: int
    """The process id; 0 if unknown."""
    started: str = ""
    """When it started, in the kernel's own count: a process id is used again."""
    machine: str = ""
    host: str = ""
    key: str = ""
    """Tells several holders of one process apart."""

    def __str__(self) -> str:
        return " ".join([str(self.process), *(value or "-" for value in self[1:])])

    @property
    def is_here(self) -> bool:
        """Whether it ran on this machine since it was last started."""
        return self.machine == _machine() if self.machine else self.host == _host()

    @property
    def is_gone(self) -> bool:
        """Whether it certainly runs no more; a process of another machine may."""
        return self.is_here and not (_exists(self.process) and _is_the_one(self.process, self.started))


def named(process: int, host: str) -> str:
    """How a person finds a process: its id, and the name of its machine if it is another one."""
    number = str(process or "?")
    return f"{number}@{host}" if host else number


def holder_of(row: LeaseRow, at: Millis, *, locks: bool) -> ProcessIdentity | None:
    """The process that holds a lease; ``None`` if nobody does, or the one that did is gone or too late.

    ``locks``: whether the store's own lock keeps others out for as long as a process of this machine runs, however
    late it is.
    """
    found = read_holder(row.holder)
    if not row.holder or found.is_gone or (row.is_free(at) and not (found.is_here and locks)):
        return None
    return found


def this_process(key: str) -> ProcessIdentity:
    """The identity of this process, under a key."""
    return ProcessIdentity(os.getpid(), _stat(os.getpid())[_STARTED], _machine(), _host(), key)


def read_holder(text: str) -> ProcessIdentity:
    """What a process wrote about itself; anything else is an unknown process of another machine."""
    number, *values = (*text.split(" "), *["-"] * 4)[:5]
    process = int(number) if number.isascii() and number.isdecimal() else 0
    return ProcessIdentity(process, *("" if value == "-" else value for value in values))


@cache
def _machine() -> str:
    """The machine since it was last started, as seen from its container; empty where the kernel does not tell."""
    with suppress(OSError):
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').stat().st_ino}"
    return ""


@cache
def _host() -> str:
    return "".join(os.uname().nodename.split()) or "-"


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _is_the_one(process: int, started: str) -> bool:
    """Whether this process runs since then; true if that cannot be known. One that was killed lingers as a zombie."""
    stat = _stat(process)
    return stat[_STATE] not in {"Z", "X"} and (not started or stat[_STARTED] in {"", started})


def _stat(process: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` behind the name, which may contain anything; empty ones if unreadable."""
    with suppress(OSError):
        return (_PROC / str(process) / "stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    return [""] * 20
