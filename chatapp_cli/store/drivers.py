"""The two databases: connections, transactions and the meaning of their errors."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from urllib.parse import quote

from chatapp_cli.domain.errors import Busy, ChatappError, StoreAway, StoreDamaged, StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.store import file_lock
from chatapp_cli.store.pulse import Pulse, SqlitePulse, SteadyPulse
from chatapp_cli.store.tx import Connection

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


class Driver(Protocol):
    """The interface of a database."""

    dialect: str
    url: str
    locks: bool
    """Whether ``lock`` keeps every other process out until this one ends, however late its heartbeats are."""

    def connect(self) -> Connection:
        """Open a connection for the calling thread."""
        ...

    def require_in_place(self) -> None:
        """Raise StoreError if what was opened is no longer the store at its address."""
        ...

    def begin(self, connection: Connection) -> None:
        """Begin a writing transaction, waiting for other writers."""
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

    def inserted(self, cursor: Any) -> int | None:
        """The id of the row that a cursor just inserted, if any."""
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


_SILENCE: Mapping[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""After which a server that is silent counts as gone; unless the address says otherwise."""
_SHORTEST = 2
"""Seconds; the library knows no shorter timeout."""
_DURABLE = ("synchronous_commit", "fsync")
"""Settings of a server that keeps through a crash what it has committed; its own, or the machine's."""


def _unless_given(address: str) -> Mapping[str, Any]:
    from psycopg.conninfo import conninfo_to_dict

    given = conninfo_to_dict(address)
    return {name: value for name, value in _SILENCE.items() if name not in given}


def _answers(address: str) -> bool:
    """Whether a server is there that takes connections. Until it answers, all threads of this process stand still."""
    from psycopg import pq
    from psycopg.conninfo import make_conninfo

    asked = make_conninfo(address, connect_timeout=_SHORTEST)
    return pq.PGconn.ping(asked.encode()) == pq.Ping.OK


def _is_pooled(connection: Any) -> bool:
    """Whether a pooler lends us another server connection for each transaction: statements cannot be prepared there."""
    return bool(connection.info.backend_pid != connection.execute("SELECT pg_backend_pid()").fetchone()[0])


class Postgres:
    """A server, for several nodes.

    Writing transactions take one advisory lock, so that the journal's numbers are in the order of the commits and a
    reader never misses a row that was numbered early and committed late.
    """

    dialect = "postgresql"
    locks = False
    LOCK = 0x63686174
    IDLE = 8.0
    """Seconds for which a process may do nothing in a writing transaction; less than a lease lasts.

    One that stands still, or whose machine is gone, would keep all others from writing until somebody notices.
    """

    def __init__(self, url: str, idle: float = IDLE) -> None:
        self.url = url
        self._begin = f"BEGIN; SET LOCAL idle_in_transaction_session_timeout = {round(idle * 1000)}"

    def connect(self) -> Connection:
        """Connect. Raises StoreError for an unusable address or encoding, and StoreAway for a server that is down."""
        import psycopg

        from chatapp_cli.store.preflight import require_address, require_encoding

        address = self.url.replace("postgresql+psycopg:", "postgresql:")
        require_address(address)
        try:
            connection: Any = psycopg.connect(address, autocommit=True, **_unless_given(address))
        except psycopg.errors.ConnectionTimeout as error:
            raise _away(error) from error
        except psycopg.OperationalError as error:
            raise (_refused if _answers(address) else _away)(error) from error
        try:
            require_encoding(connection)
            if _is_pooled(connection):
                connection.prepare_threshold = None
        except (StoreError, psycopg.Error):
            connection.close()
            raise
        return connection  # type: ignore[no-any-return]

    def require_in_place(self) -> None:
        """A server knows where its files are."""

    def begin(self, connection: Connection) -> None:
        """Begin, waiting for other writers; in one message."""
        connection.execute(f"{self._begin}; SELECT pg_advisory_xact_lock({self.LOCK})")

    def begin_row(self, connection: Connection) -> None:
        """Begin, waiting only for whoever changes the same row: others may write for long."""
        connection.execute(self._begin)

    def begin_read(self, connection: Connection) -> None:
        """Take a snapshot; the server does so at the first query, in the same message."""
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1")

    def pulse(self) -> Pulse:
        """There is no cheaper way than a query."""
        return SteadyPulse()

    def lock(self) -> AbstractContextManager[Intact | None]:
        """The lease in the store is all: a lock of the session would end with its connection, or be a pooler's."""
        return nullcontext(lambda: True)

    def translate(self, error: Exception) -> ChatappError | None:
        """The server's state in words."""
        import psycopg

        if isinstance(error, psycopg.errors.DiskFull):
            return StoreError(T("The disk is full."), T("Free some space; nothing that was accepted is lost."))
        if isinstance(error, psycopg.errors.DataCorrupted | psycopg.errors.IndexCorrupted):
            return StoreDamaged(T("The database is damaged: {why}.", why=_first_line(error)), RESTORE, url=self.url)
        if self.lost(error):
            return _away(error)
        if isinstance(error, (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidSchemaName)):
            return StoreError(
                T("The database does not let this user keep a store in it: {why}.", why=_first_line(error)),
                T("Make the user the owner of the database, or grant USAGE and CREATE on its schema."),
            )
        return None

    def inserted(self, cursor: Any) -> int | None:
        """Returned by the statement."""
        row = cursor.fetchone()
        return None if row is None else row[0]

    def lost(self, error: Exception) -> bool:
        """The server went away, or closed the connection."""
        import psycopg

        return isinstance(error, psycopg.OperationalError | psycopg.errors.IdleInTransactionSessionTimeout)

    def version(self, connection: Connection) -> str:
        """The server's."""
        return f"PostgreSQL {connection.execute('SHOW server_version').fetchone()[0]}"

    def hurry(self, seconds: float) -> None:
        """Nobody keeps all others from writing here, so there is nothing to shorten."""

    def writing(self) -> str:
        """Nobody keeps all others from writing here."""
        return ""

    def trouble(self, connection: Connection) -> str:
        """None: a server that answers checks its own pages."""
        connection.execute("SELECT 1")
        return ""

    def risks(self, connection: Connection) -> Sequence[str]:
        """Those of the server, as they hold for our connections."""
        found = {name: connection.execute(f"SHOW {name}").fetchone()[0] for name in _DURABLE}
        return [f"{name}={value}" for name, value in found.items() if value == "off"]

    def shorten_log(self, connection: Connection, longest: int) -> None:
        """The server does."""

    def unused(self, connection: Connection) -> int:
        """Not known: the server takes care of it."""
        del connection
        return 0

    def compact(self, connection: Connection) -> int:
        """Nothing: the server uses freed space again by itself."""
        del connection
        return 0


def _away(error: Exception) -> StoreAway:
    return StoreAway(
        T("The database does not answer: {why}.", why=_first_line(error)),
        T("Check CHATAPP_DATABASE_URL and that the server runs."),
    )


def _refused(error: Exception) -> StoreError:
    return StoreError(
        T("The database server refuses: {why}.", why=_first_line(error)),
        T("Check CHATAPP_DATABASE_URL: user, password and name of the database."),
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


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
