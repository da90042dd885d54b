"""Building blocks of tables.

Flags are integers and times whole milliseconds, so that both databases read them alike.
Imported only by migrations and tests: importing SQLModel costs most of a second.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    TextClause,
    text,
)
from sqlmodel import SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)

NEVER_AGAIN = {"sqlite_autoincrement": True}
"""Never reuse the id of a removed row, because scripts and stale senders may still hold it."""

Big = BigInteger().with_variant(Integer, "sqlite")


def key() -> Column[int]:
    """An id assigned by the database."""
    return Column(Big, primary_key=True, autoincrement=True)


def ref(table: str, *, null: bool = False) -> Column[int]:
    """A reference to another table; deleting its row deletes this one."""
    return Column(Big, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=null)


def moment(*, null: bool = False) -> Column[int]:
    """Milliseconds since 1970."""
    return Column(BigInteger, nullable=null)


def later(default: str | int = "") -> dict[str, str]:
    """The default for existing rows of a column added by a later revision."""
    return {"server_default": str(default)}


NEWEST = (text("pinned DESC"), text("last_at DESC"), text("id DESC"))
"""The order of the dialog list."""


def partly(name: str, *columns: str | TextClause, where: str) -> Index:
    """A partial index."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Table(SQLModel):
    """A table of the store, with its own metadata."""

    metadata = metadata
