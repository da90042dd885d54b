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
from chatapp_cli.tui.widgets.badges import NOTHING, DialogBadges

ONE_LINE = 72
"""Cells from which a dialog is painted in one line."""
_BETWEEN = " · "
_NAME, _BADGE, _AGE, _OPERATOR, _TITLE = 26, 8, 7, 9, 12


def height(width: int) -> int:
    """Lines that every dialog takes."""
    return 1 if width >= ONE_LINE else 2


def paint(
    dialog: DialogRow, width: int, base: Style, styles: PaintStyles, now: Millis, badges: DialogBadges = NOTHING
) -> list[Strip]:
    """The lines of a dialog."""
    if height(width) == 1:
        return [Strip(_aligned(dialog, width, base, styles, now, badges), width)]
    return [Strip(segments, width) for segments in _stacked(dialog, width, base, styles, now, badges)]


def _stacked(
    dialog: DialogRow, width: int, base: Style, styles: PaintStyles, now: Millis, badges: DialogBadges
) -> list[list[Segment]]:
    time = (words.short(dialog.last_at, now), styles.muted)
    right = [*badges.colleagues(styles), (" ", styles.plain), time, (" ", styles.plain)]
    room = width - 2 - sum(cell_len(text) for text, _style in (*_pin(dialog, styles), *right))
    badge = (cut(badges.channel, _TITLE) or manifest(dialog.kind).label, styles.faint)
    ends = [*_waiting(dialog, styles, now), *_count(dialog, styles)]
    if ends:
        ends = [(" ", styles.plain), *ends]
    return [
        row(
            width,
            [_mark(dialog, styles, badges), *_name(dialog, styles, room), *_pin(dialog, styles)],
            right,
            base,
        ),
        row(
            width,
            [
                ("  ", styles.plain),
                badge,
                (" ", styles.faint),
                *_assignee(dialog, styles),
                *badges.unsent(styles),
                *_last(dialog, styles),
            ],
            [*ends, (" ", styles.plain)],
            base,
        ),
    ]


def _aligned(
    dialog: DialogRow, width: int, base: Style, styles: PaintStyles, now: Millis, badges: DialogBadges
) -> list[Segment]:
    pin = [*_pin(dialog, styles), *badges.colleagues(styles)]
    room = _NAME - sum(cell_len(text) for text, _style in pin)
    name = _name(dialog, styles, room)
    left = [
        _mark(dialog, styles, badges),
        *name,
        *pin,
        (" " * (room - sum(cell_len(text) for text, _style in name) + 1), styles.plain),
        (fit(badges.channel or manifest(dialog.kind).label, _BADGE) + " ", styles.faint),
        *_assignee(dialog, styles),
        *badges.unsent(styles),
        *_last(dialog, styles),
    ]
    waiting = "".join(text for text, _style in _waiting(dialog, styles, now)).strip()
    right = [
        (" " + waiting.rjust(_AGE), styles.warn),
        ((str(dialog.unread) if dialog.unread else "").rjust(4), styles.accent + Style(bold=True)),
        (words.short(dialog.last_at, now).rjust(7) + " ", styles.muted),
    ]
    return row(width, left, right, base)


def _name(dialog: DialogRow, styles: PaintStyles, room: int) -> list[tuple[str, Style]]:
    """The name; where it is a subject, after the person who writes, who gives way to it as far as it needs the room."""
    style = styles.strong if dialog.unread else styles.plain
    if not dialog.author:
        return [(cut(dialog.name, room), style)]
    room -= cell_len(_BETWEEN)
    author = cut(dialog.author, max(room - cell_len(cut(dialog.name, room)), room * 2 // 5))
    return [(author, style), (_BETWEEN, styles.faint), (cut(dialog.name, room - cell_len(author)), style)]


def _mark(dialog: DialogRow, styles: PaintStyles, badges: DialogBadges) -> tuple[str, Style]:
    if badges.picked:
        return ("✓ ", styles.accent)
    if dialog.waiting_since is not None and dialog.snoozed_until is None:
        return ("● ", styles.warn)
    if dialog.snoozed_until is not None:
        return ("☾ ", styles.muted)
    return ("⊘ ", styles.bad) if dialog.blocked else ("  ", styles.plain)


def _assignee(dialog: DialogRow, styles: PaintStyles) -> list[tuple[str, Style]]:
    """The assignee."""
    return [(f"@{cut(dialog.assignee, _OPERATOR)} ", styles.own)] if dialog.assignee else []


def _pin(dialog: DialogRow, styles: PaintStyles) -> list[tuple[str, Style]]:
    return [(" ⚑", styles.accent)] if dialog.pinned else []


def _count(dialog: DialogRow, styles: PaintStyles) -> list[tuple[str, Style]]:
    return [(f" {dialog.unread}", styles.accent + Style(bold=True))] if dialog.unread else []


def _waiting(dialog: DialogRow, styles: PaintStyles, now: Millis) -> list[tuple[str, Style]]:
    return [] if dialog.waiting_since is None else [(words.age(now - dialog.waiting_since), styles.warn)]


def _last(dialog: DialogRow, styles: PaintStyles) -> list[tuple[str, Style]]:
    """The last message, with its delivery state if it is ours."""
    text = (dialog.preview, styles.muted)
    if dialog.last_direction != Direction.OUT:
        return [text]
    return [(words.SIGNS.get(dialog.last_state, "") + " ", sign_style(dialog.last_state, styles)), text]


def sign_style(state: str, styles: PaintStyles) -> Style:
    """The colour of a delivery state."""
    return {
        State.FAILED: styles.bad,
        State.UNCERTAIN: styles.warn,
        State.READ: styles.accent,
        State.QUEUED: styles.warn,
        State.SCHEDULED: styles.warn,
        State.SENDING: styles.warn,
    }.get(State(state), styles.faint)


def placeholder(width: int, base: Style, styles: PaintStyles) -> list[Strip]:
    """The lines of a dialog whose row is still being read."""
    first = Strip(row(width, [("  ", styles.plain), ("· · ·", styles.faint)], [], base), width)
    return [first, *(Strip([Segment(" " * width, base)], width) for _line in range(height(width) - 1))]


def empty(width: int, *, filtered: bool) -> list[str]:
    """The lines of an empty list."""
    if filtered:
        return wrap(_("No dialog fits. Press {key} to see all of them.", key=key("inbox", "everything")), max(1, width))
    text = _(
        "No dialogs yet. Press {key} to bind a channel; what customers write appears here.",
        key=key("app", "page('lines')"),
    )
    return wrap(text, max(1, width))
