"""Patterns of statements that compare with ``LIKE … ESCAPE '!'``."""

from __future__ import annotations


def beginning_with(text: str) -> str:
    """What begins with a text, whatever letters are in it."""
    return "".join(f"!{letter}" if letter in "!%_" else letter for letter in text) + "%"
