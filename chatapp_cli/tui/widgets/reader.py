"""A long text to read: only the lines in view are painted, and each paragraph is wrapped once for a width."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from chatapp_cli.domain.links import find
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.reading.cells import line
from chatapp_cli.tui.widgets.line_view import LineView

Tone: TypeAlias = Literal["plain", "strong", "muted", "faint", "accent"]
WIDEST = 100
"""The most cells of a line; longer ones are hard to read."""


class Paragraph(NamedTuple):
    """A line of the text, before it is wrapped."""

    text: str
    tone: Tone = "plain"


class _Line(NamedTuple):
    """A part of a paragraph that fits into the width."""

    text: str = ""
    tone: Tone = "plain"
    paragraph: int = 0


class Reader(LineView):
    """Shows paragraphs; links are marked, and a click follows them."""

    class Followed(Message):
        """A link was clicked; ``url`` may be only its beginning, ``text`` is the paragraph around it."""

        def __init__(self, url: str, text: str) -> None:
            super().__init__()
            self.url, self.text = url, text

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(appearance)
        self._paragraphs: Sequence[Paragraph] = ()
        self._lines: Sequence[_Line] = ()

    def read(self, paragraphs: Sequence[Paragraph]) -> None:
        """Show another text, from its beginning, once it is wrapped."""
        self._wrap(paragraphs, anew=True)

    def on_resize(self) -> None:
        """Wrap again."""
        self._wrap(self._paragraphs, anew=False)

    def _wrap(self, paragraphs: Sequence[Paragraph], *, anew: bool) -> None:
        """Wrap on a thread: a long text takes a second."""
        self._paragraphs = paragraphs
        work: Callable[[], Awaitable[None]] = partial(self._show, paragraphs, anew=anew)
        self.run_worker(work, group="wrap", exclusive=True)

    async def _show(self, paragraphs: Sequence[Paragraph], *, anew: bool) -> None:
        width = max(20, min(self.scrollable_content_region.width - 2, WIDEST))
        self._lines = await asyncio.to_thread(_wrapped, paragraphs, width)
        self.virtual_size = Size(0, len(self._lines))
        if anew:
            self.scroll_to(y=0, animate=False, force=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Paint one visible line."""
        styles, width, at = self._appearance.styles, self.scrollable_content_region.width, self.scroll_offset.y + y
        shown = self._lines[at] if at < len(self._lines) else _Line()
        style = styles.base + getattr(styles, shown.tone)
        return Strip([Segment("  ", styles.base), *_linked(shown.text, style, styles.link)]).adjust_cell_length(
            width, styles.base
        )

    def on_click(self, event: events.Click) -> None:
        """Follow the link under the mouse."""
        at = self.scroll_offset.y + event.y
        if event.style.link and at < len(self._lines):
            text = self._paragraphs[self._lines[at].paragraph].text
            self.post_message(self.Followed(event.style.link, text))

    def move(self, lines: int) -> None:
        """Scroll by so many lines."""
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, force=True)

    @property
    def height(self) -> int:
        """All lines."""
        return len(self._lines)


def _wrapped(paragraphs: Sequence[Paragraph], width: int) -> Sequence[_Line]:
    return [_Line(part, one.tone, n) for n, one in enumerate(paragraphs) for part in wrapped(one.text, width)]


def wrapped(text: str, width: int) -> Iterator[str]:
    """Break a line between words so that each part has at most ``width`` cells."""
    text = line(text).rstrip()
    if len(text) <= width and cell_len(text) <= width:
        yield text
        return
    for found in re.finditer(rf"\S.{{0,{width - 1}}}(?=\s|$)|\S{{1,{width}}}", text):
        yield from [found[0]] if cell_len(found[0]) <= width else chop_cells(found[0], width)


def _linked(text: str, style: Style, link: Style) -> Iterator[Segment]:
    at = 0
    for found in find(text):
        yield Segment(text[at : found.start], style)
        yield Segment(text[found.start : found.end], style + link + Style(link=found.url))
        at = found.end
    yield Segment(text[at:], style)
