"""Migrates a store to the revision of this program; Alembic is imported only if there is something to do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.store import file_lock
from chatapp_cli.store.drivers import Driver, spoken
from chatapp_cli.store.named import statements
from chatapp_cli.store.preflight import foreign, require_no_former_store
from chatapp_cli.store.process_identity import holder_of, named
from chatapp_cli.store.rows.lease import LeaseRow
from chatapp_cli.store.tx import Connection

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many steps of how many are done."""

_FOLDER = Path(__file__).parent / "migrations"
_REVISIONS = [file.name.partition("_")[0] for file in _FOLDER.glob("versions/[0-9]*.py")]
HEAD = max(_REVISIONS)
"""The revision of this program: its newest migration, by file name."""


def revision_of(driver: Driver) -> str | None:
    """The store's revision, ``None`` for an empty one. Raises StoreError for a database of something else."""
    with spoken(driver):
        connection = driver.connect()
        try:
            tables = {str(name) for (name,) in connection.execute(_TABLES[driver.dialect]).fetchall()}
            found = None
            if "alembic_version" in tables:
                row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
                found = None if row is None else str(row[0])
        finally:
            connection.close()
    if refusal := foreign(tables, found):
        raise refusal
    return found


_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
}


def ensure_current(driver: Driver, lock: Path | None = None, progress: Progress | None = None) -> None:
    """Migrate if necessary. Raises StoreError for the store of a newer program, Busy while an older one runs it.

    ``lock`` is the file that programs before revision 0008 held while they ran. ``progress`` is told how many steps
    are done; nothing is told of a new store.
    """
    found = revision_of(driver)
    if found == HEAD:
        return
    if found is None and lock is not None and driver.dialect == "postgresql":
        require_no_former_store(lock.parent)
    if found is not None and found > HEAD:
        raise StoreError(
            T(
                "The store was written by a newer chatapp (revision {found}, this one knows {head}).",
                found=found,
                head=HEAD,
            ),
            T("Install the newer version, or open another store."),
        )
    if found is not None and (process := running(driver, found, lock)):
        raise Busy(
            T(
                "An older version of chatapp runs on this store (process {pid}), which would break under it.",
                pid=process,
            ),
            T("Stop that daemon or close that window, and start this version: it then brings the store up to date."),
        )
    if found is not None:
        _require_writable(driver)
    upgrade(driver, progress=progress if found else None, found=found or "")


def _require_writable(driver: Driver) -> None:
    """Raise StoreError for a store that may only be read, before anybody is told that it is migrated."""
    with spoken(driver), closing(driver.connect()) as connection:
        driver.begin(connection)
        connection.execute("UPDATE alembic_version SET version_num = version_num")
        connection.execute("ROLLBACK")


def running(driver: Driver, revision: str, lock: Path | None) -> str:
    """The process that runs the store at its revision, as a person finds it; empty if none does."""
    with spoken(driver), closing(driver.connect()) as connection:
        if revision >= _LEASE:
            return _holder(driver, connection)
        if lock is not None and (process := file_lock.writer(lock)):
            return process
        if driver.dialect == "postgresql" and not connection.execute(_SESSION_LOCK).fetchone()[0]:
            return "?"
    return ""


def _holder(driver: Driver, connection: Connection) -> str:
    sql = statements(driver.dialect)
    found = connection.execute(sql["lease.read"]).fetchone()
    row = LeaseRow(*found) if found else LeaseRow()
    holder = holder_of(row, connection.execute(sql["lease.now"]).fetchone()[0], locks=driver.locks)
    return "" if holder is None else named(holder.process, "" if holder.is_here else holder.host)


_LEASE = "0008"
"""The revision from which on the lease stands in the store."""
_SESSION_LOCK = f"SELECT pg_try_advisory_xact_lock({0x63686175})"
"""What a program before that held on PostgreSQL."""


def upgrade(driver: Driver, revision: str = "head", *, progress: Progress | None = None, found: str = "") -> None:
    """Run the migrations after the revision found, up to another one."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy.exc import DBAPIError

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = _engine(driver)
    if progress is not None:
        config.attributes["applied"] = _steps(found, progress)
    with spoken(driver):
        try:
            command.upgrade(config, revision)
        except DBAPIError as error:
            raise error.orig or error from error


def _steps(found: str, progress: Progress) -> Callable[..., None]:
    """Tell that the first step begins, and return what Alembic calls after each."""
    total = sum(revision > found for revision in _REVISIONS)
    done = count(1)
    progress(0, total)
    return lambda **_step: progress(next(done), total)


def _engine(driver: Driver) -> Any:
    """An engine on our own connections and transactions: the whole migration runs under the write lock."""
    from sqlalchemy import NullPool, create_engine, event

    address = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}[driver.dialect]
    engine = create_engine(address, creator=driver.connect, poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: driver.begin(connection.connection.driver_connection))
    return engine
