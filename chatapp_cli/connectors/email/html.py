"""HTML mails as text: what a person would see, one line per block, links behind their words."""

from __future__ import annotations

import re

_UNSEEN = (
    "script, style, head, title, template, noscript, [hidden], "
    "[style*='display:none' i], [style*='display: none' i], [style*='visibility:hidden' i]"
)
_QUOTED = "blockquote[type=cite], div.gmail_quote, blockquote.gmail_quote, div.yahoo_quoted, #divRplyFwdMsg ~ *"
_BLOCKS = (
    "p, div, br, tr, li, ul, ol, table, h1, h2, h3, h4, h5, h6, hr, pre, blockquote, section, article, header, footer"
)
_BREAK = "\x1e"
_CELL = "\x1f"


def to_text(source: str, *, quotes: bool = True) -> str:
    """Convert; ``quotes=False`` leaves out what mail programs mark as the quoted earlier mail."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(source.replace(_BREAK, " ").replace(_CELL, " "))
    for node in tree.css(_UNSEEN if quotes else f"{_UNSEEN}, {_QUOTED}"):
        node.decompose()
    for link in tree.css("a[href]"):
        link.insert_after(_target(link.attributes["href"] or "", link.text()))
    for block in tree.css(_BLOCKS):
        block.insert_before(_BREAK)
        block.insert_after(_BREAK)
    for cell in tree.css("td, th"):
        cell.insert_after(_CELL)
    return _lines(tree.body.text() if tree.body else "")


def _target(href: str, shown: str) -> str:
    href = href.strip()
    if not href.startswith(("http://", "https://", "ftp://")) or href.rstrip("/") in shown:
        return ""
    return f" ({href})"


def _lines(text: str) -> str:
    lines = (" ".join(line.replace(_CELL, " ").split()) for line in text.split(_BREAK))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
