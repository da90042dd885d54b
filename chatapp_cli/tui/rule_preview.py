"""What a rule would have done of late, tried again while its form is filled in; the window never waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from rich.text import Text
from textual.timer import Timer
from textual.widgets import Static

from chatapp_cli.domain.automation import RuleWanted
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.i18n import show
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import auto_preview, word_forms
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.widgets.act_words import ShownAct
from chatapp_cli.tui.widgets.form import FormView
from chatapp_cli.tui.widgets.preview_words import previewed

_REST: Final = 0.4
"""Seconds without a key, after which a rule is tried."""
_SHOWN: Final = 6
"""Acts that a preview names."""


class RulePreview:
    """Tells on a page what the rule of its form would have done; ``wanted``: the rule that answers ask for."""

    def __init__(self, page: ActionPage, wanted: Callable[[Mapping[str, str]], RuleWanted]) -> None:
        self._page, self._wanted = page, wanted
        self._resting: Timer | None = None

    def rest(self) -> None:
        """Try the rule once nothing was typed for a moment; a trial that goes on ends."""
        if self._resting is not None:
            self._resting.stop()
        self._resting = self._page.set_timer(_REST, self._begin)

    def _begin(self) -> None:
        self._page.do(self._look, group="views", exclusive=True)

    async def _look(self) -> None:
        view = next((one for one in self._page.query(FormView) if not one.checking), None)
        if view is None:
            return
        try:
            await self._try(self._wanted(view.typed()))
        except ChatappError as error:
            self._tell(Text("\n\n".join(filter(None, (show(error.what), show(error.next_step))))))

    async def _try(self, wanted: RuleWanted) -> None:
        await asyncio.to_thread(word_forms.load)
        workspace = self._page.workspace
        begun = partial(auto_preview.begun, desk=desk_of(workspace.company), wanted=wanted)
        replay = await workspace.read(begun)
        found: list[ShownAct] = []
        while not replay.over:
            found += map(ShownAct.of_trial, await workspace.read(replay.page))
        self._tell(previewed(self._page.appearance, found, latest=_SHOWN))

    def _tell(self, words: Text) -> None:
        self._page.query_one("#notice", Static).update(words)
