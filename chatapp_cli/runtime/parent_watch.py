"""Exit when the parent process dies: watch standard input, which closes even if the parent crashes."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from typing import TextIO

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, Text

PATIENCE = 10.0
"""Seconds that a process has to exit."""


def watch_input(stop: asyncio.Event) -> None:
    """Set ``stop`` when standard input ends. Raises UsageError for one that nobody can close."""
    loop = asyncio.get_running_loop()
    source: TextIO | None = sys.stdin
    if source is None:
        raise _cannot_close(T("Standard input is closed already."))
    handle = source.fileno()

    def look() -> None:
        if not _goes_on(handle):
            loop.remove_reader(handle)
            stop.set()

    try:
        loop.add_reader(handle, look)
    except PermissionError as error:  # what the system says of a file, and of /dev/null
        raise _cannot_close(T("Standard input is a file, which never closes.")) from error


def _cannot_close(what: Text) -> UsageError:
    return UsageError(what, T("Give a pipe or a terminal, or leave the option out to go on until stopped."))


def _goes_on(handle: int) -> bool:
    try:
        return bool(os.read(handle, 1024))
    except OSError:  # the terminal is gone
        return False


async def ended(child: asyncio.subprocess.Process) -> None:
    """Wait until a process exits; kill it if it does not."""
    for end in (child.terminate, child.kill):
        with suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), PATIENCE)
            return
        with suppress(ProcessLookupError):
            end()
    await child.wait()
