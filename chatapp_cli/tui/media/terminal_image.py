"""Pictures in the terminal's own protocol, made by textual-image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path

from rich.console import Console
from rich.segment import Segment
from rich.style import Style

from chatapp_cli.tui.media import pictures
from chatapp_cli.tui.media.graphics import Graphics, quietly

MOST = {Graphics.SIXEL: 1_000_000, Graphics.KITTY: 2_000_000}
"""The most pixels that are sent: making them takes less than a second."""


@dataclass(frozen=True, slots=True)
class TerminalImage:
    """A picture that the terminal draws over cells."""

    width: int
    rows: int
    cells: Sequence[Sequence[Segment]] = ()
    """Kitty: the cells of each line, which stand for the picture that was sent."""
    sixels: str = ""
    """Sixel: the sequence that draws it from its upper left corner."""
    forget: str = ""
    """Kitty: the sequence that removes it from the terminal's memory."""

    def line(self, row: int, base: Style) -> list[Segment]:
        """The cells of one line."""
        if self.sixels:
            return [Segment(" " * self.width, base)]
        return [Segment(one.text, base + one.style if one.style else base) for one in self.cells[row]]


def drawn(path: Path, paper: str, room: tuple[int, int], by: Graphics) -> TerminalImage | None:
    """The picture in at most ``room`` cells on a background ``paper``; ``None`` if it is broken or too large."""
    with quietly():
        from textual_image import renderable
        from textual_image._terminal import get_cell_size

        cell = get_cell_size()
    width, height = room[0] * cell.width, room[1] * cell.height
    less = min(1.0, sqrt(MOST[by] / (width * height)))
    image = pictures.scaled(path, paper, (int(width * less), int(height * less)))
    if image is None:
        return None
    columns, rows = ceil(image.width / cell.width), ceil(image.height / cell.height)
    if by is Graphics.SIXEL:
        made = _rendered(renderable.SixelImage(image, columns, rows))
        return TerminalImage(columns, rows, sixels=next(one.text for one in made if one.text.startswith("\x1bP")))
    sent = renderable.TGPImage(image, columns, rows)
    cells = list(Segment.split_lines(_rendered(sent)))[:rows]
    return TerminalImage(columns, rows, cells, forget=f"\x1b_Ga=d,d=I,i={sent.terminal_image_id},q=2\x1b\\")


def _rendered(picture: object) -> list[Segment]:
    console = Console(width=1000, height=1000, color_system="truecolor", force_terminal=True)
    return list(console.render(picture))  # type: ignore[arg-type]
