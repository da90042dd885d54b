"""Colleagues see one another: who else looks at a dialog, and who is writing in it."""

from __future__ import annotations

from functools import partial

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.journal.presence import PresenceEvent
from chatapp_cli.i18n import _
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.other_windows import OtherWindows, Viewers
from chatapp_cli.tui.conversation.part import ConversationPart
from chatapp_cli.tui.reading.conversations import Opening
from chatapp_cli.tui.session.journal_feed import JournalAdvanced

BEAT = 20.0
"""Seconds between two signs of life of a window."""


class Colleagues(ConversationPart):
    """Shows who else is here, and warns of a collision."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(conversation)
        self._windows = OtherWindows(self.page.workspace)

    async def furnish(self) -> None:
        """See who is there, now and from time to time."""
        self.page.do(self._see, group="company")
        self.page.every(BEAT, self.beat, group="company")

    async def _see(self) -> None:
        await self._windows.see()
        self._show()

    async def beat(self) -> None:
        """Tell that this window is still here, and see who else is."""
        try:
            await self._windows.beat()
        except NotFound:
            if self.conversation.opening is not None:
                self.conversation.lose(self.conversation.opening)
        self._show()

    async def opened(self, opening: Opening) -> None:
        """Let the others know."""
        self._show()
        self.page.do(partial(self._windows.turn_to, opening.card.id), group="company")

    async def hear(self, news: JournalAdvanced) -> None:
        """Somebody came, left or began to write."""
        if news.any_of(PresenceEvent):
            await self._see()

    def tick(self) -> None:
        """Whoever wrote may have stopped."""
        self._show()

    def lost(self) -> None:
        """Nobody is where no dialog is."""
        self._windows.nowhere()

    def typed(self, text: str) -> None:
        """Let the others see that somebody writes, or no longer does."""
        if not text:
            self.page.do(self._windows.rest, group="company")
        elif self._windows.silent:
            self.page.do(self._windows.write, group="company")

    def warning(self) -> str:
        """Why two may be about to answer the same client."""
        if writing := self._here().writing:
            return _("{name} is writing here just now.", name=", ".join(writing))
        opening = self.conversation.opening
        if opening is not None and opening.card.assignee not in {"", self.page.workspace.actor}:
            return _("{name} answers for this dialog.", name=opening.card.assignee)
        return ""

    async def close(self) -> None:
        """Be seen no longer."""
        await self._windows.leave()

    def _show(self) -> None:
        """Mark in the list where colleagues are, and name those who are here."""
        there, shown = self._windows.there(self.page.appearance.now()), self.conversation
        writing = {dialog for dialog, company in there.items() if company.writing}
        shown.dialogs.mark(shown.dialogs.badges._replace(looking=frozenset(there), writing=writing))
        here = self._here()
        if shown.heading.tell_company(str(here), busy=bool(here.writing)):
            shown.allow()

    def _here(self) -> Viewers:
        """Who else is in the dialog that is open."""
        opening = self.conversation.opening
        there = self._windows.there(self.page.appearance.now())
        return Viewers() if opening is None else there.get(opening.card.id, Viewers())
