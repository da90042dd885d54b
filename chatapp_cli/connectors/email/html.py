"""HTML mails as text: what a person would see, one line per block, each link after its text."""

from __future__ import annotations

import html
import re
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_UNSEEN = (
    "script, style, head, title, template, noscript, [hidden], "
    "[style*='display:none' i], [style*='display: none' i], [style*='visibility:hidden' i]"
)
_QUOTED = "blockquote[type=cite], .gmail_quote, .yahoo_quoted"
_QUOTED_FROM_HERE = "#divRplyFwdMsg"
"""It and everything after it is quotation; as one selector this would be quadratic."""
_LINE, _BLOCK, _PARAGRAPH = "\ue000", "\ue001", "\ue002"
"""Private-use characters that mark breaks while the source's white space is removed."""
_BLOCKS = "div, tr, li, ul, ol, table, hr, blockquote, section, article, header, footer"
_PARAGRAPHS = "p, h1, h2, h3, h4, h5, h6, pre"
_TAG = re.compile(r"<(/?)(?!(?:br|p|li|td|th|tr|hr|img|meta|link|input|col|d[dt]|option)\b)[a-z]", re.IGNORECASE)
"""Tags of elements that need a closing tag."""
_ANY_TAG = re.compile(r"<[^<>]*>")
_DEEPEST = 2000
"""The deepest nesting that is parsed: the parser needs quadratic time."""
_BREAKS = re.compile(f" *[{_LINE}-{_PARAGRAPH}][ {_LINE}-{_PARAGRAPH}]*")


def to_text(source: str, *, quotes: bool = True) -> str:
    """Convert to text; ``quotes=False`` leaves out what mail programs mark as quotation."""
    from selectolax.lexbor import LexborHTMLParser

    if _is_bottomless(source):
        return html.unescape(" ".join(_ANY_TAG.sub(" ", source).split()))
    tree = LexborHTMLParser(re.sub(f"[{_LINE}-{_PARAGRAPH}]", " ", source))
    for node in tree.css(_UNSEEN if quotes else f"{_UNSEEN}, {_QUOTED}"):
        node.decompose()
    if not quotes and (first := tree.css_first(_QUOTED_FROM_HERE)) is not None:
        _end_before(first)
    for link in tree.css("a[href]"):
        link.insert_after(_target(link.attributes["href"] or "", link.text()))
    for pre in tree.css("pre"):
        pre.inner_html = (pre.inner_html or "").replace("\n", _LINE)
    _mark(tree.css("br"), after=_LINE)
    _mark(tree.css("td, th"), after=" ")
    _mark(tree.css(_BLOCKS), before=_BLOCK, after=_BLOCK)
    _mark(tree.css(_PARAGRAPHS), before=_PARAGRAPH, after=_PARAGRAPH)
    text = " ".join((tree.body.text() if tree.body else "").split())
    return _BREAKS.sub(lambda run: "\n" * _height(run[0]), text).strip()


def _is_bottomless(source: str) -> bool:
    depths = accumulate(-1 if tag[1] else 1 for tag in _TAG.finditer(source))
    return any(depth > _DEEPEST for depth in depths)


def _end_before(first: LexborNode) -> None:
    after = first.next
    first.decompose()
    while after is not None:
        following = after.next
        after.decompose()
        after = following


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
    href = href.strip()
    if not href.startswith(("http://", "https://", "ftp://")) or href.rstrip("/") in shown:
        return ""
    return f" ({href})"
