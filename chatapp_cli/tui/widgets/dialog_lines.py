"""Paints one dialog of the list: two lines where it is narrow, one aligned line where there is room."""

from __future__ import annotations

from textwrap import wrap

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.message import Direction, State
from chatapp_cli.i18n import _
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import cut, fit, row
from chatapp_cli.tui.themes import PaintStyles
from chatapp_cli.tui.widgets.marks import NOTHING, Beside

ONE_LINE = 72
"""Cells from which a dialog takes one line."""
_NAME, _BADGE, _AGE, _OPERATOR = 26, 8, 7, 9


def height(width: int) -> int:
    """Lines that every dialog takes."""
    return 1 if width >= ONE_LINE else 2


def paint(
    dialog: DialogRow, width: int, base: Style, look: PaintStyles, now: Millis, beside: Beside = NOTHING
) -> list[Strip]:
    """The dialog's lines."""
    if height(width) == 1:
        return [Strip(_aligned(dialog, width, base, look, now, beside), width)]
    return [Strip(segments, width) for segments in _stacked(dialog, width, base, look, now, beside)]


def _stacked(
    dialog: DialogRow, width: int, base: Style, look: PaintStyles, now: Millis, beside: Beside
) -> list[list[Segment]]:
    time = (words.short(dialog.last_at, now), look.muted)
    name = (dialog.name, look.strong if dialog.unread else look.plain)
    badge = (manifest(dialog.kind).label + " ", look.faint)
    ends = [*_waiting(dialog, look, now), *_count(dialog, look)]
    if ends:
        ends = [(" ", look.plain), *ends]
    return [
        row(
            width,
            [_mark(dialog, look, beside), name, *_pin(dialog, look)],
            [*beside.company(look), (" ", look.plain), time, (" ", look.plain)],
            base,
        ),
        row(
            width,
            [("  ", look.plain), badge, *_assignee(dialog, look), *beside.unsent(look), *_last(dialog, look)],
            [*ends, (" ", look.plain)],
            base,
        ),
    ]


def _aligned(
    dialog: DialogRow, width: int, base: Style, look: PaintStyles, now: Millis, beside: Beside
) -> list[Segment]:
    name = look.strong if dialog.unread else look.plain
    pin = [*_pin(dialog, look), *beside.company(look)]
    room = _NAME - sum(cell_len(text) for text, _style in pin)
    shown = cut(dialog.name, room)
    left = [
        _mark(dialog, look, beside),
        (shown, name),
        *pin,
        (" " * (room - cell_len(shown) + 1), name),
        (fit(manifest(dialog.kind).label, _BADGE) + " ", look.faint),
        *_assignee(dialog, look),
        *beside.unsent(look),
        *_last(dialog, look),
    ]
    waiting = "".join(text for text, _style in _waiting(dialog, look, now)).strip()
    right = [
        (" " + waiting.rjust(_AGE), look.warn),
        ((str(dialog.unread) if dialog.unread else "").rjust(4), look.accent + Style(bold=True)),
        (words.short(dialog.last_at, now).rjust(7) + " ", look.muted),
    ]
    return row(width, left, right, base)


def _mark(dialog: DialogRow, look: PaintStyles, beside: Beside) -> tuple[str, Style]:
    if beside.picked:
        return ("✓ ", look.accent)
    if dialog.waiting_since is not None and dialog.snoozed_until is None:
        return ("● ", look.warn)
    if dialog.snoozed_until is not None:
        return ("☾ ", look.muted)
    return ("⊘ ", look.bad) if dialog.blocked else ("  ", look.plain)


def _assignee(dialog: DialogRow, look: PaintStyles) -> list[tuple[str, Style]]:
    """Who answers for it, as short as it has to be."""
    return [(f"@{cut(dialog.assignee, _OPERATOR)} ", look.own)] if dialog.assignee else []


def _pin(dialog: DialogRow, look: PaintStyles) -> list[tuple[str, Style]]:
    return [(" ⚑", look.accent)] if dialog.pinned else []


def _count(dialog: DialogRow, look: PaintStyles) -> list[tuple[str, Style]]:
    return [(f" {dialog.unread}", look.accent + Style(bold=True))] if dialog.unread else []


def _waiting(dialog: DialogRow, look: PaintStyles, now: Millis) -> list[tuple[str, Style]]:
    return [] if dialog.waiting_since is None else [(words.age(now - dialog.waiting_since), look.warn)]


def _last(dialog: DialogRow, look: PaintStyles) -> list[tuple[str, Style]]:
    """The last message, and how far it got if it is ours."""
    text = (dialog.preview, look.muted)
    if dialog.last_direction != Direction.OUT:
        return [text]
    return [(words.SIGNS.get(dialog.last_state, "") + " ", sign_style(dialog.last_state, look)), text]


def sign_style(state: str, look: PaintStyles) -> Style:
    """The colour of a delivery state."""
    return {
        State.FAILED: look.bad,
        State.UNCERTAIN: look.warn,
        State.READ: look.accent,
        State.QUEUED: look.warn,
        State.SCHEDULED: look.warn,
        State.SENDING: look.warn,
    }.get(State(state), look.faint)


def placeholder(width: int, base: Style, look: PaintStyles) -> list[Strip]:
    """What stands where the row is still being read."""
    first = Strip(row(width, [("  ", look.plain), ("· · ·", look.faint)], [], base), width)
    return [first, *(Strip([Segment(" " * width, base)], width) for _line in range(height(width) - 1))]


def empty(width: int, *, filtered: bool) -> list[str]:
    """What an empty list says, line by line."""
    if filtered:
        return wrap(_("No dialog fits. Press {key} to see all of them.", key=key("inbox", "everything")), max(1, width))
    said = _(
        "No dialogs yet. Press {key} to bind a channel; what customers write appears here.",
        key=key("app", "page('lines')"),
    )
    return wrap(said, max(1, width))
