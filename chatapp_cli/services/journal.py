"""Reading the journal from a position."""

from __future__ import annotations

import json

from chatapp_cli.domain.ids import MessageId, Millis
from chatapp_cli.domain.journal.reading import JournalEntry, entry, live_topics
from chatapp_cli.store.tx import Tx


def last(tx: Tx) -> int:
    """The number of the newest entry; 0 before the first."""
    newest: int = tx.value("journal.last")
    return newest


def after(tx: Tx, number: int, *, n: int = 500) -> list[JournalEntry]:
    """The entries after a number, in order."""
    return tx.all(entry, "journal.after", after=number, n=n)


def of_message(tx: Tx, message: MessageId) -> list[JournalEntry]:
    """The entries about a message, in order."""
    return tx.all(entry, "journal.of_message", message=message)


def delete_live(tx: Tx, *, before: Millis) -> None:
    """Delete entries that matter only live."""
    tx.run("journal.forget", before=before, topics=json.dumps(live_topics()))
