"""A program in a real pseudo-terminal: when its screen shows something, and when it has answered a key."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter

ASKED = {b"\x1b[6n": b"\x1b[1;1R", b"\x1b[c": b"\x1b[?62c", b"\x1b[?2026$p": b"\x1b[?2026;2$y"}
"""What programs ask a terminal at their start, and what one answers."""
PATIENCE = 30.0
_SLOWEST = 1.0
"""Seconds after which nothing more is expected of a key."""


class Terminal:
    """One running program."""

    def __init__(self, handle: int, pid: int, began: float) -> None:
        self._handle, self.pid, self.began = handle, pid, began

    def read(self, wait: float) -> bytes:
        """What it writes within so many seconds."""
        ready, _, _ = select.select([self._handle], [], [], wait)
        if not ready:
            return b""
        data = os.read(self._handle, 1 << 16)
        for question, answer in ASKED.items():
            if question in data:
                os.write(self._handle, answer)
        return data

    def shows(self, words: str) -> float:
        """Wait for words on the screen; returns the seconds since the start."""
        seen, wanted = b"", words.encode()
        while perf_counter() - self.began < PATIENCE:
            seen += self.read(0.05)
            if wanted in seen:
                return perf_counter() - self.began
        raise AssertionError(f"{words!r} never came; the end was {seen[-300:]!r}")

    def rest(self, quiet: float = 0.4) -> None:
        """Wait until it has nothing more to say."""
        while self.read(quiet):
            pass

    def send(self, key: bytes) -> None:
        """Press a key and go on."""
        os.write(self._handle, key)

    def press(self, key: bytes, quiet: float = 0.03, *, shows: str = "") -> float:
        """Milliseconds from a key to the last byte that it caused, once it shows these words."""
        seen, wanted, began = b"", shows.encode(), perf_counter()
        last = began
        os.write(self._handle, key)
        while said := self.read(quiet if seen and wanted in seen else _SLOWEST):
            last = perf_counter()
            seen += said
        assert wanted in seen, f"{key!r} did not show {shows!r}; the end was {seen[-300:]!r}"
        return (last - began) * 1000

    def until(self, words: str, began: float) -> float:
        """Milliseconds from a moment to words on the screen."""
        seen, wanted = b"", words.encode()
        while wanted not in seen:
            seen += self.read(0.05)
            assert perf_counter() - began < PATIENCE, seen[-300:]
        return (perf_counter() - began) * 1000


@contextmanager
def running(
    command: Sequence[str], env: Mapping[str, str], *, rows: int = 40, columns: int = 120
) -> Iterator[Terminal]:
    """Start a program in a terminal of its own; it is ended afterwards."""
    began = perf_counter()
    child, handle = pty.fork()
    if child == 0:
        os.execve(command[0], list(command), {**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"})
    fcntl.ioctl(handle, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    try:
        yield Terminal(handle, child, began)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(handle)
