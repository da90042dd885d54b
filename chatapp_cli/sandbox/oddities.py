"""JSON with values in it that no encoder would write: what a stand-in says to see whether anybody chokes on it."""

from __future__ import annotations

import itertools
import json
from typing import Any, Final

FIELD: Final = "poison"
"""The name of the field that nobody asked for."""


class Oddities:
    """Writes JSON in which agreed strings stand for bytes."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._known: dict[str, bytes] = {}

    def field(self, value: bytes) -> dict[str, Any]:
        """A field for an object that is written with these bytes as its value."""
        mark = f"<oddity {next(self._numbers)}>"
        self._known[mark] = value
        return {FIELD: mark}

    def written(self, said: Any, *, escaped: bool = True) -> bytes:
        """Write something as JSON, the bytes in their places; ``escaped`` writes other letters than Latin ones so."""
        text = json.dumps(said, ensure_ascii=escaped).encode()
        for mark, value in self._known.items():
            text = text.replace(json.dumps(mark).encode(), value)
        return text
