"""QR codes for terminals: half blocks, black on white, readable in every theme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_HALVES: Final = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
"""Half blocks for two modules above each other."""
_QUIET: Final = 2
"""White modules around the code."""


def drawn(content: str) -> Sequence[str]:
    """The lines of a code, all of the same width."""
    import segno

    rows = [tuple(row) for row in segno.make(content, error="l", micro=False).matrix_iter(border=_QUIET)]
    if len(rows) % 2:
        rows.append((0,) * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return ["".join(_HALVES[cell] for cell in zip(upper, lower, strict=True)) for upper, lower in pairs]
