"""Judges calls and answers of the Bot API by its published description, which nobody here wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

PUBLISHED = Path(__file__).parents[3] / "shared" / "contracts" / "telegram_bot_api_10.1.json"

_PLAIN: Mapping[str, type | tuple[type, ...]] = {
    "Integer": int,
    "String": str,
    "Boolean": bool,
    "Float": (int, float),
}
_FIXED = re.compile(r'(?:, always "|, must be )(\w+)"?$')
"""How the description names the one value that tells a type from its siblings."""


class BotApiSchema:
    """Finds what is wrong with a call or an answer, in words; nothing is wrong if it finds nothing."""

    def __init__(self, published: Path = PUBLISHED) -> None:
        described = json.loads(published.read_text("utf-8"))
        self._methods: Mapping[str, Any] = described["methods"]
        self._types: Mapping[str, Any] = described["types"]

    def call(self, method: str, params: Mapping[str, Any], uploads: Sequence[str] = ()) -> list[str]:
        """Judge a method's parameters; forms carry everything but strings as JSON."""
        if method not in self._methods:
            return [f"unknown method {method}"]
        fields = {field["name"]: field for field in self._methods[method].get("fields", ())}
        given = {name: _plain(value, fields.get(name, {}).get("types", ())) for name, value in params.items()}
        direct = dict.fromkeys((name for name in uploads if name in fields), "attach://it")
        unused = [name for name in uploads if name not in fields and name not in str(params)]
        loose = [f"{method}: nothing uses upload {name}" for name in unused]
        return [*self._object(given | direct, fields, method), *loose]

    def answer(self, method: str, result: object) -> list[str]:
        """Judge what a method returned."""
        return list(self._any(result, self._methods[method]["returns"], f"{method} →"))

    def update(self, update: object) -> list[str]:
        """Judge an update that a webhook carries."""
        return list(self._value(update, "Update", "update"))

    def _any(self, value: object, types: Sequence[str], where: str) -> Iterator[str]:
        tried = [list(self._value(value, name, where)) for name in types]
        if all(tried):
            yield from min(tried, key=len)

    def _value(self, value: object, name: str, where: str) -> Iterator[str]:
        if name == "InputFile":
            name = "String"
        if name in _PLAIN:
            yield from self._plain(value, name, where)
        elif name.startswith("Array of "):
            yield from self._array(value, name.removeprefix("Array of "), where)
        elif subtypes := self._types[name].get("subtypes"):
            yield from self._any(value, subtypes, where)
        else:
            fields = {field["name"]: field for field in self._types[name].get("fields", ())}
            yield from self._object(value, fields, f"{where} {name}")

    def _plain(self, value: object, name: str, where: str) -> Iterator[str]:
        if not isinstance(value, _PLAIN[name]) or (isinstance(value, bool) and name != "Boolean"):
            yield f"{where}: {value!r} is no {name}"

    def _array(self, value: object, of: str, where: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{where}: {value!r} is no array"
            return
        for index, item in enumerate(value):
            yield from self._value(item, of, f"{where}[{index}]")

    def _object(self, value: object, fields: Mapping[str, Any], where: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield f"{where}: {value!r} is no object"
            return
        yield from (f"{where}: {name} is missing" for name, f in fields.items() if f["required"] and name not in value)
        for name, item in value.items():
            if name not in fields:
                yield f"{where}: {name} is unknown"
            elif (fixed := _FIXED.search(fields[name]["description"])) and item != fixed[1]:
                yield f"{where}.{name}: {item!r} is not {fixed[1]}"
            else:
                yield from self._any(item, fields[name]["types"], f"{where}.{name}")


def _plain(value: Any, types: Sequence[str]) -> Any:
    if not isinstance(value, str) or "String" in types or "InputFile" in types:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
