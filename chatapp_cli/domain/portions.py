"""A sequence in portions, as much at once as somebody takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def portions(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Successive portions of at most ``most`` items, the last of which may be smaller; none of an empty sequence."""
    return (items[at : at + most] for at in range(0, len(items), most))
