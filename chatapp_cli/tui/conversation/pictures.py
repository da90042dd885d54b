"""Draws the pictures that are on the screen, one at a time, on a thread."""

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

    async def set_up(self) -> None:
        """Decide whether pictures are shown in this terminal."""
        setting, colours = self.page.workspace.company.settings.pictures, self.page.app.console.color_system
        self.conversation.transcript.gallery.on = pictures.wanted(setting, colours)

    def draw(self, file: FileRow) -> None:
        """Draw a picture that came into view."""
        self.page.do(partial(self._draw, file), group="pictures")

    async def _draw(self, file: FileRow) -> None:
        transcript, paper = self.conversation.transcript, self.page.appearance.styles.base.bgcolor
        path = self.page.workspace.company.media.path(file.sha256)
        async with self._drawing:
            if not transcript.sees(file):
                transcript.gallery.put_off(file)
                return
            job = partial(pictures.drawn, path, paper.name if paper else "black")
            transcript.show_picture(file, await self.page.workspace.store.off_loop(job))
