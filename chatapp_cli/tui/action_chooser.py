"""Choosing an action of the place that has the focus: from the palette, or by the second key of a chord."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from textual.app import App
from textual.dom import DOMNode

from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.keys.keymap import chords
from chatapp_cli.tui.screens.inbox import InboxScreen
from chatapp_cli.tui.session.workspace import Workspace


class ActionChooser:
    """Shows actions, and runs the one that is chosen where the focus was."""

    def __init__(
        self, app: App[None], workspace: Workspace, appearance: Appearance, in_background: Callable[..., object]
    ) -> None:
        self._app, self._workspace, self._appearance, self._in_background = app, workspace, appearance, in_background

    def scopes(self) -> dict[str, DOMNode]:
        """The scopes of the keymap around the focus with their nodes, the nearest first."""
        app = self._app
        nodes = app.focused.ancestors_with_self if app.focused else [app.screen, app]
        return {node.SCOPE: node for node in nodes if hasattr(node, "SCOPE")}

    def palette(self) -> None:
        """Choose among all actions."""
        self._in_background(partial(self._choose, self.scopes()), group="palette", exclusive=True)

    async def _choose(self, places: Mapping[str, DOMNode]) -> None:
        from chatapp_cli.tui import palette
        from chatapp_cli.tui.screens.palette import PaletteScreen

        entries = list(palette.doable(places, self._app.run_action))
        if isinstance(page := self._app.screen, InboxScreen):
            entries += palette.narrowing(page.listing, *await self._workspace.read(palette.known))
        chosen: Any = await self._app.push_screen_wait(PaletteScreen(entries, self._appearance))
        if chosen is not None:
            self._app.call_later(chosen.run)

    def chord(self, first: str) -> None:
        """Choose among the actions whose chord begins with a key."""
        self._in_background(partial(self._second_key, first, self.scopes()), group="chord", exclusive=True)

    async def _second_key(self, first: str, scopes: Mapping[str, DOMNode]) -> None:
        from chatapp_cli.tui.screens.help import Chord

        following = chords(first, tuple(scopes))
        if not following:
            return
        answer: Any = await self._app.push_screen_wait(Chord(first, following))
        if answer is not None:
            act = following[answer]
            await self._app.run_action(act.name, scopes[act.scope])
