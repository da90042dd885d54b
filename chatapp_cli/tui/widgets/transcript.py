"""The messages of a conversation. It asks for older ones while one scrolls up, and repaints only what changed."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.geometry import Size
from textual.strip import Strip

from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.manifest import Manifest
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.media.pictures import Drawn
from chatapp_cli.tui.reading.conversations import Quotes, TranscriptPage
from chatapp_cli.tui.widgets import requests
from chatapp_cli.tui.widgets.folds import Folds
from chatapp_cli.tui.widgets.gallery import Gallery
from chatapp_cli.tui.widgets.line_view import OTHER_BUTTON, TWICE
from chatapp_cli.tui.widgets.loaded import LoadedMessages
from chatapp_cli.tui.widgets.message_cursor import MessageCursor, MessagePane, moving
from chatapp_cli.tui.widgets.message_painter import ALONE, Lit, MessagePainter, Routes


class Transcript(MessagePane):
    """Shows messages, oldest first."""

    SCOPE = "transcript"
    BINDINGS = bindings("transcript")
    WantsOlder, WantsNewer = requests.WantsOlder, requests.WantsNewer
    SawLast, WantsPicture, Asked = requests.SawLast, requests.WantsPicture, requests.Asked

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(appearance)
        self.gallery, self.folds = Gallery(), Folds(lambda: self._paint_around(stays=True))
        self._painted_at, self._takes_keys = 0, False
        self._painter = MessagePainter(appearance, self.gallery, self.folds, self._ask_for_picture)

    @property
    def selected(self) -> TranscriptEntry | None:
        """The message that actions are for: the chosen one, else the last."""
        return self.loaded.selected

    @property
    def picked(self) -> list[TranscriptEntry]:
        """The picked messages, oldest first."""
        return self.loaded.picked

    @property
    def at_end(self) -> bool:
        """Whether the last line of the conversation is on the screen."""
        return self.loaded.ended and self.scroll_offset.y >= self.max_scroll_y

    @property
    def place(self) -> MessageId | None:
        """The message in the middle of the pane, at which it can be opened again; ``None`` at the end."""
        at = self.painted.at(self.scroll_offset.y + self.size.height // 2)
        return None if self.at_end else self.loaded.message_from(at)

    def open(
        self,
        manifest: Manifest,
        page: TranscriptPage,
        *,
        at: MessageId | None = None,
        unread: MessageId | None = None,
        routes: Routes = ALONE,
    ) -> None:
        """Show another conversation at a message, which is chosen, or at its end.

        At its first ``unread`` message, if there is no room for all that follows; ``routes`` mark the messages of
        several dialogs.
        """
        self.loaded = LoadedMessages(page, at)
        self._painter.turn_to(manifest, routes)
        self.cursor.begin(at, unread)
        self._paint()
        self.cursor.auto_scroll.settle()
        self.look_around()

    def light(self, lit: Lit | None) -> None:
        """Highlight the spans that ``lit`` finds in a text; ``None`` highlights nothing."""
        self._painter.light(lit)
        self._paint()

    def prepend(self, page: TranscriptPage) -> None:
        """Add older messages above without moving the visible ones."""
        self.loaded.prepend(page)
        before = self.painted.height
        self._paint()
        self.scroll_to(y=self.scroll_offset.y + self.painted.height - before, animate=False, force=True)

    def append(self, page: TranscriptPage) -> None:
        """Add newer messages below without moving the visible ones."""
        self.loaded.append(page)
        self._paint()
        self.look_around()

    def update(self, changed: Sequence[TranscriptEntry], gone: set[MessageId], quotes: Quotes) -> None:
        """Update, add and remove messages; the end stays in view if it was."""
        at_end, before = self.cursor.auto_scroll.at_end, self.painted
        self.loaded.quotes.update(quotes)
        left_out = self.loaded.take(changed, gone)
        if any(entry.message.direction == "out" for entry in left_out):  # others are loaded when one scrolls there
            self.post_message(self.WantsEnd())
        self._paint(refresh=False)
        if self.above or len(self.painted.blocks) < len(before.blocks):
            self.refresh()
        else:
            for line, count in self.painted.other_than(before):
                self.refresh_lines(line, count)
        if at_end:
            self.cursor.auto_scroll.at_end = True
            self.cursor.auto_scroll.keep()
        self.look_around()

    def _paint(self, *, refresh: bool = True) -> None:
        """Lay out all messages."""
        self._painted_at = self.scrollable_content_region.width
        self.painted = self._painter.laid_out(self.loaded, self._painted_at, takes_keys=self._takes_keys)
        self.virtual_size = Size(0, self.painted.height + 1)
        if refresh:
            self.refresh()

    def repaint(self) -> None:
        """Paint everything again, in other colours or at a later time."""
        self.gallery.clear()
        self._paint()

    def render_line(self, y: int) -> Strip:
        """Paint one visible line."""
        at = self.scroll_offset.y + y - self.above
        block = self.painted.at(at)
        if not 0 <= block < len(self.painted.blocks):
            return self._painter.empty_line(y, self.scrollable_content_region.width, self.size.height)
        here = self.entries[block].message.id
        chosen, picked = self.has_focus and here == self.loaded.chosen, here in self.loaded.picked_ids
        return self._painter.line(self.painted, block, at - self.painted.starts[block], chosen=chosen, picked=picked)

    def _ask_for_picture(self, file: FileRow) -> None:
        self.post_message(self.WantsPicture(file))

    def sees(self, file: FileRow) -> bool:
        """Whether the message of a file is on the screen, at least in part."""
        top = self.scroll_offset.y - self.above
        return any(file in entry.files for entry in self.entries[self.painted.within(top, top + self.size.height)])

    def show_picture(self, file: FileRow, drawn: Drawn | None) -> None:
        """Show a drawn picture; ``None`` removes the room of one that cannot be drawn."""
        if self.gallery.put(file, drawn):
            self._paint_around()
        self.refresh()

    def _paint_around(self, *, stays: bool = False) -> None:
        """Lay out again after heights have changed, with the message at the top, or even at the end, where it was."""
        top, at_end = self.scroll_offset.y, self.cursor.auto_scroll.at_end and not stays
        at = max(0, self.painted.at(top))
        into = top - self.painted.starts[at]
        self._paint()
        starts = self.painted.starts
        self.scroll_to(y=starts[min(at, len(starts) - 1)] + into, animate=False, force=True)
        self.cursor.auto_scroll.at_end = at_end
        self.cursor.auto_scroll.keep()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for older messages before the top is reached."""
        super().watch_scroll_y(old_value, new_value)
        self.cursor.auto_scroll.at_end = self.at_end or (self.cursor.auto_scroll.at_end and new_value > old_value)
        self.look_around()

    def look_around(self) -> None:
        """Ask for the messages beyond those near the view, and tell of the end if it is in view."""
        if self.scroll_offset.y < self.size.height and self.loaded.ask_older_once():
            self.post_message(self.WantsOlder())
        if self.scroll_offset.y + 2 * self.size.height > self.painted.height and self.loaded.ask_newer_once():
            self.post_message(self.WantsNewer())
        if self.at_end and self.entries:
            self.post_message(self.SawLast())

    def on_resize(self) -> None:
        """Wrap again; the end stays in view if it was."""
        if self.scrollable_content_region.width != self._painted_at:
            self._paint()
        self.cursor.auto_scroll.settle()
        self.look_around()

    def on_focus(self) -> None:
        """Choose a message if none is chosen, as actions need one: the last, or the first one in view."""
        self.cursor.arrive()
        self._name_keys(work=True)

    def on_blur(self) -> None:
        """Stop marking the chosen message."""
        self._name_keys(work=False)

    def _name_keys(self, *, work: bool) -> None:
        """Paint again, with the keys of long and folded messages if they ``work`` now."""
        self._takes_keys = work
        if any(block.keyed for block in self.painted.blocks):
            self._paint(refresh=False)
        self.refresh()

    def choose(self, message: MessageId) -> None:
        """Choose a loaded message."""
        self.cursor.show(message)

    action_down = moving(MessageCursor.down)
    action_up = moving(MessageCursor.up)
    action_page_down = moving(lambda cursor: cursor.page(1))
    action_page_up = moving(lambda cursor: cursor.page(-1))
    action_first = moving(MessageCursor.first)
    action_last = moving(MessageCursor.last)

    def action_pick(self) -> None:
        """Pick the message, or unpick it, and go to the next."""
        if self.selected is not None:
            self.loaded.picked_ids ^= {self.selected.message.id}
            self.action_down()

    def pick_none(self) -> None:
        """Pick no messages."""
        self.loaded.picked_ids.clear()
        self.refresh()

    def action_message(self, action: str) -> None:
        """Ask for an action on the chosen message."""
        if self.selected is not None:
            self.post_message(self.Asked(action, self.selected))

    def on_click(self, event: events.Click) -> None:
        """Choose the message under the mouse. A second click answers it; the right button opens the menu."""
        at = self.scroll_offset.y + event.y - self.above
        if 0 <= at < self.painted.height and not self.beside(event):
            self.cursor.select(self.painted.at(at))
            if event.button == OTHER_BUTTON:
                self.call_later(self.run_action, "screen.menu")
            elif clicked := _clicked(event):
                self.action_message(clicked)


def _clicked(event: events.Click) -> str:
    """The action on a message that a click asks for; empty if it only chooses the message."""
    if event.style.meta.get("folds"):
        return "fold"
    return "follow" if event.style.link else "reply" if event.chain == TWICE else ""
