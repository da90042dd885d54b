"""The dialogs that are picked in the list, so that one action is run on all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from chatapp_cli.domain.ids import DialogId


class Picks:
    """The picked dialogs; ``changed`` is called with their number after each change."""

    def __init__(self, changed: Callable[[int], object]) -> None:
        self._changed = changed
        self._those: frozenset[int] = frozenset()
        self._anchor = 0
        """The index of the last dialog that was picked."""

    def __contains__(self, dialog: object) -> bool:
        """Whether a dialog is picked."""
        return dialog in self._those

    def among(self, ids: Sequence[int]) -> list[DialogId]:
        """The picked dialogs among some, in their order."""
        return [DialogId(one) for one in ids if one in self._those] if self._those else []

    def drop(self) -> bool:
        """Pick none. Returns whether any were picked."""
        before = self._those
        self._set(())
        return bool(before)

    def turn(self, ids: Sequence[int], at: int) -> None:
        """Pick the dialog at an index, or unpick it."""
        self._anchor = at
        self._set(self._those ^ {ids[at]})

    def reach(self, ids: Sequence[int], at: int) -> None:
        """Pick all dialogs from the last picked one to an index."""
        low, high = sorted((self._anchor, at))
        self._set(self._those | set(ids[low : high + 1]))

    def everything(self, ids: Sequence[int]) -> None:
        """Pick all dialogs of a list, or none if all are picked."""
        self._set(() if frozenset(ids) <= self._those else ids)

    def _set(self, those: Iterable[int]) -> None:
        those = frozenset(those)
        if those != self._those:
            self._those = those
            self._changed(len(those))
