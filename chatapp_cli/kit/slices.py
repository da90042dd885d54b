"""Splits JSON without decoding it, so that an odd or deep part does not affect its neighbours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

import msgspec

_TEXT: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TOKEN: Final = re.compile(_TEXT + rb'|[\[{]++|[\]}]++|[,"]', re.DOTALL)
"""Brackets that stand side by side are one token, so that a tower of them is read in two steps.

An unclosed quotation mark matches alone; otherwise each one would scan the rest again.
"""
_CLOSED_BY: Final = bytes.maketrans(b"[{", b"]}")
_FIELD: Final = re.compile(rb"\s*+(" + _TEXT + rb")\s*+:\s*+(.*)", re.DOTALL)
_AROUND: Final = b" \t\r\n"
_BOM: Final = b"\xef\xbb\xbf"


def bare(raw: bytes) -> bytes:
    """Remove a byte order mark and surrounding whitespace."""
    return raw.removeprefix(_BOM).strip(_AROUND)


def members(raw: bytes) -> list[bytes]:
    """The raw members of an array. Raises ValueError for anything else."""
    return list(_parts(raw, b"[]"))


def fields(raw: bytes) -> dict[str, bytes]:
    """The members of an object with raw values. Raises ValueError for anything else."""
    return dict(map(_field, _parts(raw, b"{}")))


def member(raw: bytes, name: str) -> bytes:
    """The raw value of a name in an object; empty if there is none.

    Raises ValueError for anything but an object.
    """
    return fields(raw).get(name, b"")


def items(raw: bytes, name: str) -> list[bytes]:
    """The raw members of an answer's list: the answer is the list, or an object with it under this name.

    Empty if there is no such list. Raises ValueError if its brackets do not close.
    """
    try:
        return _quickly(raw, name)
    except (ValueError, RecursionError):
        text = bare(raw)
    _require_brackets(text)
    found = member(text, name) if text.startswith(b"{") else text
    return members(found) if found.startswith(b"[") else []


def _quickly(raw: bytes, name: str) -> list[bytes]:
    """The same for JSON that a decoder accepts. Raises ValueError or RecursionError otherwise."""
    whole = raw if raw.lstrip().startswith(b"[") else msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).get(name)
    return [] if whole is None else [bytes(one) for one in msgspec.json.decode(whole, type=list[msgspec.Raw])]


def _require_brackets(raw: bytes) -> None:
    """Raise ValueError for mismatched brackets or an unclosed text."""
    opened = bytearray()
    for token in _TOKEN.finditer(raw):
        sign = token[0]
        closing = sign[0] in b"]}"
        if sign == b'"' or (closing and opened[: -len(sign) - 1 : -1].translate(_CLOSED_BY) != sign):
            raise ValueError("JSON whose brackets do not close")
        if closing:
            del opened[-len(sign) :]
        elif sign[0] in b"[{":
            opened += sign


def _field(part: bytes) -> tuple[str, bytes]:
    found = _FIELD.fullmatch(part)
    if found is None:
        raise ValueError("a member of an object without a name")
    return str(json.loads(found[1].decode("utf-8", "backslashreplace"))), found[2]


def _parts(raw: bytes, brackets: bytes) -> Iterator[bytes]:
    """The parts between the commas of the outermost brackets, without recursion."""
    text, depth, begin = bare(raw), 0, 1
    if text[:1] != brackets[:1]:
        raise ValueError("no JSON array" if brackets == b"[]" else "no JSON object")
    for token in _TOKEN.finditer(text):
        sign, at = token[0], token.start()
        if sign == b'"':
            raise ValueError("JSON with a text that does not end")
        if sign[0] in b"]}":
            at += min(len(sign), depth) - 1
            depth -= min(len(sign), depth)
        elif sign[0] in b"[{":
            depth += len(sign)
        if depth == 0 or (depth == 1 and sign == b","):
            if part := text[begin:at].strip(_AROUND):
                yield part
            begin = at + 1
        if depth == 0:
            break
    if depth or bare(text[begin:]):
        raise ValueError("JSON that does not end where its first bracket does")
