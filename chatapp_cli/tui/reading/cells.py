"""Fits text into terminal cells: no text of a client can move the cursor or break a column."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.content import Content

_CONTROLS = dict.fromkeys((*range(32), *range(127, 160), 0x2028, 0x2029), " ")
_INVISIBLE = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C, 0x200E, 0x200F, 0xFEFF), "")
_LETTERS_A_CELL = 16
"""More than that, with all their accents, share no cell in any script."""
_ONE_LINE = {**_CONTROLS, **_INVISIBLE}
_MANY_LINES = {code: to for code, to in _ONE_LINE.items() if code != ord("\n")}


def as_it_stands(text: str) -> Content:
    """Text for a button, a choice or a checkbox, in which brackets are not markup."""
    return Content(text)


def line(text: str) -> str:
    """Text for one line, without control characters and marks of writing direction."""
    return text.translate(_ONE_LINE)


def lines(text: str) -> str:
    """The same for several lines."""
    return text.replace("\r\n", "\n").translate(_MANY_LINES)


def _begin(text: str, width: int) -> str:
    """As much of a text as can matter: measuring one of megabytes would take seconds."""
    return text[: max(0, width) * _LETTERS_A_CELL + 1]


def fit(text: str, width: int) -> str:
    """The text in exactly ``width`` cells: cut with an ellipsis, or padded with spaces."""
    if width <= 0:
        return ""
    text = line(_begin(text, width))
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def cut(text: str, width: int) -> str:
    """The text in at most ``width`` cells, cut with an ellipsis."""
    text = line(_begin(text, width))
    return text if cell_len(text) <= width else fit(text, width)


def row(
    width: int, left: Iterable[tuple[str, Style]], right: Iterable[tuple[str, Style]], base: Style
) -> list[Segment]:
    """A line of ``width`` cells with text at its left and right ends; the left text is cut if both do not fit."""
    ends = [Segment(text, base + style) for text, style in right]
    room = width - sum(cell_len(segment.text) for segment in ends)
    begins = []
    for text, style in left:
        piece = cut(text, room)
        room -= cell_len(piece)
        begins.append(Segment(piece, base + style))
    return [*begins, Segment(" " * max(0, room), base), *ends]
