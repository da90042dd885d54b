"""A picture of a message in the whole window, in the best graphics of this terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

from chatapp_cli.i18n import _
from chatapp_cli.services import files
from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.keys.keymap import action, over_a_page, shown
from chatapp_cli.tui.media import pictures, terminal_image
from chatapp_cli.tui.media.graphics import Graphics
from chatapp_cli.tui.media.pictures import Drawn
from chatapp_cli.tui.media.terminal_image import TerminalImage
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.widgets.canvas import Canvas


class PictureScreen(ActionPage, ModalScreen[None]):
    """One of the conversation's pictures; keys lead to the others."""

    SCOPE = "picture"
    DEFAULT_CSS = """
    PictureScreen { background: $background; }
    PictureScreen #frame { align: center middle; height: 1fr; }
    PictureScreen #about { height: 1; padding: 0 1; color: $muted; background: $panel; text-overflow: ellipsis;
        text-wrap: nowrap; }
    """
    BINDINGS = over_a_page("picture")

    def __init__(self, found: Sequence[FileRow], at: int) -> None:
        super().__init__()
        self._found, self._at = found, at
        self._drawing = asyncio.Lock()
        self._shown: tuple[int, Size] | None = None

    def compose(self) -> ComposeResult:
        """The picture, and a line about it."""
        with Container(id="frame"):
            yield Canvas()
        yield Static(self._about(), id="about", markup=False)

    def on_resize(self) -> None:
        """Draw the picture as large as the window allows."""
        self.do(self._draw, group="picture")

    def action_step(self, by: int) -> None:
        """Show the picture before or after; stay at the first and the last."""
        at = min(max(self._at + by, 0), len(self._found) - 1)
        if at != self._at:
            self._at = at
            self.do(self._draw, group="picture")

    def action_back(self) -> None:
        """Back to the conversation."""
        self._remove_picture()
        self.dismiss(None)

    async def _draw(self) -> None:
        """Draw the current picture, one drawing at a time: pictures that were passed meanwhile are skipped."""
        async with self._drawing:
            wanted = self._at, self.size
            if wanted == self._shown:
                return
            about, self._shown = self._about(), wanted
            made = await self.workspace.store.off_loop(
                partial(self._drawn, self._found[self._at], self.size, self._by())
            )
            self._remove_picture()
            self.query_one(Canvas).show_picture(made)
            trouble = "" if made else _("This picture cannot be shown here.") + " · "
            self.query_one("#about", Static).update(trouble + about)

    def _drawn(self, file: FileRow, size: Size, by: Graphics) -> Drawn | TerminalImage | None:
        path, paper = self.workspace.company.media.path(file.sha256), self.appearance.styles.base.bgcolor
        colour, room = paper.name if paper else "black", (size.width, size.height - 1)
        return (
            pictures.drawn(path, colour, room)
            if by is Graphics.HALFCELLS
            else terminal_image.drawn(path, colour, room, by)
        )

    def _by(self) -> Graphics:
        """The graphics to draw with: Kitty's need true colour, since colours number its pictures."""
        colourful = self.app.console.color_system == "truecolor" and not self.app.no_color
        return self.window.graphics if colourful or self.window.graphics is not Graphics.KITTY else Graphics.HALFCELLS

    def _remove_picture(self) -> None:
        if isinstance(picture := self.query_one(Canvas).picture, TerminalImage) and picture.forget:
            self.window.tell_terminal(picture.forget)

    def _about(self) -> str:
        file = self._found[self._at]
        before, after, back = (shown(action("picture", name).keys[0]) for name in ("step(-1)", "step(1)", "back"))
        parts = [files.sound_name(file), words.size(file.size), f"{back} {_('back')}"]
        if len(self._found) > 1:
            parts[2:2] = [_("{n} of {all}", n=self._at + 1, all=len(self._found)), f"{before} {after}"]
        return " · ".join(parts)
