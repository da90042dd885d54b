"""A process that ends with whoever started it: it watches its standard input, which closes even in a crash."""

from __future__ import annotations

import asyncio
import os
import sys


def watch_input(stop: asyncio.Event) -> None:
    """Set ``stop`` once standard input is at its end."""
    handle = sys.stdin.fileno()
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(handle, 1024):
            loop.remove_reader(handle)
            stop.set()

    loop.add_reader(handle, look)
