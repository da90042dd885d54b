"""Pages that are left once."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.css.query import NoMatches
from textual.screen import Screen

R = TypeVar("R")


class Leaving(Screen[R]):
    """A page that tolerates being dismissed twice: a second key may arrive after the page has gone."""

    def dismiss(self, result: R | None = None) -> AwaitComplete:
        """Leave with a result, unless the page was left before."""
        return super().dismiss(result) if self in self.app.screen_stack else AwaitComplete()

    def explains(self, error: Exception) -> bool:
        """Whether an error says only that the page has gone: work of a page may go on after its widgets."""
        shown = self.app.is_running and self in self.app.screen_stack
        return isinstance(error, NoMatches) and not shown
