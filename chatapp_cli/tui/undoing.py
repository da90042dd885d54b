"""What undoes the last action of a page, piece by piece, so that one that breaks off can go on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeAlias

from chatapp_cli.i18n import _, ngettext
from chatapp_cli.store.tx import Tx

Writing: TypeAlias = Callable[[Callable[[Tx], int]], Awaitable[int]]
"""Commits one write and returns its result."""


class UndoPiece(NamedTuple):
    """A write that undoes a part of an action: all of it, or nothing if it fails."""

    write: Callable[[Tx], int]
    """Returns for how many of them it was not done, because others changed them since."""
    n: int = 1
    """How many it is for."""

    @classmethod
    def of(cls, back: Callable[[Tx], object]) -> UndoPiece:
        """A write that knows nothing of changes by others."""

        def write(tx: Tx) -> int:
            back(tx)
            return 0

        return cls(write)


class LastAction:
    """An action that can be undone, and how far that has come."""

    def __init__(self, pieces: Sequence[UndoPiece], *, until: float) -> None:
        self.until = until
        """Until when it can be undone, in seconds of the monotonic clock."""
        self._open = list(pieces)
        self._all = sum(piece.n for piece in pieces)
        self._left = 0

    async def undo(self, write: Writing) -> None:
        """Write the pieces that are not written yet; an error leaves those for another time."""
        while self._open:
            self._left += await write(self._open[0].write)
            del self._open[0]

    @property
    def said(self) -> str:
        """How far undoing it has come."""
        if self._open:
            undone = self._all - self._left - sum(piece.n for piece in self._open)
            return _("Taken back so far: {n} of {all}.", n=undone, all=self._all)
        if not self._left:
            return _("Taken back.")
        if self._all == 1:
            return _("Somebody has changed it since, so it stays as it is.")
        return ngettext(
            "Taken back. {n} dialog stays as it is: somebody has changed it since.",
            "Taken back. {n} dialogs stay as they are: somebody has changed them since.",
            self._left,
        )
