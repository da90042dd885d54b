"""The bar of a search in the conversation: which of its hits is shown."""

from __future__ import annotations

from textual.widgets import Static

from chatapp_cli.i18n import _
from chatapp_cli.tui.keys.keymap import action, shown


class HitBar(Static):
    """Shows the words, the number of the hit and the number of hits."""

    DEFAULT_CSS = "HitBar { height: 1; padding: 0 1; color: $muted; background: $panel; }"

    def __init__(self) -> None:
        super().__init__(markup=False)

    def tell(self, words: str, hit: int, hits: int) -> None:
        """Show a search; ``hit`` counts from 0."""
        place = _("{n} of {all}", n=hit + 1, all=hits)
        keys = [shown(action("inbox", f"hit({step})").keys[0]) for step in (-1, 1)]
        self.update(f"«{words}» {place}   {keys[0]} ↑  {keys[1]} ↓")
