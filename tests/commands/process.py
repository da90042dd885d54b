"""The program as a process of its own, alone or in a shell."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

PROGRAM = [sys.executable, "-m", "chatapp_cli"]


AS_ON_A_TERMINAL = ("env", "--default-signal=INT")
"""A shell has what runs in the background ignore the key."""


PIPES: Mapping[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def in_a_shell(code: int) -> int:
    """The exit code that a shell shows.

    Python ends itself by SIGINT, whatever exit code is asked for, when Ctrl+C came while it compiled a class.
    """
    return 128 - code if code < 0 else code


def run(env: Mapping[str, str], *words: str, **changes: str) -> subprocess.CompletedProcess[str]:
    around = {name: value for name, value in {**os.environ, **env, **changes}.items() if value}
    return subprocess.run([*PROGRAM, *words], env=around, capture_output=True, text=True, check=False)


def at_a_terminal(env: Mapping[str, str], *words: str, **changes: str) -> str:
    """What a command writes to a terminal of 80 columns, stderr included."""
    person, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    around = {**os.environ, **env, **changes, "TERM": "dumb", "COLUMNS": "80"}
    process = subprocess.Popen([*PROGRAM, *words], env=around, stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    said = b"".join(iter(lambda: _heard(person), b""))
    os.close(person)
    process.wait()
    return said.decode().replace("\r\n", "\n")


def _heard(terminal: int) -> bytes:
    """What comes next; nothing once the other side is closed, which Linux tells as an error."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


@contextmanager
def started(env: Mapping[str, str], *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command under way; it is ended afterwards."""
    process = subprocess.Popen([*AS_ON_A_TERMINAL, *PROGRAM, *words], env={**os.environ, **env}, **PIPES)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
