"""Reads older and newer messages as the operator scrolls to them."""

from __future__ import annotations

from functools import partial

from chatapp_cli.services import notes
from chatapp_cli.tui.conversation.part import ConversationController
from chatapp_cli.tui.reading import conversations


class Paging(ConversationController):
    """Loads the messages that the transcript does not have yet."""

    def older(self) -> None:
        """Load the messages before the first one."""
        self.page.do(self._read_older, group="older", exclusive=True)

    async def _read_older(self) -> None:
        transcript, opening = self.conversation.transcript, self.conversation.opening
        first = next((e.message for e in transcript.entries if e.message.direction != notes.NOTE), None)
        if opening is None or first is None:
            return
        page = await self.page.workspace.read(partial(conversations.older, shown=opening.thread, first=first))
        if self.conversation.shows(opening):
            transcript.prepend(page)

    def newer(self) -> None:
        """Load the messages after the last one."""
        self.page.do(self._read_newer, group="newer", exclusive=True)

    async def _read_newer(self) -> None:
        transcript, opening = self.conversation.transcript, self.conversation.opening
        last = next((e.message for e in reversed(transcript.entries) if e.message.direction != notes.NOTE), None)
        if opening is None or last is None:
            return
        page = await self.page.workspace.read(partial(conversations.newer, shown=opening.thread, last=last))
        if self.conversation.shows(opening):
            transcript.append(page)
