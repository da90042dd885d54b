"""Puts a keymap into effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import App

from chatapp_cli.i18n import say_steps
from chatapp_cli.tui.keys import next_steps
from chatapp_cli.tui.keys.keymap import first_keys, replaced, use

if TYPE_CHECKING:
    from chatapp_cli.tui.keys.remapping import Keymap, KeymapFault


def listen_to(app: App[None], keymap: Keymap | None) -> Sequence[KeymapFault]:
    """Bind a keymap's keys, or the built-in ones without a keymap. Returns the faults of the keymap."""
    use(keymap.groups if keymap else None)
    say_steps(next_steps.keys)
    app.set_keymap(replaced())
    for first, typed in first_keys().items():
        app.bind(typed, f"chord({first!r})", show=False)
    return keymap.faults if keymap else ()
