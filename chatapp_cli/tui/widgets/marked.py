"""Draws the markup of channels whose apps show it as bold, italic and so on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from rich.console import Console
from rich.style import Style
from rich.text import Text

from chatapp_cli.domain import markup
from chatapp_cli.tui.themes import PaintStyles

_BAR, _DOT = "┃", "•"
_SIGNS: Final[Mapping[markup.Style, str]] = {"quote": _BAR, "item": _DOT}
_LED: Final = re.compile(rf"{_BAR} |{_DOT} |\d{{1,2}}\. ")
"""What indents the further lines of a paragraph."""
_read = lru_cache(maxsize=128)(markup.read)


def drawn(text: str, style: Style, paint: PaintStyles) -> Text:
    """A text as the client sees it; signs of quotes and lists are replaced by ours, which are as long."""
    marked, styles = _read(text), _styles(paint)
    letters = list(marked.text)
    for span in marked.spans:
        letters[span.start] = _SIGNS.get(span.style, letters[span.start])
    shown = Text("".join(letters), style=style)
    for span in sorted(marked.spans, key=lambda span: span.start - span.end):
        shown.stylize(styles[span.style], span.start, span.end)
        if span.style == "quote":
            shown.stylize(paint.accent, span.start, span.start + 1)
    return shown


def _styles(styles: PaintStyles) -> Mapping[markup.Style, Style]:
    return {
        "bold": Style(bold=True),
        "italic": Style(italic=True),
        "struck": styles.muted + Style(strike=True),
        "tilde": styles.faint,
        "code": Style(bgcolor=styles.shaded.bgcolor),
        "quote": styles.muted,
        "item": styles.accent,
    }


def wrapped(text: Text, console: Console, width: int) -> Iterator[Text]:
    """Wrap a text into lines of at most ``width`` cells; quotes and list entries are indented."""
    for paragraph in text.split("\n", allow_blank=True):
        if led := _LED.match(paragraph.plain):
            yield from _hung(paragraph, console, width, led.end())
        else:
            yield from paragraph.wrap(console, width)


def _hung(paragraph: Text, console: Console, width: int, at: int) -> Iterator[Text]:
    lead, words = paragraph[:at], paragraph[at:]
    for part in words.wrap(console, width - at):
        yield lead + part
        lead = lead if lead.plain.startswith(_BAR) else Text(" " * at)
