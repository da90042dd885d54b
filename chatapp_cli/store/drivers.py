"""What a database has to do, and SQLite: connections, transactions and the meaning of its errors."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from urllib.parse import quote

from chatapp_cli.domain.errors import Busy, ChatappError, StoreDamaged, StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.store import file_lock
from chatapp_cli.store.pulse import Pulse, SqlitePulse
from chatapp_cli.store.tx import Connection, ManyRows

RESTORE = T(
    "Stop the daemon, keep a copy of the store, and restore the latest backup: docs/operations.md, “A damaged store”."
)
Intact: TypeAlias = Callable[[], bool]
"""Whether the store at the address is still the one that is held."""
_WRITES = 120
"""The byte of SQLite's -shm file that whoever writes has locked (https://www.sqlite.org/walformat.html, 2.3.1)."""
PATIENCE = 30.0
"""Seconds that a write waits for another process before it gives up."""

_PRAGMAS = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;
PRAGMA cache_size=-16384; PRAGMA mmap_size=268435456; PRAGMA busy_timeout=0; PRAGMA journal_size_limit=67108864
"""
LONGEST_LOG = 64 * 1024 * 1024
"""Bytes that the write-ahead log keeps at most once its content is in the file."""


_READING = """
PRAGMA query_only=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16384; PRAGMA mmap_size=268435456;
PRAGMA busy_timeout=0
"""


class Driver(ManyRows, Protocol):
    """The interface of a database."""

    url: str
    locks: bool
    """Whether ``lock`` keeps every other process out until this one ends, however late its heartbeats are."""
    fair: bool
    """Whether writers take turns in the order in which they came, so that none has to leave a gap for others."""

    def connect(self) -> Connection:
        """Open a connection for the calling thread."""
        ...

    def require_in_place(self) -> None:
        """Raise StoreError if what was opened is no longer the store at its address."""
        ...

    def begin(self, connection: Connection) -> None:
        """Begin a writing transaction, waiting for other writers."""
        ...

    def commit(self, connection: Connection) -> None:
        """End a transaction that writes; it is durable when this returns."""
        ...

    def begin_row(self, connection: Connection) -> None:
        """Begin a transaction that changes one row and emits nothing: it waits for no more than it has to."""
        ...

    def begin_read(self, connection: Connection) -> None:
        """Begin a transaction on a snapshot of the store."""
        ...

    def pulse(self) -> Pulse:
        """A cheap way to notice writes."""
        ...

    def lock(self) -> AbstractContextManager[Intact | None]:
        """Keep other processes of this machine from running the store's channels, where the database can.

        ``None`` if another process does.
        """
        ...

    def translate(self, error: Exception) -> ChatappError | None:
        """A driver's error for a person; ``None`` if it is a bug of ours."""
        ...

    def lost(self, error: Exception) -> bool:
        """Whether the connection is unusable."""
        ...

    def version(self, connection: Connection) -> str:
        """The name and version of the database."""
        ...

    def hurry(self, seconds: float) -> None:
        """Wait no longer than this for others who write, from now on."""
        ...

    def writing(self) -> str:
        """The process that keeps all others from writing just now, if that can be known; empty otherwise."""
        ...

    def trouble(self, connection: Connection) -> str:
        """Let the database check itself; the first problem, or empty."""
        ...

    def risks(self, connection: Connection) -> Sequence[str]:
        """The settings with which a crash loses what was committed, each as ``name=value``."""
        ...

    def shorten_log(self, connection: Connection, longest: int) -> None:
        """Empty a write-ahead log of more bytes, unless somebody reads it just now."""
        ...

    def unused(self, connection: Connection) -> int:
        """Bytes inside the files that new rows will use."""
        ...

    def compact(self, connection: Connection) -> int:
        """Give unused space back to the disk; returns the bytes. Nobody else may use the store meanwhile."""
        ...


class Sqlite:
    """A file with its write-ahead log; nothing to install."""

    dialect = "sqlite"
    locks = True
    fair = False

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self.path = path
        self.patience = patience
        self.url = f"sqlite:///{path}"
        self._opened: tuple[int, int] | None = None
        """The file that was opened first, apart from its name."""

    def connect(self) -> Connection:
        """Open the file, or create it readable only by its owner; one that may not be written is opened to be read.

        Raises StoreError if it can be neither created nor read, or is another one than before.
        """
        self.require_in_place()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.touch(mode=0o600)
            writable = os.access(self.path.parent, os.W_OK, effective_ids=True)
        except OSError as error:
            if not os.access(self.path, os.R_OK, effective_ids=True):
                raise self._cannot_write(error.strerror) from error
            writable = False
        address = self._address() if writable else self._address_to_read()
        connection = sqlite3.connect(
            address, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            for pragma in (_PRAGMAS if writable else _READING).split(";"):
                self._retry_while_busy(connection, pragma.strip())
        except sqlite3.Error:
            connection.close()
            raise
        self._opened = self._opened or file_lock.inode(self.path)
        return connection

    def require_in_place(self) -> None:
        """Raise StoreError for a file that was replaced or removed: what is written to the old one would be lost."""
        if self._opened is not None and not self._is_still(self._opened):
            raise StoreError(
                T("The store's file was replaced or removed while this program had it open."),
                T("Start this program again: then it opens the store that is there now."),
            )

    def _address(self) -> str:
        return f"file:{quote(str(self.path.absolute()))}"

    def _address_to_read(self) -> str:
        """Where nothing can be written beside the file. Raises StoreError if the file alone is not the whole store."""
        log, index = (self.path.with_name(self.path.name + ending) for ending in ("-wal", "-shm"))
        if log.exists() and index.exists():
            return self._address() + "?mode=ro"
        if log.exists() and log.stat().st_size:
            raise StoreError(
                T(
                    "The store {path} cannot be read here: its last changes are still in {log}.",
                    path=self.path,
                    log=log,
                ),
                T("Copy the folder to where it can be written, and open it there."),
            )
        return self._address() + "?immutable=1"

    def begin(self, connection: Connection) -> None:
        """Take the write lock, trying every fraction of a millisecond.

        SQLite's own handler sleeps up to 100 ms between tries, which people would notice.
        """
        self._retry_while_busy(connection, "BEGIN IMMEDIATE")

    def commit(self, connection: Connection) -> None:
        """Commit, with a sync of the log."""
        connection.execute("COMMIT")

    def begin_row(self, connection: Connection) -> None:
        """There is one write lock, for a row as for everything."""
        self.begin(connection)

    def begin_read(self, connection: Connection) -> None:
        """Take a snapshot; readers wait only for the recovery after a crash, never for the writer."""
        connection.execute("BEGIN")
        self._retry_while_busy(connection, "SELECT 1 FROM sqlite_master LIMIT 1")

    def pulse(self) -> Pulse:
        """Uses a separate connection, so that writes of this process count too."""
        return SqlitePulse(self.connect())

    @contextmanager
    def lock(self) -> Iterator[Intact | None]:
        """Lock the file itself, so that no other file has to be there. Raises StoreError for an unusable one."""
        with ExitStack() as stack:
            try:
                found = stack.enter_context(file_lock.held(self.path))
            except OSError as error:
                raise self._cannot_write(error.strerror) from error
            yield None if found is None else partial(self._is_still, found)

    def _is_still(self, found: tuple[int, int]) -> bool:
        try:
            return file_lock.inode(self.path) == found
        except OSError:
            return False

    def hurry(self, seconds: float) -> None:
        """Wait no longer than this for others who write, from now on."""
        self.patience = seconds

    def writing(self) -> str:
        """The process that holds the lock of the write-ahead log; empty if none does."""
        return file_lock.locking(self.path.with_name(self.path.name + "-shm"), _WRITES)

    def _retry_while_busy(self, connection: Connection, sql: str) -> None:
        """Retry while the database is busy; randomness is imported only if it has to wait."""
        deadline = time.monotonic() + self.patience
        pause = 0.0002
        while True:
            try:
                connection.execute(sql)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                from random import uniform

                time.sleep(pause * uniform(0.5, 1))  # noqa: S311 - jitter
                pause = min(pause * 1.5, 0.0005)
            else:
                return

    def translate(self, error: Exception) -> ChatappError | None:
        """The file's state in words."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return Busy(T("The store is being written by another process."), T("Try again in a moment."))
        if code == sqlite3.SQLITE_FULL:
            return StoreError(T("The disk is full."), T("Free some space; nothing that was accepted is lost."))
        if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            return StoreDamaged(T("The store {path} is damaged.", path=self.path), RESTORE, url=self.url)
        if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR}:
            return self._cannot_write(error)
        return None

    def _cannot_write(self, why: object) -> StoreError:
        return StoreError(
            T("The store {path} cannot be written: {why}.", path=self.path, why=why),
            T("Check the disk, and that the file and its folder belong to the user that runs chatapp."),
        )

    def lost(self, error: Exception) -> bool:
        """Never: a file needs no connection."""
        del error
        return False

    def inserted(self, cursor: Any) -> int | None:
        """Known to the cursor."""
        return cursor.lastrowid if cursor.rowcount > 0 else None

    def unanswered(self, connection: Any) -> AbstractContextManager[object]:
        """A file answers at once."""
        del connection
        return nullcontext()

    def run_for_each(self, connection: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """One after the other: there is nothing to wait for between two."""
        connection.executemany(sql, rows)

    def insert_each(self, connection: Any, sql: str, rows: Sequence[Sequence[Any]]) -> list[int | None]:
        """One after the other, for each cursor knows only its last row."""
        return [_id_of(connection.execute(sql, row)) for row in rows]

    def version(self, connection: Connection) -> str:
        """The version of the linked library."""
        del connection
        return f"SQLite {sqlite3.sqlite_version}"

    def trouble(self, connection: Connection) -> str:
        """Read every page."""
        result = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        return "" if result == "ok" else result

    def risks(self, connection: Connection) -> Sequence[str]:
        """None: every connection is set to lose nothing."""
        del connection
        return ()

    def shorten_log(self, connection: Connection, longest: int) -> None:
        """Move most of it without stopping the writer, then the rest."""
        log = self.path.with_name(f"{self.path.name}-wal")
        if log.exists() and log.stat().st_size > longest:
            for mode in ("PASSIVE", "TRUNCATE"):
                connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()

    def unused(self, connection: Connection) -> int:
        """The pages on the free list."""
        pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_size"))
        return int(pages * size)

    def compact(self, connection: Connection) -> int:
        """Write the file anew. Raises StoreError before it begins if the disk has no room for that."""
        before = self.path.stat().st_size
        if shutil.disk_usage(self.path.parent).free < 2 * before:
            raise StoreError(
                T("The disk has no room to write the store anew: twice its size is needed."), T("Free some space.")
            )
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return before - self.path.stat().st_size


def _id_of(cursor: sqlite3.Cursor) -> int | None:
    """The id of the row that was inserted: returned by the statement if it returns more, else known to the cursor."""
    if cursor.description:
        row = cursor.fetchone()
        return None if row is None else int(row[0])
    return cursor.lastrowid if cursor.rowcount > 0 else None


@contextmanager
def spoken(driver: Driver) -> Iterator[None]:
    """Turn a driver's errors into errors for a person."""
    try:
        yield
    except ChatappError:
        raise
    except Exception as error:  # the driver knows its own; everything else goes on unchanged
        translated = driver.translate(error)
        if translated is None:
            raise
        raise translated from error
