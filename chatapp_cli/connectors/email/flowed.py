"""Text whose paragraphs a mail program wrapped and marked as wrapped: format=flowed (RFC 3676)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

_QUOTE = re.compile(">*")
_SIGNATURE = "-- "


def unwrapped(text: str, *, delsp: bool = False) -> str:
    """Join wrapped lines to paragraphs again; with ``delsp``, the space at the end of a wrapped line is removed."""
    lines = (_split(line) for line in text.split("\n"))
    return "\n".join(line for depth, group in groupby(lines, _depth) for line in _paragraphs(depth, group, delsp=delsp))


def _split(line: str) -> tuple[int, str]:
    """The depth of quotation, and the line without its marks and without the space that protects its beginning."""
    depth = len(_QUOTE.match(line)[0])  # type: ignore[index]  # it matches everything
    return depth, line[depth:].removeprefix(" ")


def _depth(line: tuple[int, str]) -> int:
    return line[0]


def _paragraphs(depth: int, lines: Iterator[tuple[int, str]], *, delsp: bool) -> Iterator[str]:
    mark = ">" * depth + " " * (depth > 0)
    wrapped: list[str] = []
    for _, line in lines:
        if line == _SIGNATURE:
            yield from ("".join(wrapped),) if wrapped else ()
            yield mark + line
            wrapped = []
            continue
        ends = not line.endswith(" ")
        wrapped.append((mark if not wrapped else "") + (line[:-1] if delsp and not ends else line))
        if ends:
            yield "".join(wrapped)
            wrapped = []
    if wrapped:
        yield "".join(wrapped)
