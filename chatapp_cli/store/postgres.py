"""A PostgreSQL server: connections, transactions and the meaning of its errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from chatapp_cli.domain.errors import ChatappError, StoreAway, StoreDamaged, StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.store.drivers import RESTORE, Intact
from chatapp_cli.store.pulse import Pulse, SteadyPulse
from chatapp_cli.store.tx import Connection

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
_SYNC = """SELECT CASE WHEN pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn()
  THEN pg_logical_emit_message(true, 'chatapp', '') END"""
"""Returns when everything committed before it is durable: a commit that writes anything waits for the log up to itself
(https://www.postgresql.org/docs/current/wal-async-commit.html); nothing is written if nothing is left to wait for.
"""
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
    fair = True
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
        connection.execute(
            f"{self._begin}; SET LOCAL synchronous_commit = off; SELECT pg_advisory_xact_lock({self.LOCK})"
        )

    def commit(self, connection: Connection) -> None:
        """Commit, so that the next writer begins, and then wait for the disk, which is half of the time of a write.

        What depends on this transaction is committed after it, and so never without it.
        """
        connection.execute(f"COMMIT; {_SYNC}")

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

    def unanswered(self, connection: Any) -> AbstractContextManager[object]:
        """In a pipeline, which waits at its end."""
        return connection.pipeline()  # type: ignore[no-any-return]

    def run_for_each(self, connection: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Send all before the first answer is awaited: psycopg does so in a pipeline."""
        connection.cursor().executemany(sql, rows)

    def insert_each(self, connection: Any, sql: str, rows: Sequence[Sequence[Any]]) -> list[int | None]:
        """The same; each answer has the id of its row. A single row is cheaper without a pipeline."""
        if len(rows) == 1:
            return [self.inserted(connection.execute(sql, rows[0]))]
        cursor = connection.cursor()
        cursor.executemany(sql, rows, returning=True)
        found = [self.inserted(cursor)]
        while cursor.nextset():
            found.append(self.inserted(cursor))
        return found

    def lost(self, error: Exception) -> bool:
        """The server went away, or closed the connection."""
        import psycopg

        if isinstance(error, psycopg.errors.PipelineAborted):  # by an earlier statement, over a connection that stands
            return False
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
