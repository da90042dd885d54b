"""The preview of a message in a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

LONGEST: Final = 120
"""Characters."""


def preview(text: str, files: Sequence[str]) -> str:
    """The beginning of the text as one line, or the names of the files if there is no text."""
    return " ".join(text[: 4 * LONGEST].split())[:LONGEST] or ", ".join(files)[:LONGEST]
