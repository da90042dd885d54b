"""Leaving a page, once."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import Screen

R = TypeVar("R")


class Leaving(Screen[R]):
    """A page that can be left by a key which somebody pressed twice: the second one may come when it has gone."""

    def dismiss(self, result: R | None = None) -> AwaitComplete:
        """Leave with an answer, unless that was done."""
        return super().dismiss(result) if self in self.app.screen_stack else AwaitComplete()
