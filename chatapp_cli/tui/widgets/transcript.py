"""A conversation: virtual lines, older ones fetched while one scrolls up, only what changed painted again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.manifest import Manifest
from chatapp_cli.services import notes
from chatapp_cli.services.transcript import Entry
from chatapp_cli.store.rows.messages import FileRow
from chatapp_cli.tui.cells import fit
from chatapp_cli.tui.keymap import bindings
from chatapp_cli.tui.look import Look
from chatapp_cli.tui.pictures import Drawn
from chatapp_cli.tui.reading import Page, Quotes
from chatapp_cli.tui.widgets.bars import nowhere
from chatapp_cli.tui.widgets.gallery import Gallery, PictureLine
from chatapp_cli.tui.widgets.lined import OTHER_BUTTON, TWICE, Lined

if TYPE_CHECKING:
    from chatapp_cli.tui.widgets.message_lines import Painted, Route

_ALONE: Mapping[DialogId, Route] = {}


class Transcript(Lined):
    """Shows entries, oldest first."""

    SCOPE = "transcript"
    BINDINGS = bindings("transcript")

    class WantsOlder(Message):
        """The top came near."""

    class WantsNewer(Message):
        """The bottom of what is loaded came near, and there is more."""

    class WantsEnd(Message):
        """Something was said by us, or a person wants the latest, and the end is not loaded."""

    class SawLast(Message):
        """The last message is on the screen now."""

    class WantsPicture(Message):
        """A picture is on the screen that was not drawn yet."""

        def __init__(self, file: FileRow) -> None:
            super().__init__()
            self.file = file

    class Asked(Message):
        """A person wants something done with a message."""

        def __init__(self, deed: str, entry: Entry) -> None:
            super().__init__()
            self.deed, self.entry = deed, entry

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self.gallery = Gallery()
        self._manifest: Manifest | None = None
        self._entries: list[Entry] = []
        self._quotes: Quotes = {}
        self._routes: Mapping[DialogId, Route] = _ALONE
        self._blocks: list[Painted] = []
        self._nowhere: Sequence[str] = ()
        self._starts: list[int] = [0]
        self._painted_at = 0
        self._selected: MessageId | None = None
        self._picked: set[MessageId] = set()
        self._complete = False
        self._asked_older = False
        self._ended = True
        self._asked_newer = False
        self._aiming = False
        self._following = True
        self._lit: Callable[[str], Sequence[tuple[int, int]]] = _unlit

    # What is shown

    @property
    def entries(self) -> Sequence[Entry]:
        """All that is loaded, oldest first."""
        return self._entries

    @property
    def selected(self) -> Entry | None:
        """The message that actions are about: the chosen one, otherwise the last."""
        return next(
            (e for e in self._entries if e.message.id == self._selected), self._entries[-1] if self._entries else None
        )

    @property
    def picked(self) -> list[Entry]:
        """The messages that were chosen together, oldest first."""
        return [entry for entry in self._entries if entry.message.id in self._picked]

    @property
    def at_end(self) -> bool:
        """Whether the last line of the conversation is on the screen."""
        return self._ended and self.scroll_offset.y >= self.max_scroll_y

    @property
    def place(self) -> MessageId | None:
        """The message in the middle of what is seen, by which one finds back; ``None`` at the end."""
        at = bisect_right(self._starts, self.scroll_offset.y + self.size.height // 2)
        said = (entry.message for entry in self._entries[max(0, at - 1) :] if entry.message.direction != notes.NOTE)
        return None if self.at_end else next((message.id for message in said), None)

    def open(
        self, manifest: Manifest, page: Page, *, at: MessageId | None = None, routes: Mapping[DialogId, Route] = _ALONE
    ) -> None:
        """Show another conversation from its end, or at one of its messages; one of several dialogs with ``routes``."""
        self._routes = routes
        self._manifest, self._entries, self._quotes = manifest, list(page.entries), dict(page.quotes)
        self._complete, self._ended = page.complete, page.ended
        self._asked_older = self._asked_newer = False
        self._picked.clear()
        self.gallery.clear()
        self._selected, self._aiming, self._following = at, at is not None, at is None
        self._paint_all()
        self._aim()
        self._keep_following()
        self.refresh()
        self._look_around()

    def light(self, lit: Callable[[str], Sequence[tuple[int, int]]] | None) -> None:
        """Light up what is found in texts, or nothing any more."""
        self._lit = lit or _unlit
        self._paint_all()
        self.refresh()

    def close(self) -> None:
        """Show nothing."""
        self._entries, self._manifest = [], None
        self._paint_all()
        self.refresh()

    def prepend(self, entries: Sequence[Entry], quotes: Quotes, *, complete: bool) -> None:
        """Put older messages above without moving what is seen."""
        self._complete, self._asked_older = complete, False
        if not entries:
            return
        before = self._starts[-1]
        self._entries[:0] = entries
        self._quotes.update(quotes)
        self._paint_all()
        self.scroll_to(y=self.scroll_offset.y + self._starts[-1] - before, animate=False, force=True)
        self.refresh()

    def append(self, entries: Sequence[Entry], quotes: Quotes, *, ended: bool) -> None:
        """Put newer messages below without moving what is seen; those that are there already stay as they are."""
        self._ended, self._asked_newer = ended, False
        known = {entry.message.id for entry in self._entries}
        self._entries += [entry for entry in entries if entry.message.id not in known]
        self._quotes.update(quotes)
        self._paint_all()
        self.refresh()
        self._look_around()

    def _aim(self) -> None:
        """Show the message that the conversation was opened at, now and once the layout is done."""
        if self._aiming and self._blocks:
            self._aiming = False
            self._select(self._index())
            self.call_after_refresh(self._select_again)

    def _select_again(self) -> None:
        self._select(self._index())

    def update(self, changed: Sequence[Entry], gone: set[MessageId], quotes: Quotes) -> None:
        """Take in news; follows the end if the end was seen."""
        following = self._following
        self._quotes.update(quotes)
        fresh = {e.message.id: e for e in changed}
        oldest = self._entries[0].message if self._entries and not self._complete else None
        kept = [fresh.pop(e.message.id, e) for e in self._entries if e.message.id not in gone]
        new = [e for e in fresh.values() if oldest is None or e.message.at >= oldest.at]
        if new and not self._ended:
            self._leave_out(new)
            new = []
        before, old_starts = self._blocks, self._starts
        self._entries = sorted([*kept, *new], key=lambda e: (e.message.at, e.message.id))
        self._paint_all()
        self._repaint_from(before, old_starts)
        if following:
            self._following = True
            self._keep_following()
        self._look_around()

    def _leave_out(self, new: Sequence[Entry]) -> None:
        """What comes after the end that is not loaded is read when somebody scrolls there; what we say is shown."""
        if any(entry.message.direction == "out" for entry in new):
            self.post_message(self.WantsEnd())

    def _keep_following(self) -> None:
        """Go to the end now, and again once the layout that is under way is done."""
        if self._following:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
            self.call_after_refresh(self._end_again)

    def _end_again(self) -> None:
        if self._following:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)

    def _repaint_from(self, before: list[Painted], starts: list[int]) -> None:
        """Only the lines that differ; everything below a block that grew has moved."""
        if self._above or len(self._blocks) < len(before):
            self.refresh()
            return
        for n, block in enumerate(self._blocks):
            if n >= len(before) or len(before[n].strips) != len(block.strips):
                self.refresh_lines(self._starts[n], max(1, max(starts[-1], self._starts[-1]) - self._starts[n]))
                return
            if before[n] != block:
                self.refresh_lines(self._starts[n], len(block.strips))

    # Lines

    def _paint_all(self) -> None:
        """Lines of all messages; those that are the same as before keep their strips."""
        self._painted_at = self.scrollable_content_region.width
        self._blocks = []
        self._nowhere = nowhere() if self._manifest is None else []
        if self._manifest is not None and self._painted_at > 0:
            from chatapp_cli.tui.widgets import message_lines

            here = message_lines.Setting(
                self._painted_at,
                self._look.palette,
                self._look.now(),
                self._manifest,
                self._quotes,
                self._routes,
                self._lit,
                picture_rows=self.gallery.rows,
            )
            pairs = zip(self._entries, [None, *self._entries], strict=False)
            self._blocks = [message_lines.paint(entry, before, here) for entry, before in pairs]
        self._starts = list(accumulate((len(block.strips) for block in self._blocks), initial=0))
        self.virtual_size = Size(0, self._starts[-1] + 1)

    def repaint(self) -> None:
        """Other colours, or times that have grown old."""
        self.gallery.clear()
        self._paint_all()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of what is seen."""
        look, width = self._look.palette, self.scrollable_content_region.width
        at = self.scroll_offset.y + y - self._above
        block = bisect_right(self._starts, at) - 1
        if at < 0 or block >= len(self._blocks):
            n = y - self.size.height // 3
            text = self._nowhere[n].center(width) if 0 <= n < len(self._nowhere) else ""
            return Strip([Segment(fit(text, width), look.base + look.faint)], width)
        part, painted = at - self._starts[block], self._blocks[block]
        strip = self._with_picture(painted.strips[part], painted.pictured.get(part))
        here = self._entries[block].message.id
        chosen = self.has_focus and here == self._selected and part >= painted.lead
        picked = here in self._picked and part == painted.lead
        if picked or chosen:
            sign = Segment("●" if picked else "▌", (look.cursor if chosen else look.base) + look.accent)
            strip = Strip([sign, *strip.crop(1)], width)
        return strip.apply_style(_chosen(look.cursor)) if chosen else strip

    def _with_picture(self, strip: Strip, line: PictureLine | None) -> Strip:
        """A line with its part of a picture; one that is not drawn yet is asked for."""
        if line is None:
            return strip
        if self.gallery.asks(line.file):
            self.post_message(self.WantsPicture(line.file))
        return self.gallery.over(strip, line, self._look.palette.base)

    def sees(self, file: FileRow) -> bool:
        """Whether a file's message is on the screen, or a part of it."""
        top = self.scroll_offset.y - self._above
        first, last = (bisect_right(self._starts, y) - 1 for y in (max(0, top), top + self.size.height))
        return any(file in entry.files for entry in self._entries[first : last + 1])

    def hang(self, file: FileRow, drawn: Drawn | None) -> None:
        """Show a picture that was drawn, or no longer keep room for one that cannot be."""
        if self.gallery.keep(file, drawn):
            self._paint_around()
        self.refresh()

    def _paint_around(self) -> None:
        """Paint anew with other heights, what stands at the top of the screen staying there."""
        top = self.scroll_offset.y
        at = max(0, bisect_right(self._starts, top) - 1)
        into, following = top - self._starts[at], self._following
        self._paint_all()
        self.scroll_to(y=self._starts[min(at, len(self._starts) - 1)] + into, animate=False, force=True)
        self._following = following
        self._keep_following()

    @property
    def _above(self) -> int:
        """Empty lines above a conversation that does not fill its pane: the last message is always at the bottom."""
        return max(0, self.scrollable_content_region.height - self._starts[-1] - 1)

    # Moving

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Fetch older messages before the top is reached."""
        super().watch_scroll_y(old_value, new_value)
        self._following = self.at_end or (self._following and new_value > old_value)
        self._look_around()

    def _look_around(self) -> None:
        if not self._entries:
            return
        if self.scroll_offset.y < self.size.height and not self._complete and not self._asked_older:
            self._asked_older = True
            self.post_message(self.WantsOlder())
        near = self.scroll_offset.y + 2 * self.size.height > self._starts[-1]
        if near and not self._ended and not self._asked_newer:
            self._asked_newer = True
            self.post_message(self.WantsNewer())
        if self.at_end:
            self.post_message(self.SawLast())

    def on_resize(self) -> None:
        """Wrap again, keeping the end in sight if it was."""
        if self.scrollable_content_region.width != self._painted_at:
            self._paint_all()
            self.refresh()
        self._aim()
        self._keep_following()

    def on_focus(self) -> None:
        """Choose the last message, so that keys have something to be about."""
        if self._selected is None and self._entries:
            self._select(len(self._entries) - 1)
        self.refresh()

    def on_blur(self) -> None:
        """Nothing is chosen while other keys are pressed."""
        self.refresh()

    def _index(self) -> int:
        found = (n for n, e in enumerate(self._entries) if e.message.id == self._selected)
        return next(found, len(self._entries) - 1)

    def _select(self, at: int) -> None:
        if not self._entries:
            return
        at = max(0, min(at, len(self._entries) - 1))
        old, self._selected = self._index(), self._entries[at].message.id
        for one in (old, at):
            self.refresh_lines(self._starts[one] + self._above, len(self._blocks[one].strips))
        extra = 1 if at == len(self._entries) - 1 else 0
        region = Region(0, self._starts[at], 1, len(self._blocks[at].strips) + extra)
        self.scroll_to_region(region, animate=False, force=True)
        self._look_around()

    def choose(self, entry: MessageId) -> None:
        """Put the choice on a message that is loaded."""
        self._selected = entry
        self._select(self._index())

    def action_down(self) -> None:
        """The next message."""
        self._select(self._index() + 1)

    def action_up(self) -> None:
        """The message before."""
        self._select(self._index() - 1)

    def action_page_down(self) -> None:
        """A page down, and the choice with it."""
        self._jump(self.size.height - 1)

    def action_page_up(self) -> None:
        """A page up, and the choice with it."""
        self._jump(1 - self.size.height)

    def _jump(self, by: int) -> None:
        if self._entries:
            target = self._starts[self._index()] + by
            self._select(bisect_right(self._starts, max(0, target)) - 1)

    def action_first(self) -> None:
        """To the earliest that is loaded."""
        self._select(0)

    def action_last(self) -> None:
        """To the latest."""
        if self._ended:
            self._select(len(self._entries) - 1)
        else:
            self.post_message(self.WantsEnd())

    def action_pick(self) -> None:
        """Choose this message together with others, or no longer; then the next one."""
        if self.selected is not None:
            self._picked ^= {self.selected.message.id}
            self.action_down()

    def pick_none(self) -> None:
        """No messages are chosen together any more."""
        self._picked.clear()
        self.refresh()

    def action_message(self, deed: str) -> None:
        """Do something with the chosen message."""
        if self.selected is not None:
            self.post_message(self.Asked(deed, self.selected))

    def on_click(self, event: events.Click) -> None:
        """A click chooses, a second one answers; the other button asks what can be done."""
        at = self.scroll_offset.y + event.y - self._above
        if 0 <= at < self._starts[-1] and not self.beside(event):
            self._select(bisect_right(self._starts, at) - 1)
            if event.button == OTHER_BUTTON:
                self.call_later(self.run_action, "screen.menu")
            elif event.style.link:
                self.action_message("follow")
            elif event.chain == TWICE:
                self.action_message("reply")


def _unlit(_text: str) -> Sequence[tuple[int, int]]:
    return ()


def _chosen(cursor: Style) -> Style:
    return Style(bgcolor=cursor.bgcolor, reverse=cursor.reverse or None)
