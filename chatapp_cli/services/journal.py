"""Reading the journal from a position."""

from __future__ import annotations

import json
from typing import NamedTuple

from chatapp_cli.domain.ids import MessageId, Millis
from chatapp_cli.domain.journal.reading import JournalEntry, entry, live_topics
from chatapp_cli.services.numbered import first_since
from chatapp_cli.store.tx import Tx

_WEEK = 7 * 86_400_000


class JournalPage(NamedTuple):
    """Entries that a reader sees."""

    entries: list[JournalEntry]
    last: int
    """The position after them, and after those that are hidden from the reader."""


def last(tx: Tx) -> int:
    """The number of the newest entry; 0 before the first."""
    newest: int = tx.value("journal.last")
    return newest


def after(tx: Tx, number: int, *, n: int = 500) -> list[JournalEntry]:
    """The entries after a number, in order."""
    return tx.all(entry, "journal.after", after=number, n=n)


def page_after(tx: Tx, number: int, *, n: int = 500) -> JournalPage:
    """The entries after a position that the reader sees now.

    Who goes on from its ``last`` gets no entry later that was hidden when they came past it.
    """
    newest = last(tx.through(None))  # before the entries: one that is written meanwhile must not be skipped
    entries = after(tx, number, n=n)
    if entries and (len(entries) == n or entries[-1].id > newest):
        return JournalPage(entries, entries[-1].id)
    return JournalPage(entries, max(number, newest))


def of_message(tx: Tx, message: MessageId) -> list[JournalEntry]:
    """The entries about a message, in order."""
    return tx.all(entry, "journal.of_message", message=message)


def delete_live(tx: Tx, *, before: Millis) -> None:
    """Delete entries that matter only live; those of more than a week before go with all the others."""
    first, until = (first_since(tx, "retention.journal_at", last(tx), at) for at in (before - _WEEK, before))
    tx.run("journal.forget", first=first, until=until, before=before, topics=json.dumps(live_topics()))


def first(tx: Tx) -> int:
    """The number of the oldest entry that is kept; 0 if there is none."""
    oldest: int = tx.value("journal.first")
    return oldest
