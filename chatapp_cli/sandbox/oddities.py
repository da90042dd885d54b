"""JSON with values that no encoder writes, to test lenient decoding."""

from __future__ import annotations

import itertools
import json
from typing import Any, Final

FIELD: Final = "poison"
"""The name of the extra field."""


class Oddities:
    """Writes JSON in which placeholder strings are replaced by raw bytes."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._known: dict[str, bytes] = {}

    def field(self, value: bytes) -> dict[str, Any]:
        """A field whose value is written as these bytes."""
        mark = f"<oddity {next(self._numbers)}>"
        self._known[mark] = value
        return {FIELD: mark}

    def written(self, said: Any, *, escaped: bool = True) -> bytes:
        """Encode as JSON with the raw bytes in place; ``escaped`` escapes non-ASCII characters."""
        text = json.dumps(said, ensure_ascii=escaped).encode()
        for mark, value in self._known.items():
            text = text.replace(json.dumps(mark).encode(), value)
        return text
