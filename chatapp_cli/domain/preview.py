"""The one line that a list shows of a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

LONGEST: Final = 120
"""Characters."""


def preview(text: str, files: Sequence[str]) -> str:
    """The beginning of what was said in one line, or else the names of its files."""
    return " ".join(text[: 4 * LONGEST].split())[:LONGEST] or ", ".join(files)[:LONGEST]
