"""Whether a database can hold a store, looked at when it is opened: afterwards only a part of it would fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chatapp_cli.domain.errors import StoreError
from chatapp_cli.domain.text import T

ENCODING = "UTF8"
_BESIDE = ("secret.key", "search.db", "media")
"""What lies beside the store only after it held something."""


def require_address(address: str) -> None:
    """Raise StoreError for an address that PostgreSQL's library cannot read.

    The library's own words, and a host made of a part of the password, would show that part.
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    host, _, path = address.partition("://")[2].partition("?")[0].partition("/")
    try:
        ports = str(conninfo_to_dict(address).get("port") or "")
    except ProgrammingError:
        ports = "?"
    if not all(port.isdigit() for port in ports.split(",") if port) or "@" in path or host.count("@") > 1:
        raise StoreError(
            T("The address of the database cannot be read."),
            T("In its user name and password write blanks and : / ? # [ ] @ % as %20, %3A and so on."),
        )


def require_encoding(connection: Any) -> None:
    """Raise StoreError unless the database keeps every character; costs no question to the server."""
    found = connection.info.parameter_status("server_encoding")
    if found != ENCODING:
        raise StoreError(
            T("The database is in {found}, which does not hold every character of a message.", found=found),
            T("Create one in UTF-8: CREATE DATABASE chatapp TEMPLATE template0 ENCODING 'UTF8'"),
        )


def foreign(tables: set[str], revision: str | None) -> StoreError | None:
    """The refusal of a database in which something other than a store is kept."""
    ours = not tables or (revision is not None and revision.isdigit())
    if ours:
        return None
    return StoreError(
        T("The database is no store of chatapp, and it is not empty: {tables}", tables=", ".join(sorted(tables)[:5])),
        T("Give chatapp a database of its own."),
    )


def require_beginning(file: Path) -> None:
    """Raise StoreError if a store's file is missing beside what only a used store has: it got lost."""
    beside = _beside(file.parent)
    if beside and not file.exists():
        raise StoreError(
            T("The store {path} is missing, but {beside} of the same company is there.", path=file, beside=beside),
            T("Restore the store from a backup. To begin anew, move the folder {folder} away.", folder=file.parent),
        )


def require_no_former_store(folder: Path) -> None:
    """Raise StoreError if the database is empty although the company's folder belongs to a store on a server."""
    beside = _beside(folder)
    if beside and not (folder / "chatapp.db").exists():
        raise StoreError(
            T("The database is empty, but {beside} of the same company is in {folder}.", beside=beside, folder=folder),
            T("Check CHATAPP_DATABASE_URL, or restore the database. To begin anew, move the folder away."),
        )


def _beside(folder: Path) -> str:
    """The first of what only a used store has; empty if there is nothing of it."""
    return next((name for name in _BESIDE if _holds_something(folder / name)), "")


def _holds_something(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()
