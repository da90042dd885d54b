"""What tables are made of.

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
"""The number of a removed row is not given to another: scripts and stale senders hold on to numbers."""

Big = BigInteger().with_variant(Integer, "sqlite")


def key() -> Column[int]:
    """A number that the store gives."""
    return Column(Big, primary_key=True, autoincrement=True)


def ref(table: str, *, null: bool = False) -> Column[int]:
    """The row of another table, with which this one goes."""
    return Column(Big, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=null)


def moment(*, null: bool = False) -> Column[int]:
    """Milliseconds since 1970."""
    return Column(BigInteger, nullable=null)


def later(default: str | int = "") -> dict[str, str]:
    """For a column that came with a later revision: what the rows before it have."""
    return {"server_default": str(default)}


NEWEST = (text("pinned DESC"), text("last_at DESC"), text("id DESC"))
"""The order of the dialog list."""


def partly(name: str, *columns: str | TextClause, where: str) -> Index:
    """An index of those rows alone that are asked for."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Table(SQLModel):
    """A table of the store, apart from any other that a library may know."""

    metadata = metadata
