"""Counts the parts of an SMS, for which gateways charge (3GPP TS 23.038 and 23.040)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from decimal import Decimal

Alphabet: TypeAlias = Literal["gsm7", "ucs2"]

MOST: Final = 10
"""The most parts that a gateway joins."""

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
"""Letters that are sent as an escape and a letter, which must not be separated."""
_ROOM: Final[dict[Alphabet, tuple[int, int]]] = {"gsm7": (160, 153), "ucs2": (70, 67)}
"""Units in a single message, and in each part of a longer one."""
_LAST_OF_BASIC_PLANE: Final = "\uffff"


@dataclass(frozen=True, slots=True)
class Segments:
    """The parts of a text."""

    alphabet: Alphabet
    units: int
    """Total septets or 16-bit units."""
    parts: int
    left: int
    """Units that still fit without another part."""


def segments(text: str) -> Segments:
    """Count a text as gateways do; an empty one has no parts."""
    alphabet: Alphabet = "gsm7" if _BASIC.union(_EXTENSION).issuperset(text) else "ucs2"
    widths = [_width(letter, alphabet) for letter in text]
    alone, joined = _ROOM[alphabet]
    units = sum(widths)
    if units <= alone:
        return Segments(alphabet, units, min(units, 1), alone - units)
    parts, filled = _packed(widths, joined)
    return Segments(alphabet, units, parts, joined - filled)


def cost(text: str, price: Decimal) -> Decimal:
    """The cost of a text at a price per part."""
    return segments(text).parts * price


def _width(letter: str, alphabet: Alphabet) -> int:
    wide = letter in _EXTENSION if alphabet == "gsm7" else letter > _LAST_OF_BASIC_PLANE
    return 2 if wide else 1


def _packed(widths: Iterable[int], room: int) -> tuple[int, int]:
    """Fill parts one after another without splitting a letter of two units."""
    parts, filled = 1, 0
    for width in widths:
        if filled + width > room:
            parts, filled = parts + 1, 0
        filled += width
    return parts, filled
