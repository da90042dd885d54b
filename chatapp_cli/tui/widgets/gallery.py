"""The drawn pictures of a conversation, and the lines that each takes."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.tui.media.pictures import ROWS, Drawn, drawable

MOST = 100
"""The most pictures that are kept, of a few kilobytes each."""


class PictureLine(NamedTuple):
    """A line of a message that shows a part of a picture."""

    file: FileRow
    row: int
    left: int
    """The cells before the picture."""


class Gallery:
    """Keeps drawn pictures; a picture that it does not have is asked for once and drawn elsewhere."""

    def __init__(self) -> None:
        self.on = False
        self._drawn: OrderedDict[str, Drawn] = OrderedDict()
        self._rows: dict[str, int] = {}
        self._asked: set[str] = set()

    def __len__(self) -> int:
        """The number of pictures that are kept."""
        return len(self._drawn)

    def clear(self) -> None:
        """Forget all pictures, for another conversation or theme."""
        self._drawn.clear()
        self._rows.clear()
        self._asked.clear()

    def rows(self, file: FileRow) -> int:
        """The lines of a file's picture: the most that one takes until it is drawn, 0 if it cannot be drawn."""
        return self._rows.get(file.sha256, ROWS) if self.on and drawable(file) else 0

    def ask_once(self, file: FileRow) -> bool:
        """Ask for a picture; false if it is drawn or was asked for."""
        needed = file.sha256 not in self._drawn and file.sha256 not in self._asked
        if needed:
            self._asked.add(file.sha256)
        return needed

    def put_off(self, file: FileRow) -> None:
        """Note that a picture was not drawn because it left the screen; it may be asked for again."""
        self._asked.discard(file.sha256)

    def put(self, file: FileRow, drawn: Drawn | None) -> bool:
        """Keep a drawn picture; ``None`` if it cannot be drawn. Returns whether its number of lines changed."""
        before = self.rows(file)
        self._rows[file.sha256] = drawn.rows if drawn else 0
        self._asked.discard(file.sha256)
        if drawn is not None:
            self._drawn[file.sha256] = drawn
            if len(self._drawn) > MOST:
                self._drawn.popitem(last=False)
        return self.rows(file) != before

    def over(self, strip: Strip, line: PictureLine, base: Style) -> Strip:
        """The line with its part of the picture, if the picture is kept."""
        drawn = self._drawn.get(line.file.sha256)
        if drawn is None or line.row >= drawn.rows:
            return strip
        self._drawn.move_to_end(line.file.sha256)
        cells: list[Segment] = drawn.line(line.row, base)
        end = line.left + drawn.width
        return Strip([*strip.crop(0, line.left), *cells, *strip.crop(end)], strip.cell_length)
