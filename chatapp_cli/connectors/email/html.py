"""HTML mails as text: what a person would see, one line per block, each link after its text."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from itertools import accumulate, zip_longest
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_UNSEEN = (
    "script, style, head, title, template, noscript, [hidden], "
    "[style*='display:none' i], [style*='display: none' i], [style*='visibility:hidden' i]"
)
_QUOTED = "blockquote, .gmail_attr, .moz-cite-prefix, .yahoo_quoted"
"""Quotations and what introduces them: their lines begin with ``>``, as in plain mails."""
_DEEPEST_QUOTE = 3
_LINE, _BLOCK, _PARAGRAPH = "\ue000", "\ue001", "\ue002"
"""Private-use characters that mark breaks while the source's white space is removed."""
_TABLE, _TABLE_END, _ROW, _CELL = "\ue003", "\ue004", "\ue005", "\ue006"
_QUOTE, _QUOTE_END = "\ue007", "\ue008"
_MARKS = f"{_LINE}-{_QUOTE_END}"
_INNER_TABLE = re.compile(f"{_TABLE}([^{_TABLE}{_TABLE_END}]*+){_TABLE_END}")
"""A table without a table in it, after which the outer ones are only layout."""
_LONGEST_CELL = 200
"""The most characters of a cell of a table of data."""
_COLUMNS = 3
"""So many cells make a row of data of a single row."""
_MOST_CELLS = 20_000
"""Of a larger table, one row could be as long as all of it is high."""
_BLOCKS = (
    "div, tr, li, ul, ol, dl, dt, dd, table, hr, blockquote, section, article, header, footer, main, aside, nav, "
    "address, center, figure, figcaption, form, fieldset, legend, option"
)
_PARAGRAPHS = "caption, p, h1, h2, h3, h4, h5, h6, pre"
_TAG = re.compile(r"<(/?)(?!(?:br|p|li|td|th|tr|hr|img|meta|link|input|col|d[dt]|option)\b)[a-z]", re.IGNORECASE)
"""Tags of elements that need a closing tag."""
_OPEN_COMMENT = re.compile(r"<!--[^>]*+>?")
_ANY_TAG = re.compile(r"<[^<>]*>")
_BETWEEN_DIGITS = re.compile(r"[\s()\u2010-\u2015-]+")
_FILE = re.compile(r"\S+\.(?:png|jpe?g|gif|bmp|svg|webp)", re.IGNORECASE)
_WORD = re.compile(r"\w")
_DEEPEST = 2000
"""The deepest nesting that is parsed: the parser needs quadratic time."""
_ANY_BREAK = re.compile(f"[{_LINE}-{_PARAGRAPH}]")
_TABLE_MARKS = re.compile(f"[{_TABLE}-{_CELL}]")
_QUOTE_MARKS = re.compile(f"[{_QUOTE}{_QUOTE_END}]")
_BREAKS = re.compile(f" *[{_LINE}-{_PARAGRAPH}][ {_LINE}-{_PARAGRAPH}]*")


def to_text(source: str, *, pictures: Mapping[str, str] | None = None) -> str:
    """Convert to text; quoted lines begin with ``>``.

    With ``pictures``, the names of attached ones by their Content-ID, each picture is named.
    """
    from selectolax.lexbor import LexborHTMLParser

    source = _with_comments_closed(source)
    if _is_bottomless(source):
        return html.unescape(" ".join(_ANY_TAG.sub(" ", source).split()))
    tree = LexborHTMLParser(re.sub(f"[{_MARKS}]", " ", source))
    for node in tree.css(_UNSEEN):
        node.decompose()
    for image in tree.css("img" if pictures is not None else "img[alt]"):
        shown = _alternative(image.attributes.get("alt") or "")
        image.insert_before(shown or ("" if pictures is None else _picture_name(image.attributes, pictures)))
    for link in tree.css("a[href]"):
        link.insert_after(_target(link.attributes["href"] or "", link.text()))
    for pre in tree.css("pre"):
        pre.inner_html = (pre.inner_html or "").replace("\n", _LINE)
    _mark(tree.css("br"), after=_LINE)
    _mark(tree.css("td, th"), after=f" {_CELL}")
    _mark(tree.css("tr"), before=_ROW, after=_ROW)
    _mark(tree.css("table"), before=_TABLE, after=_TABLE_END)
    _mark(tree.css(_BLOCKS), before=_BLOCK, after=_BLOCK)
    _mark(tree.css(_PARAGRAPHS), before=_PARAGRAPH, after=_PARAGRAPH)
    quotations = tree.css(_QUOTED)
    _mark(quotations, before=f"{_BLOCK}{_QUOTE}", after=f"{_QUOTE_END}{_BLOCK}")
    text = " ".join(_with_tables(tree.body.text() if tree.body else "").split())
    text = _BREAKS.sub(lambda run: "\n" * _height(run[0]), text).strip()
    return _with_quotes(text) if quotations else text


def _with_quotes(text: str) -> str:
    """Put ``>`` before the lines of quotations."""
    lines: list[str] = []
    depth, above = 0, -1
    for marked in text.split("\n"):
        depth += marked.count(_QUOTE)
        line = _QUOTE_MARKS.sub("", marked).strip()
        if line:
            if above >= 0 and lines:
                lines.append(">" * min(depth, above, _DEEPEST_QUOTE))
            lines.append(f"{'>' * min(depth, _DEEPEST_QUOTE)} {line}".strip())
        above = -1 if line else min(depth, above) if above >= 0 else depth
        depth -= marked.count(_QUOTE_END)
    return "\n".join(lines)


def _with_comments_closed(source: str) -> str:
    """The source without the beginning of a comment that has no end and would hide everything behind it."""
    closed = source.rfind("-->") + 1
    return source[:closed] + _OPEN_COMMENT.sub("", source[closed:])


def _with_tables(text: str) -> str:
    """Write bars between the cells of tables of data; the cells of other tables are only places."""
    text = _INNER_TABLE.sub(lambda table: _bars(table[1]), text)
    return _TABLE_MARKS.sub("", text)


def _bars(table: str) -> str:
    pieces = table.split(_ROW)
    rows = [[" ".join(_ANY_BREAK.sub(" ", cell).split()) for cell in row.split(_CELL)[:-1]] for row in pieces[1::2]]
    if len(rows) * max(map(len, rows), default=0) > _MOST_CELLS:
        return table
    if len(rows) > 1:
        columns = (column for column in zip_longest(*rows, fillvalue="") if any(column))
        rows = [[*row] for row in zip(*columns, strict=True)]
    if not _is_data(rows):
        return table
    pieces[1::2] = (f"{_BLOCK}{' | '.join(row)}{_BLOCK}" for row in rows)
    return "".join(pieces)


def _is_data(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the cells are short and stand in columns."""
    full = [row for row in rows if sum(map(bool, row)) > 1]
    short = all(len(cell) <= _LONGEST_CELL for row in rows for cell in row)
    return short and (len(full) > 1 or any(len(row) >= _COLUMNS for row in full))


def _is_bottomless(source: str) -> bool:
    depths = accumulate(-1 if tag[1] else 1 for tag in _TAG.finditer(source))
    return any(depth > _DEEPEST for depth in depths)


def _mark(nodes: list[LexborNode], *, before: str = "", after: str) -> None:
    for node in nodes:
        if before:
            node.insert_before(before)
        node.insert_after(after)


def _height(run: str) -> int:
    """The line ends for a run of breaks: never more than one empty line."""
    if _PARAGRAPH in run:
        return 2
    return min(2, run.count(_LINE) + (_BLOCK in run))


def _target(href: str, shown: str) -> str:
    """Where a link leads, unless the text beside it says so."""
    scheme, _, rest = href.strip().partition(":")
    rest = rest.strip()
    if scheme.lower() in {"http", "https", "ftp"} and rest.startswith("//"):
        target = f"{scheme}:{rest}"
        return "" if target.rstrip("/") in shown else f" ({target})"
    if scheme.lower() in {"mailto", "tel"}:
        target = unquote(rest.partition("?")[0])
        return "" if not target or _plain(target) in _plain(shown) else f" ({target})"
    return ""


def _plain(said: str) -> str:
    """An address or a phone number without what people write between its digits."""
    return _BETWEEN_DIGITS.sub("", said).lower()


def _picture_name(attributes: Mapping[str, str | None], pictures: Mapping[str, str]) -> str:
    """The name of a picture in brackets; nothing for one that only reports that the mail was opened."""
    scheme, _, rest = (attributes.get("src") or "").strip().partition(":")
    if {attributes.get("width"), attributes.get("height")} & {"0", "1"}:
        return ""
    named = pictures.get(rest, "") if scheme.lower() == "cid" else unquote(rest.partition("?")[0].rpartition("/")[2])
    return f"[{named[:_LONGEST_CELL]}]" if named else ""


def _alternative(alt: str) -> str:
    """The words for a picture; a bare one stands for a character, and a file name stands for nothing."""
    alt = " ".join(alt.split())
    if _FILE.fullmatch(alt):
        return ""
    return f"[{alt}]" if _WORD.search(alt) else alt
