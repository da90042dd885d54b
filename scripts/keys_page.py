"""``docs/keys.md``: every key of the window, from its keymap."""

from __future__ import annotations

from pathlib import Path

from chatapp_cli.tui.keys.keymap import KeyAction, groups, shown
from scripts.parts import table

INTRO = """# Keys

Written by `make docs` from the keymap. `?` shows the same in the window.

Letters work in the Russian layout as well: it is the key that counts, not what is printed on it.
Two keys with a space between them are pressed one after the other.
"""


def render(_root: Path) -> str:
    """The whole page."""
    parts = [f"## {group.title}\n\n{table(('key', 'what it does'), map(_row, group.actions))}\n" for group in groups()]
    return "\n".join([INTRO, *parts])


def _row(action: KeyAction) -> tuple[str, str]:
    return ", ".join(f"`` {shown(key)} ``" if "`" in key else f"`{shown(key)}`" for key in action.keys), action.help
