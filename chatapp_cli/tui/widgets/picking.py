"""Picking out several dialogs of the list, so that one action is done with all of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence

from textual.message import Message

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.widgets.line_view import LineView


class Picking(LineView):
    """A list of dialogs with a cursor, some of which may be picked out."""

    class Picked(Message):
        """So many are picked out now."""

        def __init__(self, n: int) -> None:
            super().__init__()
            self.n = n

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(appearance)
        self.cursor = 0
        self._picks: frozenset[int] = frozenset()
        self._anchor = 0

    @property
    @abstractmethod
    def ids(self) -> Sequence[int]:
        """What is listed, in its order."""

    @abstractmethod
    def move_to(self, at: int) -> None:
        """Put the cursor on a row."""

    @property
    def picked(self) -> list[DialogId]:
        """What is picked out, in the order of the list."""
        return [DialogId(one) for one in self.ids if one in self._picks] if self._picks else []

    def is_picked(self, dialog: int) -> bool:
        """Whether one is picked out."""
        return dialog in self._picks

    def drop_picks(self) -> bool:
        """Pick out none; tells whether there were any."""
        before = self._picks
        self._pick(())
        return bool(before)

    def _pick(self, picks: Iterable[int]) -> None:
        picks = frozenset(picks)
        if picks != self._picks:
            self._picks = picks
            self.refresh()
            self.post_message(self.Picked(len(picks)))

    def action_pick(self) -> None:
        """The one under the cursor, or no longer; and on to the next."""
        if self.ids:
            self._anchor = self.cursor
            self._pick(self._picks ^ {self.ids[self.cursor]})
            self.move_to(self.cursor + 1)

    def action_pick_range(self) -> None:
        """From the last one that was picked to the cursor."""
        low, high = sorted((self._anchor, self.cursor))
        self._pick(self._picks | set(self.ids[low : high + 1]))

    def action_pick_all(self) -> None:
        """All that are listed, or none if all are picked."""
        everything = frozenset(self.ids)
        self._pick(frozenset() if everything <= self._picks else everything)
