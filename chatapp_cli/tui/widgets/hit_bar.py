"""Which of the messages that were found in a conversation is shown."""

from __future__ import annotations

from textual.widgets import Static

from chatapp_cli.i18n import _
from chatapp_cli.tui.keys.keymap import action, shown


class HitBar(Static):
    """Which hit of how many is shown."""

    DEFAULT_CSS = "HitBar { height: 1; padding: 0 1; color: $muted; background: $panel; }"

    def __init__(self) -> None:
        super().__init__(markup=False)

    def tell(self, words: str, hit: int, hits: int) -> None:
        """Show the words, the hit by its place from 0, and the keys to the next ones."""
        place = _("{n} of {all}", n=hit + 1, all=hits)
        keys = [shown(action("inbox", f"hit({step})").keys[0]) for step in (-1, 1)]
        self.update(f"«{words}» {place}   {keys[0]} ↑  {keys[1]} ↓")
