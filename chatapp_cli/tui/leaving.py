"""Pages that are left once, and what is heard of them afterwards."""

from __future__ import annotations

from typing import Any, TypeVar

from textual.await_complete import AwaitComplete
from textual.css.query import NoMatches
from textual.screen import Screen

R = TypeVar("R")


class Leaving(Screen[R]):
    """A page that tolerates being dismissed twice: a second key may arrive after the page has gone."""

    def dismiss(self, result: R | None = None) -> AwaitComplete:
        """Leave with a result, unless the page was left before."""
        return super().dismiss(result) if self in self.app.screen_stack else AwaitComplete()


def only_left(page: Screen[Any], error: Exception) -> bool:
    """Whether an error says only that a page has gone: work of a page may go on after its widgets."""
    shown = page.app.is_running and page in page.app.screen_stack
    return isinstance(error, NoMatches) and not shown
