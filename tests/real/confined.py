"""Runs a program under the system call rules of a unit of systemd, where systemd itself does not run.

``python -m tests.real.confined UNIT PROGRAM …`` becomes that program with the filter that systemd would load.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ALLOW = 0x7FFF0000
REFUSE = 0x00050000
"""libseccomp's SCMP_ACT_ERRNO; the number of the error stands in the lower half."""
EQUAL = 4
FAMILIES = range(1, 46)
"""Every address family that this kernel may know."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a unit lets its service do."""

    calls: frozenset[str]
    error: int
    families: frozenset[int]


def settings(unit: Path, name: str) -> list[str]:
    """The values of a setting that may be repeated, in order."""
    lines = (line.partition("=") for line in unit.read_text("utf-8").splitlines())
    return [value.strip() for key, _, value in lines if key.strip() == name]


def members(group: str) -> set[str]:
    """The system calls of a group such as ``@resources``, as the installed systemd knows them."""
    said = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager", group], capture_output=True, text=True, check=True
    )
    listed = [word for line in said.stdout.splitlines()[1:] if (word := line.strip()) and not word.startswith("#")]
    return expanded(listed)


def expanded(words: Iterable[str]) -> set[str]:
    """Groups as their calls."""
    return {call for word in words for call in (members(word) if word.startswith("@") else {word})}


def rules(unit: Path) -> Rules:
    """Read a unit whose first filter is a list of what is allowed. Raises ValueError if it is not."""
    calls: set[str] = set()
    for number, value in enumerate(settings(unit, "SystemCallFilter")):
        without = value.startswith("~")
        if without and not number:
            raise ValueError(f"{unit} lists what is refused and not what is allowed")
        listed = expanded(value.removeprefix("~").split())
        calls = calls - listed if without else calls | listed
    (error,) = settings(unit, "SystemCallErrorNumber")
    families = {getattr(socket, name) for value in settings(unit, "RestrictAddressFamilies") for name in value.split()}
    return Rules(frozenset(calls), getattr(errno, error), frozenset(map(int, families)))


class _Comparison(ctypes.Structure):
    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


class _Filter:
    """One filter of libseccomp."""

    def __init__(self, default: int) -> None:
        self._library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(self._library.seccomp_init(ctypes.c_uint32(default)))

    def rule(self, action: int, call: str, *comparisons: _Comparison) -> None:
        number = self._library.seccomp_syscall_resolve_name(call.encode())
        if number < 0:  # a call of another architecture
            return
        given = (_Comparison * len(comparisons))(*comparisons)
        done = self._library.seccomp_rule_add_array(
            self._context, ctypes.c_uint32(action), number, len(comparisons), given
        )
        _insist(done)

    def load(self) -> None:
        _insist(self._library.seccomp_load(self._context))


def _insist(done: int) -> None:
    if done:
        raise OSError(-done, os.strerror(-done))


def confine(wanted: Rules) -> None:
    """Hold this process and all that it starts to the rules, for ever."""
    families = _Filter(ALLOW)
    for family in set(FAMILIES) - wanted.families:
        families.rule(REFUSE | errno.EAFNOSUPPORT, "socket", _Comparison(0, EQUAL, family, 0))
    families.load()
    calls = _Filter(REFUSE | wanted.error)
    for call in wanted.calls:
        calls.rule(ALLOW, call)
    calls.load()


def under(unit: Path, program: Sequence[str]) -> list[str]:
    """The command that runs a program under a unit's rules."""
    return [sys.executable, "-m", "tests.real.confined", str(unit), *program]


if __name__ == "__main__":
    confine(rules(Path(sys.argv[1])))
    os.execv(sys.argv[2], sys.argv[2:])
