"""Draws the pictures of messages that are on the screen, one after the other and off the loop of keys."""

from __future__ import annotations

import asyncio
from functools import partial

from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.tui.conversation.conversation import Conversation
from chatapp_cli.tui.conversation.part import ConversationPart
from chatapp_cli.tui.media import pictures


class Pictures(ConversationPart):
    """Draws the pictures that are on the screen."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(conversation)
        self._drawing = asyncio.Lock()

    async def furnish(self) -> None:
        """Find out whether this terminal shows pictures."""
        setting, colours = self.page.workspace.company.settings.pictures, self.page.app.console.color_system
        self.conversation.transcript.gallery.on = pictures.wanted(setting, colours)

    def draw(self, file: FileRow) -> None:
        """Draw one that came into sight."""
        self.page.do(partial(self._draw, file), group="pictures")

    async def _draw(self, file: FileRow) -> None:
        shown, paper = self.conversation.transcript, self.page.appearance.styles.base.bgcolor
        path = self.page.workspace.company.media.path(file.sha256)
        async with self._drawing:
            if not shown.sees(file):
                shown.gallery.put_off(file)
                return
            job = partial(pictures.drawn, path, paper.name if paper else "black")
            shown.hang(file, await self.page.workspace.store.off_loop(job))
