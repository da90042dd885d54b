"""Templates of requests to a gateway and paths into its answers, both written by a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from string import Formatter
from typing import Any, Final, TypeAlias

from chatapp_cli.kit.slices import fields, members

Values: TypeAlias = Mapping[str, str | Mapping[str, str]]
"""The values of the gaps; of a mapping the whole, or ``{values.name}``."""

NUMBER: Final = "number"
"""``{ttl:number}`` is a number in JSON."""


def gaps(source: str) -> list[str]:
    """The names of a template's gaps. Raises ValueError, with an explanation, for a syntax error."""
    found = []
    for _literal, name, form, conversion in Formatter().parse(source):
        if name is None:
            continue
        if conversion or form not in {"", NUMBER}:
            raise ValueError(f"{{{name}}} takes nothing but :{NUMBER}")
        found.append(name)
    return found


def filled(source: str, values: Values, encode: Callable[[str], str] = str) -> str:
    """The text with every gap filled and encoded for its place."""
    parts = []
    for literal, name, _form, _conversion in Formatter().parse(source):
        parts.append(literal)
        if name is not None:
            parts.append(encode(_words(_value(name, values))))
    return "".join(parts)


def filled_table(table: Mapping[str, str], values: Values) -> dict[str, str]:
    """The filled parameters; one with empty gaps is left out."""
    return {name: text for name, source in table.items() if (text := filled(source, values)) or not gaps(source)}


def filled_json(tree: Any, values: Values) -> Any:
    """A JSON tree with its texts filled; texts with empty gaps are left out."""
    if isinstance(tree, str):
        return _leaf(tree, values)
    if isinstance(tree, list):
        return [full for item in tree if (full := filled_json(item, values)) is not None]
    if isinstance(tree, dict):
        full = {name: filled_json(item, values) for name, item in tree.items()}
        return {name: item for name, item in full.items() if item is not None}
    return tree


def _leaf(source: str, values: Values) -> Any:
    literal, name, form, _conversion = next(iter(Formatter().parse(source)), ("", None, None, None))
    if name is not None and not literal and source == f"{{{name}{':' if form else ''}{form}}}":
        value = _value(name, values)
        if isinstance(value, Mapping):
            return dict(value)
        if form == NUMBER and value.isdecimal():
            return int(value)
    return filled(source, values) or ("" if not gaps(source) else None)


def _value(name: str, values: Values) -> str | Mapping[str, str]:
    whole, _, part = name.partition(".")
    value = values[whole]
    return value.get(part, "") if part and isinstance(value, Mapping) else value


def _words(value: str | Mapping[str, str]) -> str:
    return value if isinstance(value, str) else ", ".join(value.values())


def dig(document: Any, path: str) -> Any:
    """The value at a path such as ``result.0.id``; ``*`` is the first member. ``None`` if there is none."""
    for step in path.split(".") if path else ():
        if isinstance(document, dict):
            document = next(iter(document.values()), None) if step == "*" else document.get(step)
        elif isinstance(document, list):
            place = 0 if step == "*" else int(step) if step.isdecimal() else len(document)
            document = document[place] if place < len(document) else None
        else:
            return None
    return document


def sliced(raw: bytes, path: str) -> bytes:
    """The bytes at a path of ``dig``; empty if there are none.

    Raises ValueError for JSON with unclosed brackets.
    """
    for step in path.split(".") if path else ():
        if raw.startswith(b"{"):
            named = fields(raw)
            raw = next(iter(named.values()), b"") if step == "*" else named.get(step, b"")
        elif raw.startswith(b"["):
            place = 0 if step == "*" else int(step) if step.isdecimal() else -1
            raw = next(islice(members(raw), place, None), b"") if place >= 0 else b""
        else:
            return b""
    return raw


def plain(found: Any) -> str:
    """A JSON value as text for comparison."""
    if found is None or isinstance(found, dict | list):
        return ""
    return str(found).lower() if isinstance(found, bool) else str(found)
