"""Looking into a dialog without taking it for read."""

from __future__ import annotations

from functools import partial

from textual import on

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.tui.reading import Opening
from chatapp_cli.tui.screens.tabbed import Tabbed
from chatapp_cli.tui.widgets.bars import Heading
from chatapp_cli.tui.widgets.dialog_list import DialogList


class Peeking(Tabbed):
    """A page on which a dialog may be opened and stay unread; opened again, or answered, it is read as usual."""

    peeked: DialogId | None = None

    def action_peek(self) -> None:
        """Look into the dialog, or stay in it, without marking it as read."""
        self.peeked = self.target()
        if self.peeked is not None:
            self.do(partial(self.open, self.peeked, exact=True), group="open", exclusive=True)

    @on(DialogList.Opened)
    def _for_good(self) -> None:
        self.peeked = None

    async def answer_by(self, opening: Opening) -> None:
        """Say in the heading that one only looks."""
        self.query_one(Heading).tell_peeked(opening.card.id == self.peeked)
        await super().answer_by(opening)

    def watch_the_end(self) -> None:
        """Count no moment while one only looks."""
        if self.opening is None or self.opening.card.id != self.peeked:
            super().watch_the_end()
        elif self._dwell is not None:
            self._dwell.stop()
