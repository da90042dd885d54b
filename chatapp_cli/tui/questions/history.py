"""The texts that a message had before its edits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Label, Static

from chatapp_cli.domain.excerpt import excerpt
from chatapp_cli.domain.ids import Millis
from chatapp_cli.i18n import _
from chatapp_cli.services.transcript import Revision
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.tui.popups import Popup
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import lines


class History(Popup[None]):
    """The texts from the first to the last, each with the time from which it stood."""

    DEFAULT_CSS = """
    History VerticalScroll { height: auto; max-height: 20; scrollbar-size-vertical: 1; }
    History Static { margin: 0 0 1 0; }
    """

    def __init__(self, message: MessageRow, earlier: Sequence[Revision], *, now: Millis) -> None:
        super().__init__()
        self._message, self._earlier, self._now = message, earlier, now

    def compose(self) -> ComposeResult:
        """Times and texts."""
        with Vertical():
            yield Label(_("What it said before"), classes="title", markup=False)
            with VerticalScroll():
                for since, text in self._texts():
                    dated = Text.assemble((words.moment(since, self._now), "dim"), "\n", lines(excerpt(text).text))
                    yield Static(dated, markup=False)

    def _texts(self) -> Iterator[tuple[Millis, str]]:
        starts = [self._message.at, *(one.until for one in self._earlier)]
        return zip(starts, [*(one.text for one in self._earlier), self._message.text], strict=True)
