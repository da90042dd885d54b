"""Paints the messages of a conversation: its channel, the hits of a search, unfolded mails and pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.manifest import Manifest
from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.reading.cells import fit
from chatapp_cli.tui.widgets.bars import nowhere
from chatapp_cli.tui.widgets.folds import Folds
from chatapp_cli.tui.widgets.gallery import Gallery, PictureLine
from chatapp_cli.tui.widgets.loaded import LoadedMessages
from chatapp_cli.tui.widgets.message_layout import MessageLayout, lay_out

if TYPE_CHECKING:
    from chatapp_cli.tui.widgets.message_lines import Route

Routes: TypeAlias = "Mapping[DialogId, Route]"
Lit: TypeAlias = Callable[[str], Sequence[tuple[int, int]]]
ALONE: Routes = {}


class MessagePainter:
    """Lays out the messages of one conversation after the other, and paints their lines."""

    def __init__(
        self, appearance: Appearance, gallery: Gallery, folds: Folds, wants_picture: Callable[[FileRow], object]
    ) -> None:
        self._appearance, self._gallery, self._folds, self._wants_picture = appearance, gallery, folds, wants_picture
        self._manifest: Manifest | None = None
        self._routes: Routes = ALONE
        self._lit: Lit = _unlit

    def turn_to(self, manifest: Manifest, routes: Routes) -> None:
        """Paint the messages of another conversation; ``routes`` mark those of several dialogs."""
        self._manifest, self._routes = manifest, routes
        self._gallery.clear()
        self._folds.clear()

    def light(self, lit: Lit | None) -> None:
        """Highlight the spans that ``lit`` finds in a text; ``None`` highlights nothing."""
        self._lit = lit or _unlit

    def laid_out(self, loaded: LoadedMessages, width: int, *, takes_keys: bool) -> MessageLayout:
        """The messages in lines of so many cells; their keys are named if the pane ``takes_keys``."""
        if self._manifest is None or width <= 0:
            return MessageLayout()
        how = {"manifest": self._manifest, "quotes": loaded.quotes, "routes": self._routes, "lit": self._lit}
        how |= {"picture_rows": self._gallery.rows, "unfolded": self._folds.unfolded, "takes_keys": takes_keys}
        return lay_out(loaded.entries, width, self._appearance, **how)

    def line(self, layout: MessageLayout, block: int, part: int, *, chosen: bool, picked: bool) -> Strip:
        """A line of a message, with its part of a picture and the sign of a ``chosen`` or ``picked`` one."""
        painted = layout.blocks[block]
        strip = self._with_picture(painted.strips[part], painted.pictured.get(part))
        return self._marked(strip, chosen=chosen and part >= painted.lead, picked=picked and part == painted.lead)

    def empty_line(self, y: int, width: int, height: int) -> Strip:
        """A line of the pane beside the messages, or without any conversation."""
        styles = self._appearance.styles
        texts = dict(enumerate(nowhere() if self._manifest is None else (), height // 3))
        return Strip([Segment(fit(texts.get(y, "").center(width), width), styles.base + styles.faint)], width)

    def _with_picture(self, strip: Strip, line: PictureLine | None) -> Strip:
        """The line with its part of a picture, which is asked for if it is not drawn yet."""
        if line is None:
            return strip
        if self._gallery.ask_once(line.file):
            self._wants_picture(line.file)
        return self._gallery.over(strip, line, self._appearance.styles.base)

    def _marked(self, strip: Strip, *, chosen: bool, picked: bool) -> Strip:
        styles = self._appearance.styles
        if picked or chosen:
            sign = Segment("●" if picked else "▌", (styles.cursor if chosen else styles.base) + styles.accent)
            strip = Strip([sign, *strip.crop(1)], strip.cell_length)
        cursor = Style(bgcolor=styles.cursor.bgcolor, reverse=styles.cursor.reverse or None)
        return strip.apply_style(cursor) if chosen else strip


def _unlit(_text: str) -> Sequence[tuple[int, int]]:
    return ()
