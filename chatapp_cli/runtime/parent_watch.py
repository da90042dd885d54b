"""Exit when the parent process dies: watch standard input, which closes even if the parent crashes."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress

PATIENCE = 10.0
"""Seconds that a process has to exit."""


def watch_input(stop: asyncio.Event) -> None:
    """Set ``stop`` when standard input ends."""
    handle = sys.stdin.fileno()
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(handle, 1024):
            loop.remove_reader(handle)
            stop.set()

    loop.add_reader(handle, look)


async def ended(child: asyncio.subprocess.Process) -> None:
    """Wait until a process exits; kill it if it does not."""
    for end in (child.terminate, child.kill):
        with suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), PATIENCE)
            return
        with suppress(ProcessLookupError):
            end()
    await child.wait()
