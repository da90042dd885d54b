"""Runs a program that a setting names, with a bare environment: it gets no secret of ours."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress

_NEEDED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")
LONGEST = 30.0
"""Seconds that a program may take."""


def bare(env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The part of our environment that other programs get."""
    return {name: env[name] for name in _NEEDED if name in env}


def told(command: str, text: str, *, extra: Mapping[str, str], seconds: float = LONGEST) -> str:
    """Run a command with a text on its standard input; returns why it failed, empty if it did not. Blocks.

    ``extra`` is added to its environment. Whatever it started is ended with it.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - the command is the setting of who runs the program
            shlex.split(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**bare(), **extra},
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return str(error)
    try:
        process.communicate(text.encode(), timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"{seconds:g} s"
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return f"exit {process.returncode}" if process.returncode else ""
