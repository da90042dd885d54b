"""Migrates a store to the revision of this program; Alembic is imported only if there is something to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chatapp_cli.domain.errors import StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.store.drivers import Driver, spoken
from chatapp_cli.store.preflight import foreign

_FOLDER = Path(__file__).parent / "migrations"
HEAD = max(file.name.partition("_")[0] for file in _FOLDER.glob("versions/[0-9]*.py"))
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


def ensure_current(driver: Driver) -> None:
    """Migrate if necessary. Raises StoreError for the store of a newer program."""
    found = revision_of(driver)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise StoreError(
            T(
                "The store was written by a newer chatapp (revision {found}, this one knows {head}).",
                found=found,
                head=HEAD,
            ),
            T("Install the newer version, or open another store."),
        )
    upgrade(driver)


def upgrade(driver: Driver, revision: str = "head") -> None:
    """Run the migrations up to a revision."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy.exc import DBAPIError

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = _engine(driver)
    with spoken(driver):
        try:
            command.upgrade(config, revision)
        except DBAPIError as error:
            raise error.orig or error from error


def _engine(driver: Driver) -> Any:
    """An engine on our own connections and transactions: the whole migration runs under the write lock."""
    from sqlalchemy import NullPool, create_engine, event

    address = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}[driver.dialect]
    engine = create_engine(address, creator=driver.connect, poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: driver.begin(connection.connection.driver_connection))
    return engine
