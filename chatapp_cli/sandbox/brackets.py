"""PHP's bracket forms: how CRMs post events, and one of the ways in which Bitrix24 takes parameters."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

Pairs: TypeAlias = list[tuple[str, str]]

_PART = re.compile(r"\[([^\]]*)\]")


def flattened(said: Mapping[str, Any]) -> Pairs:
    """The pairs of a form. Empty lists and maps vanish, as they do in PHP."""
    return [pair for name, value in said.items() for pair in _flat(name, value)]


def _flat(name: str, value: Any) -> Pairs:
    match value:
        case Mapping():
            return [pair for key, inner in value.items() for pair in _flat(f"{name}[{key}]", inner)]
        case list() | tuple():
            return [pair for key, inner in enumerate(value) for pair in _flat(f"{name}[{key}]", inner)]
    return [(name, _written(value))]


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return "" if value is None else str(value)


def unordered(pairs: Pairs) -> Pairs:
    """The same pairs in an order that means nothing, and is the same each time."""
    return sorted(pairs, key=lambda pair: hashlib.sha256(pair[0].encode()).digest())


def parsed_query(query: str) -> dict[str, Any]:
    """The parameters of a query string or of a form's body."""
    return nested(parse_qsl(query, keep_blank_values=True))


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The structure behind a form; maps with the keys 0, 1, … are lists."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        head, bracket, rest = name.partition("[")
        parts = [head, *_PART.findall(bracket + rest)]
        _put(root, parts, value)
    return {name: _listed(value) for name, value in root.items()}


def _put(root: dict[str, Any], parts: list[str], value: str) -> None:
    for part in parts[:-1]:
        inner = root.setdefault(part or str(len(root)), {})
        if not isinstance(inner, dict):
            return
        root = inner
    root[parts[-1] or str(len(root))] = value


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(one) for name, one in value.items()}
    keys = [str(number) for number in range(len(inner))]
    return [inner[key] for key in keys] if inner and set(inner) == set(keys) else inner
