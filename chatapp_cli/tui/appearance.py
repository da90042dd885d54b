"""What every painting widget needs: the styles of the current theme, and the time."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.world import Clock
from chatapp_cli.tui.themes import PaintStyles, paint_styles


@runtime_checkable
class Repainted(Protocol):
    """A page that paints by itself, and has to do so again in the colours of another theme."""

    def repaint(self) -> None:
        """Do so."""
        ...


class Appearance:
    """Styles and clock of one window."""

    def __init__(self, clock: Clock, theme: str) -> None:
        self._clock = clock
        self.styles: PaintStyles = paint_styles(theme)

    def use(self, theme: str) -> None:
        """Change to another theme."""
        self.styles = paint_styles(theme)

    def now(self) -> Millis:
        """The present time, from which ages are counted."""
        return self._clock.now()
