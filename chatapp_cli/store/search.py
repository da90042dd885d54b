"""The search index of messages by words and of clients by names: a separate file, built from the store.

It may be removed at any time. A damaged index, or one of another format or store, is rebuilt.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, TypeVar
from zlib import crc32

from chatapp_cli.domain.ids import DialogId, MessageId, Millis
from chatapp_cli.domain.wording import Query
from chatapp_cli.store.drivers import Sqlite, spoken
from chatapp_cli.store.tx import Connection

R = TypeVar("R")

_FORMAT = 5
_TABLES = (
    """CREATE TABLE mark
    (journal INTEGER NOT NULL, lowest INTEGER NOT NULL, unnamed INTEGER NOT NULL, stale INTEGER NOT NULL)""",
    "CREATE TABLE place (message INTEGER PRIMARY KEY, place INTEGER NOT NULL, words INTEGER NOT NULL)",
    """CREATE VIRTUAL TABLE word
    USING fts5(stems, dialog, content='', columnsize=0, tokenize="unicode61 remove_diacritics 0")""",
    """CREATE VIRTUAL TABLE name USING fts5(said, tokenize="trigram", detail=none)""",
    "CREATE TABLE name_word (word TEXT PRIMARY KEY) WITHOUT ROWID",
)
_NAMED = ("mark", "place", "word", "name", "name_word")
_ID_BITS = 21
_NEXT = 1 << _ID_BITS
"""From a position to the next one of the same message, a millisecond later."""
_GONE = 0
"""Stands for the words of a message that has none any more."""
_LATEST = (1 << 42) - 1
TOP = (1 << 63) - 1
"""Larger than any position."""
_HITS = f"""
WITH RECURSIVE round (first) AS (
  SELECT 0 UNION ALL SELECT first + {_NEXT} FROM round WHERE first + {_NEXT} <= (SELECT MAX(message) FROM place))
SELECT word.rowid, place.message
FROM word CROSS JOIN round CROSS JOIN place ON place.message = round.first + (word.rowid & {_NEXT - 1})
WHERE word MATCH ? AND word.rowid >= ? AND word.rowid < ? AND place.place = word.rowid
ORDER BY word.rowid DESC LIMIT ?
"""
"""A position tells the last bits of its message's number; without the others it may be one in two million."""
_DAMAGED = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}


class Mark(NamedTuple):
    """How far the store is indexed."""

    journal: int
    """The last journal entry that was processed."""
    lowest: int
    """Messages from this number on are indexed; older ones are still to do, down to 0."""
    unnamed: int
    """The same for the dialogs' names."""
    stale: int = 0
    """Indexed words that do not count any more, because their message was changed or deleted."""


class MessageWords(NamedTuple):
    """The words of a message."""

    id: MessageId
    dialog_id: DialogId
    direction: str
    author: str
    at: Millis
    deleted_at: Millis | None
    text: str
    """All of it: of a mail also what the conversation folds."""
    subject: str
    files: str
    """Names of files and transcripts of voice messages."""
    recipients: str
    """See ``domain.recipients``; empty for what is no mail."""


class Hit(NamedTuple):
    """A matching message and its position; positions are ordered by time."""

    place: int
    message: MessageId


class Wording(NamedTuple):
    """The indexed text of a message."""

    message: MessageId
    dialog: DialogId
    at: Millis
    stems: str


class Naming(NamedTuple):
    """The indexed names of a dialog: everything known of the client in any of their dialogs."""

    dialog: DialogId
    text: str
    words: Sequence[str] = ()
    """The words that a query with a typo may match."""


class Index:
    """The index file. Each operation opens it again, so that it may be removed at any time."""

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        self._store = int.from_bytes(sha256(url.encode()).digest()[:4], "big") >> 1

    @property
    def _driver(self) -> Sqlite:
        """A new one each time: the file may have been removed or made anew meanwhile."""
        return Sqlite(self.path)

    def ask(self, job: Callable[[OpenIndex], R]) -> R:
        """Read in one transaction."""
        return self._done(job, "BEGIN")

    def change(self, job: Callable[[OpenIndex], R]) -> R:
        """Read and change in one transaction."""
        return self._done(job, "BEGIN IMMEDIATE")

    def delete(self) -> None:
        """Remove it."""
        for end in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)

    def compact(self) -> int:
        """Give unused space back to the disk; returns the bytes."""
        if not self.path.exists():
            return 0
        with spoken(self._driver), closing(self._opened()) as connection:
            return self._driver.compact(connection)

    def _done(self, job: Callable[[OpenIndex], R], begin: str) -> R:
        with spoken(self._driver):
            try:
                return self._attempt(job, begin)
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
                    raise
            self.delete()
            return self._attempt(job, begin)

    def _attempt(self, job: Callable[[OpenIndex], R], begin: str) -> R:
        with closing(self._opened()) as connection:
            connection.execute(begin)
            try:
                result = job(OpenIndex(connection))
                connection.execute("COMMIT")
            except BaseException:  # an interrupt too must not leave a transaction open
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            return result

    def _opened(self) -> Connection:
        connection = self._driver.connect()
        try:
            self._make_ready(connection)
        except BaseException:  # an interrupt too must not leave a connection open
            connection.close()
            raise
        return connection

    def _make_ready(self, connection: Connection) -> None:
        """Make sure that the tables are of this format and for this store."""
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA busy_timeout=30000")
        if self._is_ours(connection):
            return
        self._driver.begin(connection)
        if not self._is_ours(connection):
            for table in _NAMED:
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            for table in _TABLES:
                connection.execute(table)
            connection.execute(f"PRAGMA user_version={_FORMAT}")
            connection.execute(f"PRAGMA application_id={self._store}")
        connection.execute("COMMIT")

    def _is_ours(self, connection: Connection) -> bool:
        numbers = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id"))
        return tuple(numbers) == (_FORMAT, self._store)


class OpenIndex:
    """The index within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._execute = connection.execute
        self._stale = 0

    def mark(self) -> Mark | None:
        """The progress of indexing; ``None`` before it began."""
        row = self._execute("SELECT journal, lowest, unnamed, stale FROM mark").fetchone()
        return None if row is None else Mark(*row)

    def save(self, mark: Mark) -> None:
        """Store the progress of indexing, with what became stale meanwhile."""
        self._execute("DELETE FROM mark")
        now = mark._replace(stale=mark.stale + self._stale)
        self._execute("INSERT INTO mark (journal, lowest, unnamed, stale) VALUES (?, ?, ?, ?)", now)
        self._stale = 0

    def clear(self) -> None:
        """Delete everything."""
        self._execute("INSERT INTO word (word) VALUES ('delete-all')")
        for table in _NAMED:
            if table != "word":
                self._execute(f"DELETE FROM {table}")

    def highest(self) -> int:
        """A number that no indexed message exceeds."""
        return int(self._execute("SELECT COALESCE(MAX(message), 0) FROM place").fetchone()[0])

    def drop(self, messages: Iterable[MessageId]) -> None:
        """Remove messages from the index: nothing is at their position any more."""
        sql = "UPDATE place SET place = place + ?, words = ? WHERE message = ? AND words <> ?"
        for message in messages:
            self._stale += self._execute(sql, (_NEXT, _GONE, message, _GONE)).rowcount

    def put(self, wordings: Sequence[Wording]) -> None:
        """Index messages by their current words; those that are indexed by them already stay as they are.

        In the order of time, because only then pages of the index become full.
        """
        for one in sorted(wordings, key=lambda one: _place(one.at, one.message)):
            known = self._execute("SELECT place, words FROM place WHERE message = ?", (one.message,)).fetchone()
            words = crc32(f"{one.at} {one.dialog} {one.stems}".encode()) - (1 << 31) or 1
            if known is None or known[1] != words:
                self._put(one, words, *known or (None, _GONE))

    def _put(self, one: Wording, words: int, before: int | None, words_before: int) -> None:
        """Index a message where it was never before, for what was indexed once cannot be taken out."""
        self._stale += words_before != _GONE
        place = _place(one.at, one.message)
        if before is not None and place <= before:
            place = before + _NEXT
        put = "INSERT INTO word (rowid, stems, dialog) VALUES (?, ?, ?)"
        self._execute(put, (place, one.stems, str(one.dialog)))
        stand = "INSERT OR REPLACE INTO place (message, place, words) VALUES (?, ?, ?)"
        self._execute(stand, (one.message, place, words))

    def hits(
        self, query: Query, *, since: Millis = 0, below: int = TOP, n: int, dialog: DialogId | None = None
    ) -> list[Hit]:
        """The newest ``n`` matches below a position, after a time or in a dialog."""
        rows = self._execute(_HITS, (_match(query, dialog), earliest(since), below, n)).fetchall()
        return [Hit(*row) for row in rows]

    def call(self, namings: Sequence[Naming]) -> None:
        """Index dialogs by their current names; most have not changed."""
        for one in namings:
            known = self._execute("SELECT said FROM name WHERE rowid = ?", (one.dialog,)).fetchone()
            if known is None or known[0] != one.text:
                self._execute("INSERT OR REPLACE INTO name (rowid, said) VALUES (?, ?)", (one.dialog, one.text))
                for word in one.words:
                    self._execute("INSERT OR IGNORE INTO name_word VALUES (?)", (word,))

    def settle(self) -> None:
        """Optimise the index of names once it is complete."""
        self._execute("INSERT INTO name (name) VALUES ('optimize')")

    def called(self, pieces: Sequence[Sequence[str]], *, n: int) -> list[DialogId]:
        """At most ``n`` candidate dialogs for pieces, each in a spelling of three letters or more."""
        match = " AND ".join(f"({' OR '.join(map(_trigrams, spellings))})" for spellings in pieces)
        rows = self._execute("SELECT rowid FROM name WHERE name MATCH ? LIMIT ?", (match, n)).fetchall()
        return [DialogId(row[0]) for row in rows]

    def name_words(self, first: str, *, shortest: int, longest: int) -> list[str]:
        """All words of names by first letter and length."""
        rows = self._execute(
            "SELECT word FROM name_word WHERE word >= ? AND word < ? AND length(word) BETWEEN ? AND ?",
            (first, chr(ord(first) + 1), shortest, longest),
        )
        return [row[0] for row in rows.fetchall()]


def earliest(at: Millis) -> int:
    """The first position of a time."""
    return _place(at, MessageId(0))


def _place(at: Millis, message: MessageId) -> int:
    """Combine time and id into a sortable number of 63 bits."""
    return max(0, min(at, _LATEST)) << _ID_BITS | message & (1 << _ID_BITS) - 1


def _match(query: Query, dialog: DialogId | None) -> str:
    """The query in FTS5's syntax, with every word quoted."""
    wanted = [_phrase(part) for part in query.parts]
    if query.begun:
        wanted[-1] = f'({wanted[-1]} OR "{query.begun}" *)'
    without = " OR ".join(map(_phrase, query.without))
    expression = f"stems: (({' AND '.join(wanted)})" + (f" NOT ({without}))" if without else ")")
    return expression if dialog is None else f'{expression} AND dialog: "{dialog}"'


def _phrase(words: Sequence[str]) -> str:
    return '"' + " ".join(words) + '"'


def _trigrams(piece: str) -> str:
    """All trigrams; a text with all of them need not contain the whole."""
    parts = (piece[at : at + 3].replace('"', '""') for at in range(len(piece) - 2))
    return " AND ".join(f'"{part}"' for part in parts)
