"""How far a long command is: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

import typer

_WIDTH = 30
"""Characters of the bar."""


class Progress:
    """A line on stderr that is drawn over itself, and removed at the end."""

    def __init__(self, words: str, total: int) -> None:
        self._words, self._total = words, total
        self._drawn = ""
        self._shown = sys.stderr.isatty() and total > 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        if self._drawn:
            typer.echo("\r" + " " * len(self._drawn) + "\r", nl=False, err=True)

    def at(self, done: int) -> None:
        """Draw it again if it changed."""
        filled = _WIDTH * done // self._total if self._total else 0
        line = f"{self._words} [{'#' * filled}{'-' * (_WIDTH - filled)}] {done}/{self._total}"
        if self._shown and line != self._drawn:
            typer.echo(f"\r{line}", nl=False, err=True)
            self._drawn = line
