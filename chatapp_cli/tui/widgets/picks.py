"""Dialogs that are picked out of the list, so that one action is done with all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from chatapp_cli.domain.ids import DialogId


class Picks:
    """Which are picked; whoever shows them is told of each change."""

    def __init__(self, changed: Callable[[int], object]) -> None:
        self._changed = changed
        self._those: frozenset[int] = frozenset()
        self._anchor = 0
        """Where the last one was picked."""

    def __contains__(self, dialog: object) -> bool:
        """Whether one is picked."""
        return dialog in self._those

    def among(self, ids: Sequence[int]) -> list[DialogId]:
        """Those of a list that are picked, in its order."""
        return [DialogId(one) for one in ids if one in self._those] if self._those else []

    def drop(self) -> bool:
        """Pick none; tells whether there were any."""
        before = self._those
        self._set(())
        return bool(before)

    def turn(self, ids: Sequence[int], at: int) -> None:
        """Pick the one at a place, or no longer."""
        self._anchor = at
        self._set(self._those ^ {ids[at]})

    def reach(self, ids: Sequence[int], at: int) -> None:
        """Pick all from the last one that was picked to a place."""
        low, high = sorted((self._anchor, at))
        self._set(self._those | set(ids[low : high + 1]))

    def everything(self, ids: Sequence[int]) -> None:
        """Pick all of a list, or none if all are."""
        self._set(() if frozenset(ids) <= self._those else ids)

    def _set(self, those: Iterable[int]) -> None:
        those = frozenset(those)
        if those != self._those:
            self._those = those
            self._changed(len(those))
