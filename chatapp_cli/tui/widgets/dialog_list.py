"""The list of dialogs. It paints only what is in view, so that its length does not matter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.strip import Strip

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.reading.cells import fit
from chatapp_cli.tui.reading.dialog_order import DialogOrder
from chatapp_cli.tui.widgets import dialog_lines, requests
from chatapp_cli.tui.widgets.badges import ListBadges
from chatapp_cli.tui.widgets.line_view import OTHER_BUTTON, LineView
from chatapp_cli.tui.widgets.picks import Picks
from chatapp_cli.tui.widgets.row_cache import RowCache

_AGEING = 5_000
"""Milliseconds after which ages are painted again."""
_MOST_STRIPS = 320
"""The most painted dialogs that are kept."""


def _step(to: Callable[[DialogList], int]) -> Callable[[DialogList], None]:
    """An action that moves the cursor to another row."""

    def step(view: DialogList) -> None:
        view.move_to(to(view))

    return step


class DialogList(LineView):
    """Shows dialogs in order; the page reads the rows around the visible part when it is asked for them."""

    SCOPE = "list"
    BINDINGS = bindings("list")
    Needs, Opened, Picked = requests.Needs, requests.Opened, requests.Picked

    def __init__(self, appearance: Appearance) -> None:
        super().__init__(appearance)
        self._cache, self._picks = RowCache(), Picks(self._tell_picked)
        self._strips: dict[DialogId, tuple[tuple[object, ...], list[Strip]]] = {}
        self._width, self._height = 0, dialog_lines.height(0)
        self.cursor = 0
        self.opened: DialogId | None = None
        self._steered = False
        """Whether the person moved the cursor since a dialog was opened."""
        self.badges = ListBadges()

    @property
    def order(self) -> DialogOrder | None:
        """The order that is shown."""
        return self._cache.order

    @property
    def ids(self) -> Sequence[int]:
        """The ids of the listed dialogs, in order."""
        return self._cache.ids

    @property
    def under_cursor(self) -> DialogId | None:
        """The dialog under the cursor."""
        return DialogId(self.ids[self.cursor]) if self.ids else None

    @property
    def for_actions(self) -> DialogId | None:
        """The dialog that actions are for while the list has the focus.

        It is the open one until the person moves the cursor: a list that changes by itself, as the unanswered
        ones do after an answer, does not change whom an action is for.
        """
        return self.under_cursor if self._cursor_leads else self.opened

    @property
    def _cursor_leads(self) -> bool:
        """Whether actions are for the dialog under the cursor: it was moved, or no dialog is open beside the list."""
        return self._steered or self.opened is None or self.screen.has_class("-narrow")

    def follow_the_open_one(self) -> None:
        """Make actions be for the open dialog, wherever the cursor is."""
        self._steer(steered=False)

    def _steer(self, *, steered: bool) -> None:
        if self._steered != steered:
            self._steered = steered
            self._repaint_those({self.under_cursor, self.opened})

    def show(self, order: DialogOrder, rows: Mapping[DialogId, DialogRow]) -> None:
        """Show another order; the cursor stays on its dialog if that is still listed."""
        seen, before = self._cache.at(self._visible()), self.under_cursor
        known = self._cache.take(order, rows)
        self._place_cursor(before if known else None)
        self.virtual_size = Size(0, len(order.ids) * self._height)
        self._measure()
        if not known:
            self._steered = False
            self.drop_picks()
            self.scroll_to(y=0, animate=False)
        self._refresh_changed(seen)
        self._want()

    def fill(self, rows: Mapping[DialogId, DialogRow]) -> None:
        """Take rows that were asked for or have changed; only their lines are painted again."""
        self._repaint_those(self._cache.fill(rows))
        if len(self._strips) > _MOST_STRIPS:
            self._strips.clear()

    def _place_cursor(self, before: DialogId | None) -> None:
        if before is not None and self.cursor > 0 and before in self.ids:
            self.cursor = self.ids.index(before)
        else:
            self.cursor = min(self.cursor if before is not None else 0, max(0, len(self.ids) - 1))

    def _refresh_changed(self, before: Mapping[int, tuple[int, DialogRow | None]]) -> None:
        now = self._cache.at(self._visible())
        if now.keys() != before.keys():
            self.refresh()
            return
        for at, what in now.items():
            if before[at] != what or at == self.cursor:
                self._repaint(at)

    def _visible(self) -> range:
        first = self.scroll_offset.y // self._height
        shown = self.scrollable_content_region.height // self._height + 2
        return range(min(first, len(self.ids)), min(first + shown, len(self.ids)))

    def _want(self) -> None:
        """Ask for the rows around the visible ones."""
        if (lacking := self._cache.lacks(self._visible())) is not None:
            self.post_message(self.Needs(lacking.start, len(lacking)))

    def render_line(self, y: int) -> Strip:
        """Paint one visible line."""
        styles, width = self._appearance.styles, self._width
        at, part = divmod(self.scroll_offset.y + y, self._height)
        if at >= len(self.ids):
            return self._blank(y)
        base, dialog = self._base(at), self._cache.row(at)
        if dialog is None:
            return dialog_lines.placeholder(width, base, styles)[part]
        return self._painted(dialog, width, base)[part]

    def _painted(self, dialog: DialogRow, width: int, base: Style) -> list[Strip]:
        """The lines of a dialog, painted again only if something about it changed."""
        badges = self.badges.of(dialog.id, picked=dialog.id in self._picks, channel=dialog.channel_id)
        how = (dialog, badges, width, base, id(self._appearance.styles), self._appearance.now() // _AGEING)
        known = self._strips.get(dialog.id)
        if known is None or known[0] != how:
            styles, now = self._appearance.styles, self._appearance.now()
            known = (how, dialog_lines.paint(dialog, width, base, styles, now, badges))
            self._strips[dialog.id] = known
        return known[1]

    def _base(self, at: int) -> Style:
        styles, dialog = self._appearance.styles, self.ids[at]
        if dialog == self.for_actions and self.has_focus:
            return styles.cursor
        return styles.shaded if at == self.cursor or dialog == self.opened else styles.base

    def _blank(self, y: int) -> Strip:
        styles, text = self._appearance.styles, ""
        if y > 0 and self.order is not None and not self.ids:
            lines = dialog_lines.empty(
                self._width - 4, filtered=self.order.dialog_filter != type(self.order.dialog_filter)()
            )
            text = "  " + lines[y - 1] if y <= len(lines) else ""
        return Strip([Segment(fit(text, self._width), styles.base + styles.muted)], self._width)

    def _repaint(self, at: int) -> None:
        self.refresh_lines(at * self._height, self._height)

    def _repaint_those(self, dialogs: Collection[DialogId | None]) -> None:
        for at in self._visible():
            if self.ids[at] in dialogs:
                self._repaint(at)

    def mark_opened(self, dialog: DialogId | None) -> None:
        """Mark the dialog that is open beside the list."""
        before, self.opened, self._steered = self.opened, dialog, False
        self._repaint_those({before, dialog, self.under_cursor})

    def mark(self, badges: ListBadges) -> None:
        """Take other badges; only lines whose badges changed are painted again."""
        before, self.badges = self.badges, badges
        for at in self._visible():
            one = DialogId(self.ids[at])
            if before.channels != badges.channels or before.of(one) != badges.of(one):
                self._repaint(at)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for the rows that come into view."""
        super().watch_scroll_y(old_value, new_value)
        self._want()

    def on_resize(self) -> None:
        """Measure the rows again: their height depends on the width."""
        self._measure()
        if self.order is not None:
            self.virtual_size = Size(0, len(self.ids) * self._height)
            self._follow()
            self._want()

    def _measure(self) -> None:
        self._width = self.scrollable_content_region.width
        self._height = dialog_lines.height(self._width)

    def on_focus(self) -> None:
        """Paint the cursor in the colour of the focus."""
        self._repaint_those({self.under_cursor, self.opened})

    on_blur = on_focus

    def move_to(self, at: int) -> None:
        """Move the cursor to a row and into view; actions are for its dialog from then on."""
        self._steer(steered=True)
        old, self.cursor = self.cursor, max(0, min(at, len(self.ids) - 1))
        if old != self.cursor:
            self._repaint(old)
            self._repaint(self.cursor)
            self._follow()

    def _follow(self) -> None:
        """Scroll the cursor into view, by half a page, as scrolling paints every line again."""
        top, height = self.cursor * self._height, self.size.height
        if not self.scroll_offset.y <= top <= self.scroll_offset.y + height - self._height:
            middle = (top - height // 2) // self._height * self._height
            self.scroll_to(y=max(0, min(middle, self.max_scroll_y)), animate=False, force=True)

    @property
    def _page(self) -> int:
        return max(1, self.scrollable_content_region.height // self._height - 1)

    action_down = _step(lambda view: view.cursor + 1)
    action_up = _step(lambda view: view.cursor - 1)
    action_page_down = _step(lambda view: view.cursor + view._page)
    action_page_up = _step(lambda view: view.cursor - view._page)
    action_first = _step(lambda _view: 0)
    action_last = _step(lambda view: len(view.ids) - 1)

    def action_open(self) -> None:
        """Open the dialog under the cursor."""
        if self.under_cursor is not None:
            self.post_message(self.Opened(self.under_cursor))

    def on_click(self, event: events.Click) -> None:
        """Open the dialog under the mouse; the right button opens the menu."""
        at = (self.scroll_offset.y + event.y) // self._height
        if at < len(self.ids) and not self.beside(event):
            self.move_to(at)
            if event.button == OTHER_BUTTON:
                self.call_later(self.run_action, "screen.menu")
            else:
                self.action_open()

    @property
    def picked(self) -> list[DialogId]:
        """The picked dialogs, in the order of the list."""
        return self._picks.among(self.ids)

    def drop_picks(self) -> bool:
        """Pick no dialogs. Returns whether any were picked."""
        return self._picks.drop()

    def _tell_picked(self, n: int) -> None:
        self.refresh()
        self.post_message(self.Picked(n))

    def action_pick(self) -> None:
        """Pick the dialog under the cursor, or unpick it, and go to the next."""
        if self.ids:
            self._picks.turn(self.ids, self.cursor)
            self.move_to(self.cursor + 1)

    def action_pick_range(self) -> None:
        """Pick all dialogs from the last picked one to the cursor."""
        self._picks.reach(self.ids, self.cursor)

    def action_pick_all(self) -> None:
        """Pick all listed dialogs, or none if all are picked."""
        self._picks.everything(self.ids)
