"""Entries of a ledger from before one could be without a dialog: they stay, and their numbers are not used again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from chatapp_cli.store import migrate
from chatapp_cli.store.database import driver_for

PARENTS: dict[str, dict[str, Any]] = {
    "line": {"name": "Розница"},
    "channel": {"line_id": 1},
    "dialog": {"channel_id": 1, "line_id": 1},
    "crm_link": {"kind": "tillbook"},
    "crm_pairing": {"link_id": 1, "channel_id": 1},
}


def insert(connection: Any, table: str, **values: Any) -> None:
    """Insert a row; what it has to have besides is empty."""
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    for _, name, kind, needed, default, key in columns:
        if needed and default is None and not key:
            values.setdefault(name, {"BLOB": b""}.get(kind, 0 if "INT" in kind else ""))
    places = ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", tuple(values.values()))


def test_entries_of_an_older_store_stay_and_go_on_with_their_numbers(tmp_path: Path) -> None:
    driver = driver_for(f"sqlite:///{tmp_path}/chatapp.db")
    migrate.upgrade(driver, "0011")
    with closing(driver.connect()) as connection:
        for table, values in PARENTS.items():
            insert(connection, table, **values)
        ours = {"link_id": 1, "pairing_id": 1}
        for act in ("failed", "delivered", "edit"):
            insert(
                connection, "crm_entry", **ours, dialog_id=1, act=act, remote="900", doubtful=1, tries=2, created_at=8
            )
        connection.execute("DELETE FROM crm_entry WHERE act <> 'delivered'")
        (before,) = connection.execute("SELECT * FROM crm_entry").fetchall()
    migrate.upgrade(driver)
    with closing(driver.connect()) as connection:
        insert(connection, "crm_entry", **ours, dialog_id=None, act="texted")
        kept, new = connection.execute("SELECT * FROM crm_entry ORDER BY id").fetchall()
    assert tuple(kept) == tuple(before)
    assert (new[0], new[3]) == (4, None)
