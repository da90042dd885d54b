"""What undoes the last action of a page, piece by piece, so that one that breaks off can go on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeAlias

from chatapp_cli.i18n import _, ngettext
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.keys.keymap import action, shown

UNDO = 15.0
"""Seconds within which an action can be undone."""
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


Back: TypeAlias = Callable[[Tx], object] | UndoPiece
"""What undoes an action or a part of it."""


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
    def is_open(self) -> bool:
        """Whether something of it is not undone yet."""
        return bool(self._open)

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


class Undoing:
    """The last action of a page, the notice that offers its undo, and the undo.

    ``clock`` gives the seconds of the monotonic clock, ``write`` commits, ``say`` shows a notice.
    """

    def __init__(self, clock: Callable[[], float], write: Writing, say: Callable[[str], None]) -> None:
        self._clock, self._write, self._say = clock, write, say
        self.last: LastAction | None = None
        """The last action, unless it is undone."""

    def offer(self, words: str, back: Sequence[Back]) -> None:
        """Say that an action succeeded, and offer the key that undoes it within ``UNDO`` seconds."""
        pieces = [one if isinstance(one, UndoPiece) else UndoPiece.of(one) for one in back]
        self._offer(LastAction(pieces, until=self._clock() + UNDO), words)

    def _offer(self, last: LastAction, words: str) -> None:
        self.last = last
        self._say(f"{words}\n{shown(action('inbox', 'undo').keys[0])}: {_('Take back')}")

    async def take_back(self) -> None:
        """Undo the last action; what an error leaves is undone by the next try, unless something else was done."""
        last, self.last = self.last, None
        if last is None or self._clock() > last.until:
            self._say(_("There is nothing to take back."))
            return
        try:
            await last.undo(self._write)
        finally:
            if last.is_open:
                last.until = self._clock() + UNDO
                if self.last is None:
                    self._offer(last, last.said)
        self._say(last.said)
