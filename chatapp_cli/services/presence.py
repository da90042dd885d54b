"""Which window has which dialog open, and who is typing there; shown to colleagues at once."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.finding import by_name
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.presence import ColleagueTyped, LookMoved
from chatapp_cli.store.rows.dialogs import PresenceRow
from chatapp_cli.store.tx import Tx

LASTS = 60_000
"""Milliseconds without a sign after which a window counts as closed."""
TYPING = 6_000
"""Milliseconds for which an operator counts as typing after the last key."""


def look(tx: Tx, window: str, dialog: DialogId | None) -> None:
    """Record a window's open dialog; emits an event only if it changed or the typing ended."""
    before = _own(tx, window)
    moved = before is None or (before.dialog_id, before.typing_until > tx.now) != (dialog, False)
    if _put(tx, window, dialog, typing_until=0) and moved:
        for one in {dialog, before and before.dialog_id} - {None}:
            tx.emit(LookMoved(dialog=one))


def beat(tx: Tx, window: str, dialog: DialogId | None) -> Sequence[PresenceRow]:
    """Renew a window's entry without an event, and return all open windows."""
    before = _own(tx, window)
    _put(tx, window, dialog, typing_until=before.typing_until if before else 0)
    return everyone(tx)


def typing(tx: Tx, window: str, dialog: DialogId) -> None:
    """Record that an operator is typing in a dialog."""
    if _put(tx, window, dialog, typing_until=tx.now + TYPING):
        tx.emit(ColleagueTyped(dialog=dialog))


def gone(tx: Tx, window: str) -> None:
    """Remove a window that is being closed."""
    before = _own(tx, window)
    if before is not None and tx.run("presence.gone", window=window):
        tx.emit(LookMoved(dialog=before.dialog_id))


def everyone(tx: Tx) -> Sequence[PresenceRow]:
    """All windows with an open dialog, by operator."""
    found = tx.all(PresenceRow, "presence.everyone", now=tx.now)
    return sorted(found, key=lambda row: (by_name(row.operator), row.id))


def others(tx: Tx, dialog: DialogId, window: str = "") -> Sequence[PresenceRow]:
    """Who else has a dialog open, apart from one's own window."""
    return [row for row in everyone(tx) if row.dialog_id == dialog and row.id != window]


def _own(tx: Tx, window: str) -> PresenceRow | None:
    """A window's entry, if it belongs to the acting operator."""
    return tx.one(PresenceRow, "presence.own", window=window, operator=tx.name)


def _put(tx: Tx, window: str, dialog: DialogId | None, *, typing_until: int) -> bool:
    """Store a window's entry; false without an operator or for another operator's window."""
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
