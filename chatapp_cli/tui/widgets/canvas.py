"""Shows one picture, in cells or drawn by the terminal."""

from __future__ import annotations

from typing import Protocol

from rich.segment import ControlType, Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

_IN_PLACE = ((ControlType.CURSOR_FORWARD, 0),)
"""Marks a segment that takes no cells."""


class Picture(Protocol):
    """A picture that was drawn."""

    @property
    def width(self) -> int:
        """Its width in cells."""

    @property
    def rows(self) -> int:
        """Its height in lines."""

    @property
    def sixels(self) -> str:
        """The sequence by which the terminal draws it over the cells; empty if it consists of cells."""

    def line(self, row: int, base: Style) -> list[Segment]:
        """The cells of one line."""


class Canvas(Widget):
    """A widget as large as its picture."""

    picture: Picture | None = None

    def show_picture(self, picture: Picture | None) -> None:
        """Show a picture; ``None`` shows nothing."""
        self.picture = picture
        self.styles.width, self.styles.height = (picture.width, picture.rows) if picture else (0, 0)
        self.refresh(layout=True)

    def render_line(self, y: int) -> Strip:
        """Paint one line of the picture."""
        if self.picture is None or y >= self.picture.rows:
            return Strip.blank(self.size.width, self.rich_style)
        return Strip(self.picture.line(y, self.rich_style), self.picture.width)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint the lines, and then the Sixels over them: painting a cell erases them."""
        strips = super().render_lines(crop)
        if self.picture is None or not self.picture.sixels or not strips:
            return strips
        x, y = self.region.offset
        over = Segment(f"\x1b7\x1b[{y + 1};{x + 1}H{self.picture.sixels}\x1b8", None, _IN_PLACE)
        return [*strips[:-1], Strip([*strips[-1], over], strips[-1].cell_length)]
