"""Text into terminal cells: nothing that customers write may move the cursor, and columns stay columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.content import Content

_CONTROLS = dict.fromkeys((*range(32), *range(127, 160), 0x2028, 0x2029), " ")
_INVISIBLE = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C, 0x200E, 0x200F, 0xFEFF), "")
_ONE_LINE = {**_CONTROLS, **_INVISIBLE}
_MANY_LINES = {code: to for code, to in _ONE_LINE.items() if code != ord("\n")}


def as_it_stands(text: str) -> Content:
    """Words for a button, a choice or a box to tick: brackets in a name are no markup there."""
    return Content(text)


def line(text: str) -> str:
    """Text for one line: escape sequences and tricks with the direction of writing lose their power."""
    return text.translate(_ONE_LINE)


def lines(text: str) -> str:
    """Text that may have several lines."""
    return text.replace("\r\n", "\n").translate(_MANY_LINES)


def fit(text: str, width: int) -> str:
    """Exactly so many cells: cut with an ellipsis, or filled up."""
    if width <= 0:
        return ""
    text = line(text)
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def cut(text: str, width: int) -> str:
    """At most so many cells."""
    text = line(text)
    return text if cell_len(text) <= width else fit(text, width)


def row(
    width: int, left: Iterable[tuple[str, Style]], right: Iterable[tuple[str, Style]], base: Style
) -> list[Segment]:
    """Pieces from the left and from the right with nothing but room between; what is too long on the left is cut."""
    ends = [Segment(text, base + style) for text, style in right]
    room = width - sum(cell_len(segment.text) for segment in ends)
    begins = []
    for text, style in left:
        piece = cut(text, room)
        room -= cell_len(piece)
        begins.append(Segment(piece, base + style))
    return [*begins, Segment(" " * max(0, room), base), *ends]
