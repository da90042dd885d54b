"""News for whoever follows: the journal read from a place on."""

from __future__ import annotations

from chatapp_cli.store.rows.journal import JournalRow
from chatapp_cli.store.tx import Tx


def last(tx: Tx) -> int:
    """The number of the newest piece of news; 0 before the first."""
    newest: int = tx.value("journal.last")
    return newest


def after(tx: Tx, number: int, *, n: int = 500) -> list[JournalRow]:
    """What came after a number, in order."""
    return tx.all(JournalRow, "journal.after", after=number, n=n)
