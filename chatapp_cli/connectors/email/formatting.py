"""The HTML beside a text: only where links or bold words ask for it, and nothing but links and markup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from chatapp_cli.domain import links, markup

_TAGS: Final = {"bold": "b", "italic": "i", "struck": "s", "code": "code"}
_ASKS: Final = frozenset({"bold", "link"})
_BREAK: Final = "<br>\n"
_QUOTE: Final = '<blockquote style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">'


class _Span(NamedTuple):
    style: str
    start: int
    end: int
    url: str = ""


def asks_for_html(text: str) -> bool:
    """Whether the text has links or bold words; other markup reads well as it is typed."""
    return any(span.style in _ASKS for span in _read(text)[1])


def as_html(text: str) -> str:
    """The text as a small HTML document."""
    shown, spans = _read(text)
    lines = "".join(_pieces(shown, spans)).rstrip("\n").split("\n")
    body = "\n".join(_block(quoted, [*some]) for quoted, some in groupby(lines, _is_quoted))
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'


def _read(text: str) -> tuple[str, Sequence[_Span]]:
    marked = markup.read(text)
    return marked.text, [_Span(*span) for span in marked.spans] + [*_links(marked.text)]


def _links(text: str) -> Iterator[_Span]:
    return (_Span("link", one.start, one.end, one.url) for one in links.find(text) if one.kind == "url")


def _pieces(text: str, spans: Sequence[_Span]) -> Iterator[str]:
    """The text in pieces between the edges of spans, each in the tags of the spans around it, and within one line."""
    breaks = (at + edge for at, sign in enumerate(text) if sign == "\n" for edge in (0, 1))
    edges = sorted({0, len(text), *breaks, *(edge for span in spans for edge in (span.start, span.end))})
    begins = iter(sorted(spans, key=lambda span: span.start))
    ahead, around = next(begins, None), list[_Span]()
    for start, end in pairwise(edges):
        around = [span for span in around if span.end > start]
        while ahead is not None and ahead.start <= start:
            if ahead.end > start:
                around.append(ahead)
            ahead = next(begins, None)
        yield _tagged(text[start:end], around)


def _tagged(piece: str, around: Sequence[_Span]) -> str:
    styles = Counter(span.style for span in around)
    if piece == "\n":
        return piece
    if "tilde" in styles:
        return ""
    html = escape(piece, quote=False).replace("  ", "&nbsp; ")
    for style, tag in _TAGS.items():
        html = f"<{tag}>{html}</{tag}>" if style in styles else html
    link = next((span.url for span in around if span.style == "link"), "")
    return f'<a href="{escape(link)}">{html}</a>' if link else html


def _is_quoted(line: str) -> bool:
    return line.startswith("&gt;")


def _block(quoted: bool, lines: Sequence[str]) -> str:
    if not quoted:
        return f"<div>{_BREAK.join(lines)}</div>"
    inner = _BREAK.join(line.removeprefix("&gt;").removeprefix(" ") for line in lines)
    return f"{_QUOTE}{inner}</blockquote>"
