"""Parses markup that a channel's applications render: ``*bold*``, ``_italic_``, ``~struck~``, code, quotes, lists.

A pair of signs must touch the words between them, must not touch a letter, digit or the same sign outside, and must
be on one line; the nearest two form a pair. Only code, between one or three backticks, may have several lines.
Inside code, URLs, e-mail addresses and names after an @ there is no markup, and there is no escape character.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, Literal, NamedTuple, TypeAlias

from chatapp_cli.domain.links import URL

Style: TypeAlias = Literal["bold", "italic", "struck", "code", "quote", "item", "tilde"]


class Span(NamedTuple):
    """A part of a text with its own style.

    The line of a ``quote`` begins with its sign, and an ``item`` is only the sign: both stay in the text and are drawn
    differently. So does a ``tilde``, because some terminals cannot strike through.
    """

    style: Style
    start: int
    end: int


class Marked(NamedTuple):
    """A text without its signs of markup, and the spans that they mark."""

    text: str
    spans: Sequence[Span]


_ANY: Final = ("*", "_", "~", "`", "\n- ", "\n> ")
_TOKEN: Final = re.compile(
    r"```(?!\s*```)\n?(?P<block>.+?)\n?```"
    r"|(?<!`)`(?!\s)(?P<code>[^`\n]*[^`\s])`(?!`)"
    rf"|(?P<kept>{URL}|(?<![\w.+-])[\w.+-]*@[\w.-]+)"
    r"|^(?P<quote>>) "
    r"|^(?P<item>[-*]) (?=\S)"
    r"|(?P<sign>[*_~])"
    r"|(?P<line>\n)",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_FACES: Final = frozenset("^-=<>")
"""No markup begins after these: ``^_^``, ``-_-``."""
_PAIRED: Final[dict[str, Style]] = {"*": "bold", "_": "italic", "~": "struck"}


def signed(text: str) -> bool:
    """Whether the text may contain markup; a quick check."""
    return text.startswith(("- ", "> ")) or any(sign in text for sign in _ANY)


def read(text: str) -> Marked:
    """Remove the signs of markup from a text and return the spans that they mark."""
    reading = _MarkupParser(text)
    for token in _TOKEN.finditer(text):
        reading.take(token)
    return reading.result()


class _MarkupParser:
    """The state while parsing a text from beginning to end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans: list[Span] = []
        self.cuts: list[tuple[int, int]] = []
        self.open: dict[str, int] = {}
        """Where signs stand that have no counterpart yet."""

    def take(self, token: re.Match[str]) -> None:
        """Process the next token."""
        start, end = token.span()
        if token["sign"]:
            self._sign(token["sign"], start)
        elif token["quote"]:
            line_end = self.text.find("\n", start)
            self.spans.append(Span("quote", start, len(self.text) if line_end < 0 else line_end))
        elif token["item"]:
            self.spans.append(Span("item", start, start + 1))
        elif token.lastgroup in {"block", "code"}:
            inner = token.span(token.lastgroup)
            self.cuts += (start, inner[0]), (inner[1], end)
            self.spans.append(Span("code", *inner))
        if "\n" in token[0]:
            self.open.clear()

    def _sign(self, sign: str, at: int) -> None:
        before, after = self.text[at - 1 : at], self.text[at + 1 : at + 2]
        if sign in self.open and _touches(before, sign) and not _inside(after, sign):
            self._pair(sign, at)
        elif _touches(after, sign) and not _inside(before, sign) and before not in _FACES:
            self.open[sign] = at

    def _pair(self, sign: str, at: int) -> None:
        """Close a pair; unclosed signs between its two are plain text."""
        start = self.open[sign]
        self.open = {other: place for other, place in self.open.items() if place < start}
        if not self.text[start:at].strip("*_~"):
            return
        self.spans.append(Span(_PAIRED[sign], start + 1, at))
        if sign == "~":
            self.spans += Span("tilde", start, start + 1), Span("tilde", at, at + 1)
        else:
            self.cuts += (start, start + 1), (at, at + 1)

    def result(self) -> Marked:
        """The text without the signs; the spans move with their words."""
        cuts = sorted(self.cuts)
        starts = [start for start, _end in cuts]
        gone = list(accumulate((end - start for start, end in cuts), initial=0))
        kept = zip([0, *(end for _start, end in cuts)], [*starts, len(self.text)], strict=True)
        text = "".join(self.text[start:end] for start, end in kept)

        def moved(at: int) -> int:
            return at - gone[bisect_left(starts, at)]

        return Marked(text, [Span(one.style, moved(one.start), moved(one.end)) for one in self.spans])


def _touches(beside: str, sign: str) -> bool:
    """Whether a sign can stand around this."""
    return beside not in {"", sign} and not beside.isspace()


def _inside(beside: str, sign: str) -> bool:
    """Whether a sign next to this is part of a word, or one of several."""
    return beside.isalnum() or beside == sign
