"""What goes wrong beside the loop of keys: said in words on the page, which goes on."""

from __future__ import annotations

from collections import deque

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show

LONG = 60.0
"""Seconds in which work that nobody asked for says the same only once."""


STUMBLES = 3
"""Errors of our own that are kept, the last ones: each holds on to all that its code had in its hands."""


class ErrorGuard:
    """One for the whole window, whatever works in it: actions, questions, timers, and who follows the news."""

    def __init__(self) -> None:
        self.stumbles: deque[Exception] = deque(maxlen=STUMBLES)
        """What nobody foresaw of late; told in full when the window closes."""
        self._said: dict[str, float] = {}

    def words(self, error: Exception) -> str:
        """What happened and what to do about it."""
        said = error if isinstance(error, ChatappError) else self._stumbled(error)
        return "\n".join(filter(None, [show(said.what), show(said.next_step)]))

    def _stumbled(self, error: Exception) -> ChatappError:
        self.stumbles.append(error)
        return ChatappError(
            T("Something went wrong inside: {what}.", what=type(error).__name__),
            T("The window goes on, and what you wrote stays. If it comes again: chatapp support"),
        )

    def is_news(self, words: str, now: float) -> bool:
        """Whether it was not said in the last minute, as work that comes round every few seconds would."""
        if now - self._said.get(words, -LONG) < LONG:
            return False
        self._said = {known: at for known, at in self._said.items() if now - at < LONG} | {words: now}
        return True
