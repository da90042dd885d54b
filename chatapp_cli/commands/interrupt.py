"""Ctrl+C in a command that writes in pieces: it ends between two pieces, so that what it says is what was done."""

from __future__ import annotations

import signal
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


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """While the context is open, Ctrl+C is noted instead of raised, for the caller to look at."""
    interrupt = Interrupt()
    before = signal.signal(signal.SIGINT, interrupt.press)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
