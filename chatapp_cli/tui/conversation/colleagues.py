"""Shows which other operators look at a dialog or write in it, and shows them this window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.journal.presence import PresenceEvent
from chatapp_cli.i18n import _
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.other_windows import OtherWindows, Viewers
from chatapp_cli.tui.conversation.part import ConversationPart
from chatapp_cli.tui.session.journal_feed import JournalAdvanced

if TYPE_CHECKING:
    from chatapp_cli.tui.reading.conversations import Opening

BEAT = 20.0
"""Seconds after which a window reports again that it is open."""


class Colleagues(ConversationPart):
    """Shows who else is in a dialog, announces this window to them, and warns of a collision."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(conversation)
        self._windows = OtherWindows(self.page.workspace)

    async def set_up(self) -> None:
        """Show the other windows, now and every `BEAT` seconds."""
        self.page.do(self._refresh, group="presence")
        self.page.every(BEAT, self.beat, group="presence")

    async def _refresh(self) -> None:
        await self._windows.refresh()
        self._show()

    async def beat(self) -> None:
        """Report that this window is still open, and show which others are."""
        try:
            await self._windows.beat()
        except NotFound:
            if self.conversation.opening is not None:
                await self.conversation.lose(self.conversation.opening)
        self._show()

    async def opened(self, opening: Opening) -> None:
        """Announce the open dialog."""
        self._show()
        self.page.do(partial(self._windows.announce_opened, opening.card.id), group="presence")

    async def hear(self, news: JournalAdvanced) -> None:
        """Show the other windows again if one of them changed."""
        if news.any_of(PresenceEvent):
            await self._refresh()

    def tick(self) -> None:
        """Show the other windows again: signs of writing expire."""
        self._show()

    def dialog_deleted(self) -> None:
        """Announce no dialog."""
        self._windows.forget_dialog()

    def typed(self, text: str) -> None:
        """Announce that the operator writes, or stopped."""
        if not text:
            self.page.do(self._windows.stop_typing, group="presence")
        elif self._windows.typing_due:
            self.page.do(self._windows.announce_typing, group="presence")

    def warning(self) -> str:
        """Who else writes in the dialog or is its assignee."""
        if writing := self._here().writing:
            return _("{name} is writing here just now.", name=", ".join(writing))
        opening = self.conversation.opening
        if opening is not None and opening.card.assignee not in {"", self.page.workspace.actor}:
            return _("{name} answers for this dialog.", name=opening.card.assignee)
        return ""

    async def close(self) -> None:
        """Announce that the window closes."""
        await self._windows.leave()

    def _show(self) -> None:
        """Mark the dialogs of other windows in the list, and name the viewers of the open one."""
        there, conversation = self._windows.viewers(self.page.appearance.now()), self.conversation
        writing = {dialog for dialog, viewers in there.items() if viewers.writing}
        conversation.dialogs.mark(conversation.dialogs.badges._replace(looking=frozenset(there), writing=writing))
        here = self._here()
        if conversation.heading.tell_viewers(str(here), busy=bool(here.writing)):
            conversation.allow()

    def _here(self) -> Viewers:
        """Who else is in the open dialog."""
        opening = self.conversation.opening
        there = self._windows.viewers(self.page.appearance.now())
        return Viewers() if opening is None else there.get(opening.card.id, Viewers())
