"""The pictures of a conversation that were looked at last, and how many lines each takes."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.tui.media.pictures import ROWS, Drawn, drawable

MOST = 100
"""Pictures kept, of a few kilobytes each."""


class PictureLine(NamedTuple):
    """A line of a message that a picture is shown in."""

    file: FileRow
    row: int
    left: int
    """Cells before it."""


class Gallery:
    """Answers at once with what it has; what it has not is asked for once, and drawn elsewhere."""

    def __init__(self) -> None:
        self.on = False
        self._drawn: OrderedDict[str, Drawn] = OrderedDict()
        self._rows: dict[str, int] = {}
        self._asked: set[str] = set()

    def __len__(self) -> int:
        """Pictures that are kept."""
        return len(self._drawn)

    def clear(self) -> None:
        """Another conversation, or other colours."""
        self._drawn.clear()
        self._rows.clear()
        self._asked.clear()

    def rows(self, file: FileRow) -> int:
        """Lines that a file's picture takes: the most there are until it was drawn, none if it cannot be."""
        return self._rows.get(file.sha256, ROWS) if self.on and drawable(file) else 0

    def asks(self, file: FileRow) -> bool:
        """Whether somebody has to draw it: true once."""
        needed = file.sha256 not in self._drawn and file.sha256 not in self._asked
        if needed:
            self._asked.add(file.sha256)
        return needed

    def put_off(self, file: FileRow) -> None:
        """It was not drawn, as nobody sees it any more."""
        self._asked.discard(file.sha256)

    def put(self, file: FileRow, drawn: Drawn | None) -> bool:
        """Have a picture, or know that there is none; tells whether it takes other lines than before."""
        before = self.rows(file)
        self._rows[file.sha256] = drawn.rows if drawn else 0
        self._asked.discard(file.sha256)
        if drawn is not None:
            self._drawn[file.sha256] = drawn
            if len(self._drawn) > MOST:
                self._drawn.popitem(last=False)
        return self.rows(file) != before

    def over(self, strip: Strip, line: PictureLine, base: Style) -> Strip:
        """A line with the picture's part of it, if that is here."""
        drawn = self._drawn.get(line.file.sha256)
        if drawn is None or line.row >= drawn.rows:
            return strip
        self._drawn.move_to_end(line.file.sha256)
        cells: list[Segment] = drawn.line(line.row, base)
        end = line.left + drawn.width
        return Strip([*strip.crop(0, line.left), *cells, *strip.crop(end)], strip.cell_length)
