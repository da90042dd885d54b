"""QR codes for terminals: half blocks, to be drawn black on white, so that they can be scanned in every theme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_HALVES: Final = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
"""The character for two vertically adjacent modules."""
_QUIET: Final = 2
"""The white border, in modules."""


def drawn(content: str) -> Sequence[str]:
    """The lines of a code, all of the same width."""
    import segno

    rows = [tuple(row) for row in segno.make(content, error="l", micro=False).matrix_iter(border=_QUIET)]
    if len(rows) % 2:
        rows.append((0,) * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return ["".join(_HALVES[cell] for cell in zip(upper, lower, strict=True)) for upper, lower in pairs]
