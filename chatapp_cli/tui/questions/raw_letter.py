"""How something came: who, when, why it was not understood, and its content."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Label, Static

from chatapp_cli.domain.ids import Millis
from chatapp_cli.i18n import _
from chatapp_cli.runtime import rereading
from chatapp_cli.store.rows.journal import DeadLetterRow
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.popups import Popup
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import line, lines

MOST = 64 * 1024
"""Bytes of the content that are shown; the command line writes all of it."""


async def show_raw(page: ActionPage, letter: DeadLetterRow) -> None:
    """Read its content and show it."""
    raw = await asyncio.to_thread(rereading.dead, page.workspace.company, letter)
    page.app.push_screen(RawLetter(letter, raw, now=page.appearance.now()))


class RawLetter(Popup[None]):
    """What is known about it, and its beginning."""

    DEFAULT_CSS = """
    RawLetter VerticalScroll { height: auto; max-height: 24; scrollbar-size-vertical: 1; }
    RawLetter Static { margin: 0 0 1 0; }
    """

    def __init__(self, letter: DeadLetterRow, raw: bytes, *, now: Millis) -> None:
        super().__init__()
        self._letter, self._raw, self._now = letter, raw, now

    def compose(self) -> ComposeResult:
        """What is known, then the content."""
        with Vertical():
            yield Label(_("How arrival {n} came", n=self._letter.id), classes="title", markup=False)
            with VerticalScroll():
                yield Static("\n".join(self._known()), markup=False)
                yield Static(lines(self._raw[:MOST].decode("utf-8", errors="replace")), markup=False)
                if len(self._raw) > MOST and self._letter.problem:
                    yield Static(_("All of it: chatapp deadletter show {n} --raw", n=self._letter.id), markup=False)

    def _known(self) -> Iterator[str]:
        one = self._letter
        yield f"{words.moment(one.at, self._now)} · {line(one.channel)} · {line(one.provider_id)}"
        if one.who:
            yield _("From: {who}", who=line(one.who))
        if one.problem:
            yield _("not understood: {problem}", problem=line(one.problem))
