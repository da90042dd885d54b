"""Ctrl+C in a command that writes in pieces: it ends between two pieces, so that what it says is what was done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Whether somebody pressed Ctrl+C."""

    def __init__(self) -> None:
        self.pressed = False

    def press(self, _number: int, _frame: FrameType | None) -> None:
        """Take note; a second time end at once."""
        if self.pressed:
            raise KeyboardInterrupt
        self.pressed = True

    def ignore(self) -> None:
        """Ignore Ctrl+C until the context ends: all is done and only has to be told.

        A noted signal would not do there: Python loses the rest of an output that it interrupts.
        """
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """While the context is open, Ctrl+C is noted instead of raised, for the caller to look at.

    Only the main thread receives signals; elsewhere nothing is noted.
    """
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = signal.signal(signal.SIGINT, interrupt.press)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
