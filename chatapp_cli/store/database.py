"""An open store: any thread may read; one transaction writes at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from chatapp_cli.domain.errors import ChatappError, StoreDamaged, StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.ports.world import Clock
from chatapp_cli.store.drivers import LONGEST_LOG, RESTORE, Driver, Sqlite
from chatapp_cli.store.effects import NONE, Effects, EffectTable
from chatapp_cli.store.migrate import ensure_current
from chatapp_cli.store.named import prepared
from chatapp_cli.store.pulse import Pulse
from chatapp_cli.store.tx import Connection, Tx

R = TypeVar("R")
Job = Callable[[Tx], R]


def _end_reading(connection: Connection) -> None:
    connection.execute("COMMIT")


class Database:
    """A store at its current revision. Each thread has its own connection.

    Damage that any process finds is written to the file ``mark``: until a check finds the store whole, nobody writes.
    """

    def __init__(self, driver: Driver, clock: Clock, effects: EffectTable = NONE, *, mark: Path | None = None) -> None:
        self.driver = driver
        self.clock = clock
        self.effects = Effects(effects)
        self._statements = prepared(driver.dialect)
        self._mine = threading.local()
        self._opened: list[Connection] = []
        self._mark = mark
        self.damaged: StoreDamaged | None = None
        """The first sign that the store is damaged: from then on nothing is written to it."""
        self.on_damage: list[Callable[[StoreDamaged], None]] = []
        """Each is called once, on the thread that found the damage."""
        self.look_at_mark()

    def connection(self) -> Connection:
        """The calling thread's connection. Raises StoreError if the store that it is to was replaced or removed."""
        found: Connection | None = getattr(self._mine, "connection", None)
        if found is None:
            found = self._mine.connection = self.driver.connect()
            self._opened.append(found)
        else:
            self.driver.require_in_place()
        return found

    def tx(self, connection: Connection, *, guarded: bool = False) -> Tx:
        """A transaction on a connection; ``guarded`` runs each effect behind a savepoint."""
        now = self.clock.now()
        return Tx(connection, self._statements, now, self.driver, self.effects, guarded=guarded)

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """A snapshot of the store for any number of queries."""
        with self._session(self.driver.begin_read) as tx:
            yield tx

    def read(self, job: Job[R]) -> R:
        """Run a job that reads and return its result."""
        with self._session(self.driver.begin_read) as tx:
            return job(tx)

    def write(self, job: Job[R]) -> R:
        """Run a job that writes in its own transaction; it is durable when this returns.

        Raises StoreDamaged if the store was found to be damaged before.
        """
        if self.damaged is not None:
            raise self.damaged.with_traceback(None)
        with self._session(self.driver.begin, self.driver.commit) as tx:
            return job(tx)

    def touch(self, job: Job[R]) -> R:
        """Run a job that changes one row and emits nothing; it does not wait for long writes of others if it can."""
        with self._session(self.driver.begin_row, self.driver.commit) as tx:
            return job(tx)

    @contextmanager
    def _session(
        self, begin: Callable[[Connection], None], commit: Callable[[Connection], None] = _end_reading
    ) -> Iterator[Tx]:
        connection: Connection | None = None
        try:
            connection = self.connection()
            begin(connection)
            yield self.tx(connection, guarded=True)
            commit(connection)
        except BaseException as error:  # an interrupt too must not leave a transaction open
            if connection is not None:
                self.abandon(connection, error)
            with self._explained():
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # of either driver: in words, if it is one of theirs
            explained = self.explain(error)
            if explained is error:
                raise
            raise explained from error

    def explain(self, error: Exception) -> Exception:
        """An error of the driver in words, any other unchanged; damage of this store is remembered and told."""
        found: Exception = error
        if not isinstance(error, ChatappError):
            with suppress(ImportError):
                found = self.driver.translate(error) or error
        if isinstance(found, StoreDamaged) and found.url == self.driver.url and self.damaged is None:
            self._damaged_by(found)
            self._write_mark(str(found))
        return found

    def _damaged_by(self, found: StoreDamaged) -> None:
        self.damaged = found
        for call in tuple(self.on_damage):
            call(found)

    def _write_mark(self, why: str) -> None:
        if self._mark is not None:
            with suppress(OSError):  # a full disk: the next process finds the damage by itself
                self._mark.write_text(f"{why}\n", encoding="utf-8")

    def look_at_mark(self) -> None:
        """Notice damage that another process found."""
        if self.damaged is None and self._mark is not None and self._mark.exists():
            self._damaged_by(
                StoreDamaged(
                    T("The store is marked as damaged: {file}.", file=self._mark), RESTORE, url=self.driver.url
                )
            )

    def abandon(self, connection: Connection, error: BaseException) -> None:
        """Roll back, and drop the connection if it is unusable."""
        with suppress(Exception):  # of either driver, when the connection is lost: there is nothing to roll back
            connection.execute("ROLLBACK")
        if isinstance(error, Exception) and self.driver.lost(error):
            with suppress(Exception):  # of either driver: it is lost already
                connection.close()
            self._mine.connection = None

    def release(self) -> None:
        """Close the calling thread's connection, if it has one."""
        found: Connection | None = getattr(self._mine, "connection", None)
        if found is not None:
            self._mine.connection = None
            self._opened.remove(found)
            with suppress(Exception):  # of either driver: the thread ends all the same
                found.close()

    def pulse(self) -> Pulse:
        """A cheap way to notice writes; the caller closes it."""
        with self._explained():
            return self.driver.pulse()

    @property
    def scratch(self) -> Path | None:
        """The folder for files while the store does not exist yet; ``None`` if it exists."""
        return None

    def make(self) -> None:
        """Create the store if it does not exist yet; call it before using the store on other threads."""

    def version(self) -> str:
        """The name and version of the database."""
        with self._explained():
            return self.driver.version(self.connection())

    def trouble(self) -> str:
        """The first problem that the database's own check finds; empty if there is none, and the mark is removed."""
        with self._explained():
            found = self.driver.trouble(self.connection())
        if not found:
            self.damaged = None
            if self._mark is not None:
                with suppress(OSError):  # a read-only disk: the next check removes it
                    self._mark.unlink(missing_ok=True)
        return found

    def risks(self) -> Sequence[str]:
        """The settings with which a crash loses what was committed, each as ``name=value``."""
        with self._explained():
            return self.driver.risks(self.connection())

    def require_whole(self) -> None:
        """Check a store that is marked as damaged, which takes seconds. Raises StoreDamaged if it still is."""
        damaged, self.damaged = self.damaged, None
        if damaged is not None and (found := self.trouble()):
            self.damaged = damaged
            raise StoreDamaged(T("The store is damaged: {trouble}", trouble=found), RESTORE, url=self.driver.url)

    def shorten_log(self, *, longest: int = LONGEST_LOG) -> None:
        """Empty a write-ahead log that has become longer than so many bytes."""
        with self._explained():
            self.driver.shorten_log(self.connection(), longest)

    def unused(self) -> int:
        """Bytes inside the store's files that new rows will use."""
        with self._explained():
            return self.driver.unused(self.connection())

    def compact(self) -> int:
        """Give unused space back to the disk; returns the bytes. Nobody else may use the store meanwhile."""
        with self._explained():
            return self.driver.compact(self.connection())

    def close(self) -> None:
        """Close the connections of all threads; nothing may be using them."""
        for connection in self._opened:
            with suppress(Exception):  # of either driver: the others are closed all the same
                connection.close()
        self._opened.clear()
        self._mine = threading.local()


class Absent(Database):
    """A store that does not exist yet: it reads as empty, and the first successful change creates it.

    For use on one thread until it is created.
    """

    def __init__(self, driver: Driver, clock: Clock, effects: EffectTable = NONE) -> None:
        from tempfile import TemporaryDirectory

        self._wanted: Driver | None = driver
        self._folder = TemporaryDirectory(prefix="chatapp-")
        empty = Sqlite(Path(self._folder.name) / "chatapp.db")
        ensure_current(empty)
        super().__init__(empty, clock, effects)

    @property
    def scratch(self) -> Path | None:
        """The folder of the empty store."""
        return None if self._wanted is None else Path(self._folder.name)

    def write(self, job: Job[R]) -> R:
        """Try the job on an empty store first: if it is refused or changes nothing, no store is created."""
        if self._wanted is not None:
            answer, changed = self._try(job)
            if not changed:
                return answer
            self.make()
        return super().write(job)

    def _try(self, job: Job[R]) -> tuple[R, bool]:
        """The job's result and whether it changes anything; its changes are rolled back."""
        connection: Any = self.connection()
        before = connection.total_changes
        with self._explained():
            self.driver.begin(connection)
            try:
                return job(self.tx(connection, guarded=True)), connection.total_changes != before
            finally:
                connection.execute("ROLLBACK")

    def make(self) -> None:
        """Create the store and continue with it."""
        if self._wanted is not None:
            ensure_current(self._wanted)
            super().close()
            self.driver, self._wanted = self._wanted, None

    def close(self) -> None:
        """Close the connections and remove the temporary store."""
        super().close()
        self._folder.cleanup()


def driver_for(url: str) -> Driver:
    """Choose by the address: ``sqlite:///path`` or ``postgresql://…``. Raises StoreError for any other."""
    if url.startswith("sqlite:///"):
        return Sqlite(Path(url.removeprefix("sqlite:///")))
    if url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        from chatapp_cli.store.postgres import Postgres

        return Postgres(url)
    raise StoreError(
        T("{scheme} is not a database that chatapp knows.", scheme=url.partition(":")[0]),
        T("Set CHATAPP_DATABASE_URL to postgresql://…, or leave it out."),
    )
