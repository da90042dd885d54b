"""Turns errors of background work into words; the window goes on."""

from __future__ import annotations

from collections import deque

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show

LONG = 60.0
"""Seconds in which background work reports the same error only once."""
KEPT_ERRORS = 3
"""The most unexpected errors that are kept, the latest ones: each keeps the objects of its stack alive."""


class ErrorGuard:
    """One for the window: for its actions, questions, timers and the reader of the journal."""

    def __init__(self) -> None:
        self.unexpected: deque[Exception] = deque(maxlen=KEPT_ERRORS)
        """The latest errors that are no ChatappError; they are printed with their stacks when the window closes."""
        self._reported: dict[str, float] = {}

    def words(self, error: Exception) -> str:
        """What happened and what to do about it, in lines; an unexpected error is also kept."""
        known = error if isinstance(error, ChatappError) else self._kept(error)
        return "\n".join(filter(None, [show(known.what), show(known.next_step)]))

    def _kept(self, error: Exception) -> ChatappError:
        self.unexpected.append(error)
        return ChatappError(
            T("Something went wrong inside: {what}.", what=type(error).__name__),
            T("The window goes on, and what you wrote stays. If it comes again: chatapp support"),
        )

    def first_report(self, words: str, now: float) -> bool:
        """Record a report, by a monotonic clock; false if the same words were reported in the last `LONG` seconds."""
        if now - self._reported.get(words, -LONG) < LONG:
            return False
        self._reported = {known: at for known, at in self._reported.items() if now - at < LONG} | {words: now}
        return True
