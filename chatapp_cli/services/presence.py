"""Which window looks at which dialog, and who is writing there: colleagues see it within a moment."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.presence import ColleagueTyped, LookMoved
from chatapp_cli.store.rows.dialogs import PresenceRow
from chatapp_cli.store.tx import Tx

LASTS = 60_000
"""Milliseconds after which a window that says nothing more is taken for closed."""
TYPING = 6_000
"""Milliseconds for which somebody counts as writing after the last key."""


def look(tx: Tx, window: str, dialog: DialogId | None) -> None:
    """Say that a window is open, and at which dialog; news only if that is another one, or if its writing ends."""
    before = _own(tx, window)
    moved = before is None or (before.dialog_id, before.typing_until > tx.now) != (dialog, False)
    if _put(tx, window, dialog, typing_until=0) and moved:
        for one in {dialog, before and before.dialog_id} - {None}:
            tx.emit(LookMoved(dialog=one))


def beat(tx: Tx, window: str, dialog: DialogId | None) -> Sequence[PresenceRow]:
    """Say that a window is still where it was; tells nobody, and returns where everyone is."""
    before = _own(tx, window)
    _put(tx, window, dialog, typing_until=before.typing_until if before else 0)
    return everyone(tx)


def typing(tx: Tx, window: str, dialog: DialogId) -> None:
    """Say that somebody writes in a dialog just now."""
    if _put(tx, window, dialog, typing_until=tx.now + TYPING):
        tx.emit(ColleagueTyped(dialog=dialog))


def gone(tx: Tx, window: str) -> None:
    """Forget a window that is being closed."""
    before = _own(tx, window)
    if before is not None and tx.run("presence.gone", window=window):
        tx.emit(LookMoved(dialog=before.dialog_id))


def everyone(tx: Tx) -> Sequence[PresenceRow]:
    """Every open window that looks at a dialog, by operator."""
    return tx.all(PresenceRow, "presence.everyone", now=tx.now)


def others(tx: Tx, dialog: DialogId, window: str = "") -> Sequence[PresenceRow]:
    """Who looks at a dialog beside one's own window."""
    return [row for row in everyone(tx) if row.dialog_id == dialog and row.id != window]


def _own(tx: Tx, window: str) -> PresenceRow | None:
    """A window as it was, if it is one of whoever acts."""
    return tx.one(PresenceRow, "presence.own", window=window, operator=tx.name)


def _put(tx: Tx, window: str, dialog: DialogId | None, *, typing_until: int) -> bool:
    """Returns whether it was: nobody has no windows, and those of others stay where they are."""
    return bool(tx.name) and bool(
        tx.run(
            "presence.put",
            window=window,
            operator=tx.name,
            dialog=dialog and tx.value("dialogs.one", id=dialog),
            typing_until=typing_until,
            until=tx.now + LASTS,
        )
    )
