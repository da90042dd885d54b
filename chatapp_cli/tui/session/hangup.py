"""A window that is told to end, or whose terminal has gone away, is left as by its own key."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_SIGNALS = (signal.SIGHUP, signal.SIGTERM)


@contextmanager
def leave_on_hangup(terminal: int, leave: Callable[[], None]) -> Iterator[None]:
    """Call ``leave`` on this loop at SIGHUP, at SIGTERM, and when the terminal's other end is closed.

    A terminal may go away without SIGHUP, as under ``nohup`` or where another process leads the session.
    The thread that waits for that ends with the process.
    """
    loop = asyncio.get_running_loop()

    def hung_up() -> None:
        silence_output()
        with suppress(RuntimeError):  # the loop may have closed meanwhile
            loop.call_soon_threadsafe(leave)

    for number in _SIGNALS:
        loop.add_signal_handler(number, leave)
    threading.Thread(target=_wait_for_hangup, args=(terminal, hung_up), name="hangup", daemon=True).start()
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


def _wait_for_hangup(terminal: int, hung_up: Callable[[], None]) -> None:
    """Wait without a timeout: asked for no event, poll returns only for a hang-up or an error."""
    waiting = select.poll()
    waiting.register(terminal, 0)
    waiting.poll()
    hung_up()


def silence_output() -> None:
    """Redirect this process's output for good: to the terminal that went away it would only be an error."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
