"""The live list of dialogs: virtual, so that a hundred thousand cost what a hundred do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.reading.cells import fit
from chatapp_cli.tui.reading.dialog_order import DialogOrder
from chatapp_cli.tui.widgets import dialog_lines
from chatapp_cli.tui.widgets.badges import ListBadges
from chatapp_cli.tui.widgets.line_view import OTHER_BUTTON
from chatapp_cli.tui.widgets.picking import Picking

MARGIN = 40
"""Rows kept beyond both ends of what is seen, so that a step finds its row."""

_AGEING = 5_000
"""Milliseconds after which ages are painted anew."""


class DialogList(Picking):
    """Shows an order of dialogs; the rows around what is seen are brought by the screen when asked for."""

    SCOPE = "list"
    BINDINGS = bindings("list")

    class Needs(Message):
        """The rows of a part of the list are needed."""

        def __init__(self, start: int, n: int) -> None:
            super().__init__()
            self.start, self.n = start, n

    class Opened(Message):
        """A person wants to see a dialog, and in it a message first; otherwise its last."""

        def __init__(self, dialog: DialogId, message: MessageId | None = None) -> None:
            super().__init__()
            self.dialog, self.message = dialog, message

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(appearance)
        self._order: DialogOrder | None = None
        self._rows: dict[DialogId, DialogRow] = {}
        self._strips: dict[DialogId, tuple[tuple[object, ...], list[Strip]]] = {}
        self._asked = range(0)
        self._width, self._height = 0, dialog_lines.height(0)
        self.opened: DialogId | None = None
        self._steered = False
        """Whether a person moved the cursor since they read something else."""
        self.badges = ListBadges()

    # What is shown

    @property
    def order(self) -> DialogOrder | None:
        """The order that is shown now."""
        return self._order

    @property
    def current(self) -> DialogId | None:
        """The dialog under the cursor."""
        return DialogId(self.ids[self.cursor]) if self.ids else None

    @property
    def meant(self) -> DialogId | None:
        """The dialog that actions are about while the list has the focus.

        That is the one that is open and read, until the cursor is put on another: a list that moves on by itself,
        as one of the unanswered does after an answer, does not move deeds on to somebody else.
        """
        return self.current if self._leads else self.opened

    @property
    def _leads(self) -> bool:
        """Whether the cursor says what is meant: somebody put it there, or there is nothing beside the list."""
        return self._steered or self.opened is None or self.screen.has_class("-narrow")

    def follow_the_open_one(self) -> None:
        """What is open is meant from now on, wherever the cursor stands."""
        self._steer(steered=False)

    def _steer(self, *, steered: bool) -> None:
        if self._steered != steered:
            self._steered = steered
            self._repaint_those({self.current, self.opened})

    def _repaint_those(self, dialogs: Collection[DialogId | None]) -> None:
        for at in self._visible():
            if self.ids[at] in dialogs:
                self._repaint(at)

    @property
    def ids(self) -> Sequence[int]:
        """What is listed, in its order."""
        return self._order.ids if self._order else ()

    def row_of(self, dialog: DialogId) -> DialogRow | None:
        """What is known of a dialog that is near."""
        return self._rows.get(dialog)

    def show(self, order: DialogOrder, rows: Mapping[DialogId, DialogRow]) -> None:
        """Take another order, keeping the cursor on its dialog where it still is."""
        known = self._order is not None and self._order.wanted == order.wanted
        before = self.current if known else None
        seen = self._seen()
        self._order = order
        self._rows = {**self._rows, **rows} if known else dict(rows)
        self._asked = range(0)
        self._place_cursor(before)
        self.virtual_size = Size(0, len(order.ids) * self._height)
        self._measure()
        if not known:
            self._steered = False
            self.drop_picks()
            self.scroll_to(y=0, animate=False)
        self._refresh_changed(seen)
        self._want()

    def fill(self, rows: Mapping[DialogId, DialogRow]) -> None:
        """Take rows that were asked for, or that changed; only their lines are painted again."""
        changed = {one for one, row in rows.items() if self._rows.get(one) != row}
        self._rows.update(rows)
        self._forget_far()
        for at in self._visible():
            if self.ids[at] in changed:
                self._repaint(at)

    def repaint_times(self) -> None:
        """Ages grow by themselves."""
        self.refresh()

    def _place_cursor(self, before: DialogId | None) -> None:
        assert self._order is not None
        last = max(0, len(self._order.ids) - 1)
        if before is not None and self.cursor > 0 and before in self._order.ids:
            self.cursor = self._order.ids.index(before)
        else:
            self.cursor = min(self.cursor if before is not None else 0, last)

    def _seen(self) -> dict[int, tuple[int, DialogRow | None]]:
        if self._order is None:
            return {}
        ids = self._order.ids
        return {at: (ids[at], self._rows.get(DialogId(ids[at]))) for at in self._visible()}

    def _refresh_changed(self, before: Mapping[int, tuple[int, DialogRow | None]]) -> None:
        now = self._seen()
        if now.keys() != before.keys():
            self.refresh()
            return
        for at, what in now.items():
            if before[at] != what or at == self.cursor:
                self._repaint(at)

    # The window of rows

    def _visible(self) -> range:
        if self._order is None:
            return range(0)
        first = self.scroll_offset.y // self._height
        shown = self.scrollable_content_region.height // self._height + 2
        return range(min(first, len(self._order.ids)), min(first + shown, len(self._order.ids)))

    def _want(self) -> None:
        """Ask for the rows around what is seen, unless they are here or on their way."""
        seen = self._visible()
        if not seen or self._order is None:
            return
        if seen.start in self._asked and seen[-1] in self._asked:
            return
        start = max(0, seen.start - MARGIN)
        self._asked = range(start, seen.stop + MARGIN)
        self.post_message(self.Needs(start, len(self._asked)))

    def _forget_far(self) -> None:
        if self._order is None or len(self._rows) <= 8 * MARGIN:
            return
        near = set(self._order.ids[self._asked.start : self._asked.stop])
        self._rows = {one: row for one, row in self._rows.items() if one in near}
        self._strips.clear()

    # Painting

    def render_line(self, y: int) -> Strip:
        """One line of what is seen."""
        styles, width = self._look.palette, self._width
        at, part = divmod(self.scroll_offset.y + y, self._height)
        if at >= len(self.ids):
            return self._blank(y)
        base = self._base(at)
        dialog = self._rows.get(DialogId(self.ids[at]))
        if dialog is None:
            return dialog_lines.placeholder(width, base, styles)[part]
        return self._painted(dialog, width, base)[part]

    def _painted(self, dialog: DialogRow, width: int, base: Style) -> list[Strip]:
        """Both lines at once, and not again while nothing about them has changed."""
        badges = self.badges.of(dialog.id, picked=self.is_picked(dialog.id))
        how = (dialog, badges, width, base, id(self._look.palette), self._look.now() // _AGEING)
        known = self._strips.get(dialog.id)
        if known is None or known[0] != how:
            known = (how, dialog_lines.paint(dialog, width, base, self._look.palette, self._look.now(), badges))
            self._strips[dialog.id] = known
        return known[1]

    def _base(self, at: int) -> Style:
        styles, dialog = self._look.palette, self.ids[at]
        if dialog == self.meant and self.has_focus:
            return styles.cursor
        return styles.shaded if at == self.cursor or dialog == self.opened else styles.base

    def _blank(self, y: int) -> Strip:
        width, styles = self._width, self._look.palette
        text = ""
        if y > 0 and self._order is not None and not self._order.ids:
            said = dialog_lines.empty(width - 4, filtered=self._order.wanted != type(self._order.wanted)())
            text = "  " + said[y - 1] if y <= len(said) else ""
        return Strip([Segment(fit(text, width), styles.base + styles.muted)], width)

    def _repaint(self, at: int) -> None:
        self.refresh_lines(at * self._height, self._height)

    # Moving

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Fetch what comes into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._want()

    def on_resize(self) -> None:
        """The rows may now have another height."""
        self._measure()
        if self._order is not None:
            self.virtual_size = Size(0, len(self._order.ids) * self._height)
            self._follow()
            self._want()

    def _measure(self) -> None:
        self._width = self.scrollable_content_region.width
        self._height = dialog_lines.height(self._width)

    def on_focus(self) -> None:
        """The cursor shows where the keys go."""
        self._repaint_those({self.current, self.opened})

    def on_blur(self) -> None:
        """The cursor fades."""
        self._repaint_those({self.current, self.opened})

    def move_to(self, at: int) -> None:
        """Put the cursor on a row and bring it into sight; it is what is meant from then on."""
        self._steer(steered=True)
        old, self.cursor = self.cursor, max(0, min(at, len(self.ids) - 1))
        if old != self.cursor:
            self._repaint(old)
            self._repaint(self.cursor)
            self._follow()

    def _follow(self) -> None:
        """Bring the cursor into sight, half a page at a time: a repaint of everything is worth several steps."""
        top, height = self.cursor * self._height, self.size.height
        if not self.scroll_offset.y <= top <= self.scroll_offset.y + height - self._height:
            middle = (top - height // 2) // self._height * self._height
            self.scroll_to(y=max(0, min(middle, self.max_scroll_y)), animate=False, force=True)

    def mark_opened(self, dialog: DialogId | None) -> None:
        """Show which dialog stands beside the list."""
        before, self.opened, self._steered = self.opened, dialog, False
        self._repaint_those({before, dialog, self.current})

    def mark(self, badges: ListBadges) -> None:
        """Take other marks; only the lines where they differ are painted again."""
        before, self.badges = self.badges, badges
        for at in self._visible():
            one = DialogId(self.ids[at])
            if before.of(one) != badges.of(one):
                self._repaint(at)

    def action_down(self) -> None:
        """Down."""
        self.move_to(self.cursor + 1)

    def action_up(self) -> None:
        """Up."""
        self.move_to(self.cursor - 1)

    def action_page_down(self) -> None:
        """A page down."""
        self.move_to(self.cursor + self._page)

    def action_page_up(self) -> None:
        """A page up."""
        self.move_to(self.cursor - self._page)

    @property
    def _page(self) -> int:
        return max(1, self.scrollable_content_region.height // self._height - 1)

    def action_first(self) -> None:
        """To the first."""
        self.move_to(0)

    def action_last(self) -> None:
        """To the last."""
        self.move_to(len(self.ids) - 1)

    def action_open(self) -> None:
        """Open what is under the cursor."""
        if self.current is not None:
            self.post_message(self.Opened(self.current))

    def on_click(self, event: events.Click) -> None:
        """A click opens; the other button asks what can be done."""
        if self.beside(event):
            return
        at = (self.scroll_offset.y + event.y) // self._height
        if at < len(self.ids):
            self.move_to(at)
            if event.button == OTHER_BUTTON:
                self.call_later(self.run_action, "screen.menu")
            else:
                self.action_open()
