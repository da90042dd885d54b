"""Entries of a ledger from before one could be without a dialog: they stay, and their numbers are not used again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from chatapp_cli.store import migrate
from chatapp_cli.store.database import driver_for

ENTRY = (
    "INSERT INTO crm_entry (link_id, pairing_id, dialog_id, chat, message_id, remote, employee, reason, act, rank, state,"
    " doubtful, not_before, tries, claims, epoch, code, detail, created_at)"
    " VALUES (1, 1, {dialog}, 'chat-5', NULL, '900', '27', '', '{act}', 0, 'waiting', 1, 7, 2, 3, 4, 'c', 'd', 8)"
)


def test_entries_of_an_older_store_stay_and_go_on_with_their_numbers(tmp_path: Path) -> None:
    driver = driver_for(f"sqlite:///{tmp_path}/chatapp.db")
    migrate.upgrade(driver, "0011")
    with closing(driver.connect()) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for act in ("failed", "delivered", "edit"):
            connection.execute(ENTRY.format(dialog=5, act=act))
        connection.execute("DELETE FROM crm_entry WHERE act <> 'delivered'")
        (before,) = connection.execute("SELECT * FROM crm_entry").fetchall()
    migrate.upgrade(driver)
    with closing(driver.connect()) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(ENTRY.format(dialog="NULL", act="texted"))
        kept, new = connection.execute("SELECT * FROM crm_entry ORDER BY id").fetchall()
    assert tuple(kept) == tuple(before)
    assert (new[0], new[3]) == (4, None)
