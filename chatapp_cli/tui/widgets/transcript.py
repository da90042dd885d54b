"""The messages of a conversation. It asks for older ones while one scrolls up, and repaints only what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip

from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.manifest import Manifest
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.media.pictures import Drawn
from chatapp_cli.tui.reading.cells import fit
from chatapp_cli.tui.reading.conversations import Quotes, TranscriptPage
from chatapp_cli.tui.themes import PaintStyles
from chatapp_cli.tui.widgets import requests
from chatapp_cli.tui.widgets.auto_scroll import AutoScroll
from chatapp_cli.tui.widgets.bars import nowhere
from chatapp_cli.tui.widgets.gallery import Gallery, PictureLine
from chatapp_cli.tui.widgets.line_view import OTHER_BUTTON, TWICE, LineView
from chatapp_cli.tui.widgets.loaded import LoadedMessages
from chatapp_cli.tui.widgets.message_layout import MessageLayout, lay_out

if TYPE_CHECKING:
    from chatapp_cli.tui.widgets.message_lines import Route

Routes: TypeAlias = "Mapping[DialogId, Route]"
_ALONE: Routes = {}


def _step(to: Callable[[Transcript], int]) -> Callable[[Transcript], None]:
    """An action that chooses another message."""

    def step(view: Transcript) -> None:
        if view.entries:
            view._select(to(view))

    return step


class Transcript(LineView):
    """Shows messages, oldest first."""

    SCOPE = "transcript"
    BINDINGS = bindings("transcript")
    WantsOlder, WantsNewer, WantsEnd = requests.WantsOlder, requests.WantsNewer, requests.WantsEnd
    SawLast, WantsPicture, Asked = requests.SawLast, requests.WantsPicture, requests.Asked

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(appearance)
        self.gallery = Gallery()
        self._loaded, self._painted, self._painted_at = LoadedMessages(), MessageLayout(), 0
        self._manifest: Manifest | None = None
        self._routes: Routes = _ALONE
        self._lit: Callable[[str], Sequence[tuple[int, int]]] = _unlit
        self._auto_scroll = AutoScroll(self, lambda: self._select(self._loaded.at))

    @property
    def entries(self) -> Sequence[TranscriptEntry]:
        """The loaded messages, oldest first."""
        return self._loaded.entries

    @property
    def selected(self) -> TranscriptEntry | None:
        """The message that actions are for: the chosen one, else the last."""
        return self._loaded.selected

    @property
    def picked(self) -> list[TranscriptEntry]:
        """The picked messages, oldest first."""
        return self._loaded.picked

    @property
    def at_end(self) -> bool:
        """Whether the last line of the conversation is on the screen."""
        return self._loaded.ended and self.scroll_offset.y >= self.max_scroll_y

    @property
    def place(self) -> MessageId | None:
        """The message in the middle of the pane, at which it can be opened again; ``None`` at the end."""
        at = self._painted.at(self.scroll_offset.y + self.size.height // 2)
        return None if self.at_end else self._loaded.message_from(at)

    def open(
        self, manifest: Manifest, page: TranscriptPage, *, at: MessageId | None = None, routes: Routes = _ALONE
    ) -> None:
        """Show another conversation, at its end or at a message; ``routes`` mark the messages of several dialogs."""
        self._manifest, self._routes, self._loaded = manifest, routes, LoadedMessages(page, at)
        self._auto_scroll.begin(at_end=at is None)
        self.gallery.clear()
        self._paint()
        self._auto_scroll.settle()
        self._look_around()

    def light(self, lit: Callable[[str], Sequence[tuple[int, int]]] | None) -> None:
        """Highlight the spans that ``lit`` finds in a text; ``None`` highlights nothing."""
        self._lit = lit or _unlit
        self._paint()

    def prepend(self, page: TranscriptPage) -> None:
        """Add older messages above without moving the visible ones."""
        self._loaded.prepend(page)
        before = self._painted.height
        self._paint()
        self.scroll_to(y=self.scroll_offset.y + self._painted.height - before, animate=False, force=True)

    def append(self, page: TranscriptPage) -> None:
        """Add newer messages below without moving the visible ones."""
        self._loaded.append(page)
        self._paint()
        self._look_around()

    def update(self, changed: Sequence[TranscriptEntry], gone: set[MessageId], quotes: Quotes) -> None:
        """Update, add and remove messages; the end stays in view if it was."""
        at_end, before = self._auto_scroll.at_end, self._painted
        self._loaded.quotes.update(quotes)
        left_out = self._loaded.take(changed, gone)
        if any(entry.message.direction == "out" for entry in left_out):  # others are loaded when one scrolls there
            self.post_message(self.WantsEnd())
        self._paint(refresh=False)
        if self._above or len(self._painted.blocks) < len(before.blocks):
            self.refresh()
        else:
            for line, count in self._painted.other_than(before):
                self.refresh_lines(line, count)
        if at_end:
            self._auto_scroll.at_end = True
            self._auto_scroll.keep()
        self._look_around()

    def _paint(self, *, refresh: bool = True) -> None:
        """Lay out all messages."""
        self._painted_at = self.scrollable_content_region.width
        self._painted = MessageLayout()
        if self._manifest is not None and self._painted_at > 0:
            how = {"manifest": self._manifest, "quotes": self._loaded.quotes, "routes": self._routes, "lit": self._lit}
            how["picture_rows"] = self.gallery.rows
            self._painted = lay_out(self.entries, self._painted_at, self._appearance, **how)
        self.virtual_size = Size(0, self._painted.height + 1)
        if refresh:
            self.refresh()

    def repaint(self) -> None:
        """Paint everything again, in other colours or at a later time."""
        self.gallery.clear()
        self._paint()

    @property
    def _above(self) -> int:
        """The empty lines above a short conversation, whose last message is at the bottom of the pane."""
        return max(0, self.scrollable_content_region.height - self._painted.height - 1)

    def render_line(self, y: int) -> Strip:
        """Paint one visible line."""
        styles, width = self._appearance.styles, self.scrollable_content_region.width
        at = self.scroll_offset.y + y - self._above
        block = self._painted.at(at)
        if not 0 <= block < len(self._painted.blocks):
            texts = dict(enumerate(nowhere() if self._manifest is None else (), self.size.height // 3))
            return Strip([Segment(fit(texts.get(y, "").center(width), width), styles.base + styles.faint)], width)
        part, painted = at - self._painted.starts[block], self._painted.blocks[block]
        strip = self._with_picture(painted.strips[part], painted.pictured.get(part))
        here = self.entries[block].message.id
        chosen = self.has_focus and here == self._loaded.chosen and part >= painted.lead
        picked = here in self._loaded.picked_ids and part == painted.lead
        return _marked(strip, styles, chosen=chosen, picked=picked)

    def _with_picture(self, strip: Strip, line: PictureLine | None) -> Strip:
        """The line with its part of a picture, which is asked for if it is not drawn yet."""
        if line is None:
            return strip
        if self.gallery.ask_once(line.file):
            self.post_message(self.WantsPicture(line.file))
        return self.gallery.over(strip, line, self._appearance.styles.base)

    def sees(self, file: FileRow) -> bool:
        """Whether the message of a file is on the screen, at least in part."""
        top = self.scroll_offset.y - self._above
        return any(file in entry.files for entry in self.entries[self._painted.within(top, top + self.size.height)])

    def show_picture(self, file: FileRow, drawn: Drawn | None) -> None:
        """Show a drawn picture; ``None`` removes the room of one that cannot be drawn."""
        if self.gallery.put(file, drawn):
            self._paint_around()
        self.refresh()

    def _paint_around(self) -> None:
        """Lay out again after heights have changed, keeping the message at the top in its place."""
        top, at_end = self.scroll_offset.y, self._auto_scroll.at_end
        at = max(0, self._painted.at(top))
        into = top - self._painted.starts[at]
        self._paint()
        starts = self._painted.starts
        self.scroll_to(y=starts[min(at, len(starts) - 1)] + into, animate=False, force=True)
        self._auto_scroll.at_end = at_end
        self._auto_scroll.keep()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for older messages before the top is reached."""
        super().watch_scroll_y(old_value, new_value)
        self._auto_scroll.at_end = self.at_end or (self._auto_scroll.at_end and new_value > old_value)
        self._look_around()

    def _look_around(self) -> None:
        if self.scroll_offset.y < self.size.height and self._loaded.ask_older_once():
            self.post_message(self.WantsOlder())
        if self.scroll_offset.y + 2 * self.size.height > self._painted.height and self._loaded.ask_newer_once():
            self.post_message(self.WantsNewer())
        if self.at_end and self.entries:
            self.post_message(self.SawLast())

    def on_resize(self) -> None:
        """Wrap again; the end stays in view if it was."""
        if self.scrollable_content_region.width != self._painted_at:
            self._paint()
        self._auto_scroll.settle()
        self._look_around()

    def on_focus(self) -> None:
        """Choose the last message if none is chosen, as actions need one."""
        if self._loaded.chosen is None and self.entries:
            self._select(len(self.entries) - 1)
        self.refresh()

    def on_blur(self) -> None:
        """Stop marking the chosen message."""
        self.refresh()

    def _select(self, at: int) -> None:
        if not self.entries:
            return
        at = max(0, min(at, len(self.entries) - 1))
        old, self._loaded.chosen = self._loaded.at, self.entries[at].message.id
        starts, blocks = self._painted.starts, self._painted.blocks
        for one in (old, at):
            self.refresh_lines(starts[one] + self._above, len(blocks[one].strips))
        extra = 1 if at == len(self.entries) - 1 else 0
        self.scroll_to_region(Region(0, starts[at], 1, len(blocks[at].strips) + extra), animate=False, force=True)
        self._look_around()

    def choose(self, entry: MessageId) -> None:
        """Choose a loaded message."""
        self._loaded.chosen = entry
        self._select(self._loaded.at)

    action_down = _step(lambda view: view._loaded.at + 1)
    action_up = _step(lambda view: view._loaded.at - 1)
    action_page_down = _step(lambda view: view._beyond(view.size.height - 1))
    action_page_up = _step(lambda view: view._beyond(1 - view.size.height))
    action_first = _step(lambda _view: 0)

    def _beyond(self, lines: int) -> int:
        """The index of the message some lines below the chosen one."""
        return self._painted.at(max(0, self._painted.starts[self._loaded.at] + lines))

    def action_last(self) -> None:
        """Go to the latest message."""
        if self._loaded.ended:
            self._select(len(self.entries) - 1)
        else:
            self.post_message(self.WantsEnd())

    def action_pick(self) -> None:
        """Pick the message, or unpick it, and go to the next."""
        if self.selected is not None:
            self._loaded.picked_ids ^= {self.selected.message.id}
            self.action_down()

    def pick_none(self) -> None:
        """Pick no messages."""
        self._loaded.picked_ids.clear()
        self.refresh()

    def action_message(self, action: str) -> None:
        """Ask for an action on the chosen message."""
        if self.selected is not None:
            self.post_message(self.Asked(action, self.selected))

    def on_click(self, event: events.Click) -> None:
        """Choose the message under the mouse. A second click answers it; the right button opens the menu."""
        at = self.scroll_offset.y + event.y - self._above
        if 0 <= at < self._painted.height and not self.beside(event):
            self._select(self._painted.at(at))
            if event.button == OTHER_BUTTON:
                self.call_later(self.run_action, "screen.menu")
            elif event.style.link:
                self.action_message("follow")
            elif event.chain == TWICE:
                self.action_message("reply")


def _unlit(_text: str) -> Sequence[tuple[int, int]]:
    return ()


def _marked(strip: Strip, styles: PaintStyles, *, chosen: bool, picked: bool) -> Strip:
    """The line with the sign of a chosen or picked message."""
    if picked or chosen:
        sign = Segment("●" if picked else "▌", (styles.cursor if chosen else styles.base) + styles.accent)
        strip = Strip([sign, *strip.crop(1)], strip.cell_length)
    cursor = Style(bgcolor=styles.cursor.bgcolor, reverse=styles.cursor.reverse or None)
    return strip.apply_style(cursor) if chosen else strip
