"""A message's picture in the whole window, by the best that this terminal can."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Static

from chatapp_cli.i18n import _
from chatapp_cli.services import files
from chatapp_cli.store.rows import FileRow
from chatapp_cli.tui import pictures, sharp, words
from chatapp_cli.tui.graphics import Graphics
from chatapp_cli.tui.hands import Hands
from chatapp_cli.tui.keymap import action, bindings, shown
from chatapp_cli.tui.pictures import Drawn
from chatapp_cli.tui.sharp import Sharp
from chatapp_cli.tui.widgets.canvas import Canvas


class PictureScreen(Hands, ModalScreen[None]):
    """One of the conversation's pictures, and a way to those beside it."""

    SCOPE = "picture"
    DEFAULT_CSS = """
    PictureScreen { background: $background; }
    PictureScreen #frame { align: center middle; height: 1fr; }
    PictureScreen #about { height: 1; padding: 0 1; color: $muted; background: $panel; text-overflow: ellipsis;
        text-wrap: nowrap; }
    """
    BINDINGS = bindings("picture")

    def __init__(self, found: Sequence[FileRow], at: int) -> None:
        super().__init__()
        self._found, self._at = found, at
        self._drawing = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """The picture, and what it is."""
        with Container(id="frame"):
            yield Canvas()
        yield Static(id="about", markup=False)

    def on_resize(self) -> None:
        """Draw as large as there is room."""
        self._show()

    def action_step(self, by: int) -> None:
        """The picture before, or the one after; none before the first."""
        at = min(max(self._at + by, 0), len(self._found) - 1)
        if at != self._at:
            self._at = at
            self._show()

    def action_back(self) -> None:
        """To the conversation."""
        self._take_down()
        self.dismiss(None)

    def _show(self) -> None:
        self.query_one("#about", Static).update(self._about(""))
        self.do(self._draw, group="picture", exclusive=True)

    async def _draw(self) -> None:
        file, paper = self._found[self._at], self.look.palette.base.bgcolor
        job = partial(self._drawn, file, paper.name if paper else "black", (self.size.width, self.size.height - 1))
        async with self._drawing:
            made = await self.office.store.off_loop(job)
            self._take_down()
            self.query_one(Canvas).hang(made)
        if made is None:
            self.query_one("#about", Static).update(self._about(_("This picture cannot be shown here.")))

    def _drawn(self, file: FileRow, paper: str, room: tuple[int, int]) -> Drawn | Sharp | None:
        path, by = self.office.desk.media.path(file.sha256), self._by()
        return pictures.drawn(path, paper, room) if by is Graphics.HALFCELLS else sharp.drawn(path, paper, room, by)

    def _by(self) -> Graphics:
        """Kitty's pictures are named by colours, of which no terminal may have fewer."""
        colourful = self.app.console.color_system == "truecolor" and not self.app.no_color
        return self.house.graphics if colourful or self.house.graphics is not Graphics.KITTY else Graphics.HALFCELLS

    def _take_down(self) -> None:
        if isinstance(picture := self.query_one(Canvas).picture, Sharp) and picture.forget:
            self.house.tell_terminal(picture.forget)

    def _about(self, trouble: str) -> str:
        file = self._found[self._at]
        said = [trouble, files.sound_name(file), words.size(file.size)]
        if len(self._found) > 1:
            keys = " ".join(shown(action("picture", f"step({by})").keys[0]) for by in (-1, 1))
            said += [_("{n} of {all}", n=self._at + 1, all=len(self._found)), keys]
        return " · ".join(filter(None, said))
