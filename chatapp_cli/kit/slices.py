"""Cutting JSON without reading it: whatever one part bears, however deep or odd, takes nothing from its neighbours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

_TEXT: Final = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN: Final = re.compile(_TEXT + rb"|[\[\]{},]", re.DOTALL)
_FIELD: Final = re.compile(rb"\s*(" + _TEXT + rb")\s*:\s*(.*)", re.DOTALL)
_AROUND: Final = b" \t\r\n"
_BOM: Final = b"\xef\xbb\xbf"


def bare(raw: bytes) -> bytes:
    """Without a byte order mark and the blanks around it."""
    return raw.removeprefix(_BOM).strip(_AROUND)


def members(raw: bytes) -> list[bytes]:
    """The members of an array, each as it came. Raises ValueError for anything else."""
    return list(_parts(raw, b"[]"))


def fields(raw: bytes) -> dict[str, bytes]:
    """The members of an object, each value as it came. Raises ValueError for anything else."""
    return dict(map(_field, _parts(raw, b"{}")))


def _field(part: bytes) -> tuple[str, bytes]:
    found = _FIELD.fullmatch(part)
    if found is None:
        raise ValueError("a member of an object without a name")
    return str(json.loads(found[1].decode("utf-8", "backslashreplace"))), found[2]


def _parts(raw: bytes, brackets: bytes) -> Iterator[bytes]:
    """What stands between the commas of the outermost brackets; depth is counted, never descended."""
    text, depth, begin = bare(raw), 0, 1
    if text[:1] != brackets[:1]:
        raise ValueError("no JSON array" if brackets == b"[]" else "no JSON object")
    for token in _TOKEN.finditer(text):
        sign = token[0]
        depth += (sign in b"[{") - (sign in b"]}")
        if depth == 0 or (depth == 1 and sign == b","):
            if part := text[begin : token.start()].strip(_AROUND):
                yield part
            begin = token.end()
        if depth == 0:
            break
    if depth or bare(text[begin:]):
        raise ValueError("JSON that does not end where its first bracket does")
