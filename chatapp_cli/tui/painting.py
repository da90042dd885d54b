"""Holds the painting of a page while several of its parts change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from textual.screen import Screen


class Painting:
    """Whether a page paints what changes; its ``_compositor_refresh`` asks ``held``."""

    def __init__(self, page: Screen[None]) -> None:
        self._page = page
        self.held = False

    @contextmanager
    def one_frame(self) -> Iterator[None]:
        """Paint nothing until the end, and then all of it; layout goes on, and with it what waits for one.

        ``_on_timer_update`` of Textual (seen in 8.2.8) paints what is due. Nothing public does so at once: ``refresh``
        waits for the next tick of the screen, so that a frame of the old content might be painted before.
        """
        self.held = True
        try:
            yield
        finally:
            self.held = False
            self._page._on_timer_update()
