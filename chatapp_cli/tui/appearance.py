"""What every painting widget needs: the styles of the current theme, and the time."""

from __future__ import annotations

from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.world import Clock
from chatapp_cli.tui.themes import PaintStyles, paint_styles


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
