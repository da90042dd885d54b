"""Which message of the conversation is chosen, and the part of the conversation that is in view."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial

from textual.geometry import Region

from chatapp_cli.domain.ids import MessageId
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.widgets import requests
from chatapp_cli.tui.widgets.auto_scroll import AutoScroll
from chatapp_cli.tui.widgets.line_view import LineView
from chatapp_cli.tui.widgets.loaded import LoadedMessages
from chatapp_cli.tui.widgets.message_layout import MessageLayout


class MessagePane(LineView):
    """A pane of messages with a cursor."""

    WantsEnd = requests.WantsEnd

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(appearance)
        self.loaded, self.painted = LoadedMessages(), MessageLayout()
        self.cursor = MessageCursor(self)

    @property
    def entries(self) -> Sequence[TranscriptEntry]:
        """The loaded messages, oldest first."""
        return self.loaded.entries

    @property
    def above(self) -> int:
        """The empty lines above a short conversation, whose last message is at the bottom of the pane."""
        return max(0, self.scrollable_content_region.height - self.painted.height - 1)

    @abstractmethod
    def look_around(self) -> None:
        """Ask for the messages beyond those near the view, and tell of the end if it is in view."""


class MessageCursor:
    """Chooses messages, scrolls to them, and keeps the end in view."""

    def __init__(self, pane: MessagePane) -> None:
        self._pane = pane
        self.auto_scroll = AutoScroll(pane)

    def begin(self, at: MessageId | None, unread: MessageId | None) -> None:
        """Begin another conversation: at the chosen message, at the first unread one, or at the end."""
        if at is not None:
            self.auto_scroll.begin(partial(self.show, at), at_end=False)
        else:
            self.auto_scroll.begin(None if unread is None else partial(self._begin_at, unread))

    def _begin_at(self, message: MessageId) -> None:
        """Scroll to the beginning of a message, unless all of it is in view at the end."""
        at = self._pane.loaded.index(message)
        start, lead = self._pane.painted.starts[at], self._pane.painted.blocks[at].lead
        self.auto_scroll.at_end = start + lead >= self._pane.max_scroll_y
        if not self.auto_scroll.at_end:
            self._scroll(start)

    # Choosing

    def arrive(self) -> None:
        """Choose a message if none is chosen: the last one, or the first in view if that is not the end."""
        if self._pane.loaded.chosen is None and self._pane.entries:
            if self.auto_scroll.at_end:
                self.select(len(self._pane.entries) - 1)
            else:
                self._choose(self._pane.painted.at(self._pane.scroll_offset.y))

    def show(self, message: MessageId) -> None:
        """Choose a message and scroll to it."""
        self.select(self._pane.loaded.index(message))

    def select(self, at: int) -> None:
        """Choose a message and scroll to it; to its beginning, if it has more lines than there is room for."""
        if self._pane.entries:
            self._choose(at)
            at, painted = self._pane.loaded.at, self._pane.painted
            lines = painted.lines(at) + (at == len(self._pane.entries) - 1)
            self._pane.scroll_to_region(Region(0, painted.starts[at], 1, lines), animate=False, force=True)
            self._pane.look_around()

    def _choose(self, at: int) -> None:
        """Choose a message, wherever it is."""
        loaded, painted = self._pane.loaded, self._pane.painted
        old, at = loaded.at, max(0, min(at, len(loaded.entries) - 1))
        loaded.chosen = loaded.entries[at].message.id
        for one in (old, at):
            self._pane.refresh_lines(painted.starts[one] + self._pane.above, painted.lines(one))

    # Keys

    def down(self) -> None:
        """Choose the next message; after the last one there is only its end."""
        if self._pane.loaded.at < len(self._pane.entries) - 1:
            self.select(self._pane.loaded.at + 1)
        elif self._pane.loaded.ended:
            self.last()

    def up(self) -> None:
        """Choose the message before; before the first one there is only its beginning."""
        if self._pane.loaded.at > 0:
            self.select(self._pane.loaded.at - 1)
        else:
            self.first()

    def page(self, step: int) -> None:
        """Scroll by a page, and choose the message in view that is nearest to a page from the chosen one."""
        lines, painted = step * (self._pane.size.height - 1), self._pane.painted
        if self._pane.entries:
            wanted = painted.starts[self._pane.loaded.at] + lines
            self._scroll(self._pane.scroll_offset.y + lines)
            top = self._pane.scroll_offset.y
            self._choose(painted.at(max(top, min(wanted, top + self._pane.size.height - 1))))
            self._pane.look_around()

    def first(self) -> None:
        """Go to the beginning of the earliest loaded message."""
        if self._pane.entries:
            self._choose(0)
            self._scroll(0)
            self._pane.look_around()

    def last(self) -> None:
        """Go to the end of the latest message."""
        if self._pane.entries:
            self._choose(len(self._pane.entries) - 1)
            self.follow_end()
            self._pane.look_around()

    def follow_end(self) -> None:
        """Scroll to the end, and along with it as messages are added."""
        if self._pane.loaded.ended:
            self.auto_scroll.at_end = True
            self.auto_scroll.keep()
        else:
            self._pane.post_message(self._pane.WantsEnd())

    def _scroll(self, line: int) -> None:
        self._pane.scroll_to(y=line, animate=False, force=True)


def moving(move: Callable[[MessageCursor], None]) -> Callable[[MessagePane], None]:
    """An action of the conversation that moves its cursor."""

    def moved(pane: MessagePane) -> None:
        move(pane.cursor)

    return moved
