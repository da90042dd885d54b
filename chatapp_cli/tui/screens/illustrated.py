"""Draws the pictures of messages that are on the screen, one after the other and off the loop of keys."""

from __future__ import annotations

import asyncio
from functools import partial

from textual import on

from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.tui.hands import Hands
from chatapp_cli.tui.widgets.transcript import Transcript


class Illustrated(Hands):
    """A page with a conversation that may have pictures in it."""

    def __init__(self) -> None:
        super().__init__()
        self._drawing = asyncio.Lock()

    async def on_mount(self) -> None:
        """Find out whether this terminal shows pictures."""
        from chatapp_cli.tui import pictures

        setting = self.office.desk.settings.pictures
        self.query_one(Transcript).gallery.on = pictures.wanted(setting, self.app.console.color_system)

    @on(Transcript.WantsPicture)
    def _picture(self, event: Transcript.WantsPicture) -> None:
        self.do(partial(self._draw, event.file), group="pictures")

    async def _draw(self, file: FileRow) -> None:
        from chatapp_cli.tui import pictures

        shown, paper = self.query_one(Transcript), self.look.palette.base.bgcolor
        path = self.office.desk.media.path(file.sha256)
        async with self._drawing:
            if not shown.sees(file):
                shown.gallery.put_off(file)
                return
            job = partial(pictures.drawn, path, paper.name if paper else "black")
            shown.hang(file, await self.office.store.off_loop(job))
