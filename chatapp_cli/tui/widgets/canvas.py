"""One picture in its cells, whichever way it is drawn."""

from __future__ import annotations

from typing import Protocol

from rich.segment import ControlType, Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

_IN_PLACE = ((ControlType.CURSOR_FORWARD, 0),)
"""Says that a segment takes no cells."""


class Picture(Protocol):
    """What was drawn."""

    @property
    def width(self) -> int:
        """Cells of a line."""

    @property
    def rows(self) -> int:
        """Lines."""

    @property
    def sixels(self) -> str:
        """What the terminal draws over the cells, if it does."""

    def line(self, row: int, base: Style) -> list[Segment]:
        """One line of it."""


class Canvas(Widget):
    """As large as its picture."""

    picture: Picture | None = None

    def show_picture(self, picture: Picture | None) -> None:
        """Show a picture, or none."""
        self.picture = picture
        self.styles.width, self.styles.height = (picture.width, picture.rows) if picture else (0, 0)
        self.refresh(layout=True)

    def render_line(self, y: int) -> Strip:
        """One line."""
        if self.picture is None or y >= self.picture.rows:
            return Strip.blank(self.size.width, self.rich_style)
        return Strip(self.picture.line(y, self.rich_style), self.picture.width)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Whatever is painted, Sixels come last: cells that are painted again wipe them away."""
        strips = super().render_lines(crop)
        if self.picture is None or not self.picture.sixels or not strips:
            return strips
        x, y = self.region.offset
        over = Segment(f"\x1b7\x1b[{y + 1};{x + 1}H{self.picture.sixels}\x1b8", None, _IN_PLACE)
        return [*strips[:-1], Strip([*strips[-1], over], strips[-1].cell_length)]
