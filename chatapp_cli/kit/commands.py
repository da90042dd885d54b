"""Runs a program that a setting names, with a bare environment: it gets no secret of ours."""

from __future__ import annotations

import fcntl
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

_NEEDED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")
LONGEST = 30.0
"""Seconds that a program may take."""
MOST = 16_384
"""Bytes of the words that it is told; a pipe holds them before anybody reads."""
_RUN_AND_MARK = 'what=$1; shift; "$@" || exit; echo "$what" > "$0"'
"""Writes what was told into a file if the command ended well, even when we are gone."""
_GAP = 0.05
"""Seconds between looks at a command that another of our processes, or a worker of this one, still runs."""


def bare(env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The part of our environment that other programs get."""
    return {name: env[name] for name in _NEEDED if name in env}


def tell(command: str, text: str, *, extra: Mapping[str, str], seconds: float = LONGEST) -> str:
    """Run a command with words on its standard input; returns why it failed, empty if it did not. Blocks.

    ``extra`` is added to its environment. Whatever it started is ended with it.
    """
    try:
        return _told(shlex.split(command), text, extra=extra, seconds=seconds)
    except (OSError, ValueError) as error:
        return str(error)


def tell_once(
    command: str, text: str, *, extra: Mapping[str, str], mark: Path, what: str, seconds: float = LONGEST
) -> str:
    """The same, unless a file says that this is what people were told last; it does even if this process is killed.

    The command then goes on, and whoever asks next waits for how it ended: two commands of one file never run at a
    time, so people are told in order. Where no file can be made the command is run all the same.
    """
    try:
        mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = mark.open("a+")
    except OSError:
        return tell(command, text, extra=extra, seconds=seconds)
    try:
        with kept:
            return _told_once(shlex.split(command), text, extra=extra, seconds=seconds, kept=kept, what=what)
    except (OSError, ValueError) as error:
        return str(error)


def was_told(mark: Path, what: str) -> bool:
    """Whether this is what people were told last, by the file that marks it."""
    try:
        return mark.read_text().strip() == what
    except OSError:
        return False


def _told_once(
    words: Sequence[str], text: str, *, extra: Mapping[str, str], seconds: float, kept: IO[str], what: str
) -> str:
    if not _alone(kept, seconds):
        return "it still runs"
    kept.seek(0)
    if kept.read().strip() == what:
        return ""
    marking = ["/bin/sh", "-c", _RUN_AND_MARK, kept.name, what, *words]
    return _told(marking, text, extra=extra, seconds=seconds, inherited=(kept.fileno(),))


def _alone(kept: IO[str], seconds: float) -> bool:
    """Whether nobody else runs a command of this file, within the time that one may take."""
    ends = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= ends:
                return False
            time.sleep(_GAP)
        else:
            return True


def _told(
    words: Sequence[str], text: str, *, extra: Mapping[str, str], seconds: float, inherited: Sequence[int] = ()
) -> str:
    with _input(text) as given:
        process = subprocess.Popen(  # noqa: S603 - the command is the setting of who runs the program
            words,
            stdin=given,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**bare(), **extra},
            start_new_session=True,
            pass_fds=inherited,
        )
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        return f"{seconds:g} s"
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return f"exit {code}" if code else ""


def _input(text: str) -> IO[bytes]:
    """Standard input that has all the words already, so that they do not depend on this process."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(text.encode()[:MOST])
    return os.fdopen(reading, "rb")
