"""What every painting widget asks for: the colours of now, and the time."""

from __future__ import annotations

from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.world import Clock
from chatapp_cli.tui.themes import Palette, palette


class Look:
    """Colours and clock of one window."""

    def __init__(self, clock: Clock, *, dark: bool) -> None:
        self._clock = clock
        self.palette: Palette = palette(dark)

    def dark(self, dark: bool) -> None:
        """Change to the dark colours, or to the light ones."""
        self.palette = palette(dark)

    def now(self) -> Millis:
        """The time that ages are counted to."""
        return self._clock.now()
