"""Pages that are left once."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import Screen

R = TypeVar("R")


class Leaving(Screen[R]):
    """A page that tolerates being dismissed twice: a second key may arrive after the page has gone."""

    def dismiss(self, result: R | None = None) -> AwaitComplete:
        """Leave with a result, unless the page was left before."""
        return super().dismiss(result) if self in self.app.screen_stack else AwaitComplete()
