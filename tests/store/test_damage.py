"""A store that was found to be damaged is written to by nobody until a check finds it whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chatapp_cli.domain.errors import StoreDamaged
from chatapp_cli.services import lines
from chatapp_cli.store.database import Database
from chatapp_cli.store.drivers import Sqlite
from tests.stores import ON_SQLITE, OWNER, HeldClock, Shop

pytestmark = ON_SQLITE
Opened = Callable[[], Database]


@pytest.fixture
def opened(shop: Shop, clock: HeldClock, tmp_path: Path) -> Opened:
    """Opens the store of the shop as another process does."""
    shop.line("Опт")
    shop.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    driver = shop.database.driver
    assert isinstance(driver, Sqlite)
    return lambda: Database(Sqlite(driver.path), clock, mark=tmp_path / "store.damaged")


def damage(database: Database) -> bytes:
    """Overwrite everything behind the first page; returns what was there."""
    assert isinstance(database.driver, Sqlite)
    before = database.driver.path.read_bytes()
    database.driver.path.write_bytes(before[:4096] + b"\xff" * (len(before) - 4096))
    return before


def test_who_meets_the_damage_marks_it_and_every_other_process_refuses_to_write(opened: Opened, tmp_path: Path) -> None:
    first = opened()
    before = damage(first)
    with pytest.raises(StoreDamaged):
        first.read(lines.everything)
    assert (tmp_path / "store.damaged").read_text().startswith("The store ")
    assert isinstance(first.driver, Sqlite)
    first.driver.path.write_bytes(before)
    second = opened()
    with pytest.raises(StoreDamaged, match="marked as damaged"):
        second.write(lambda tx: lines.add(tx.by(OWNER), "Розница"))
    assert [line.name for line in second.read(lines.everything)] == ["Опт"]


def test_a_running_process_notices_what_another_marked(opened: Opened, tmp_path: Path) -> None:
    told: list[StoreDamaged] = []
    running = opened()
    running.on_damage.append(told.append)
    running.look_at_mark()
    assert told == []
    (tmp_path / "store.damaged").write_text("The store is damaged.")
    running.look_at_mark()
    running.look_at_mark()
    assert told == [running.damaged]


def test_a_check_that_finds_a_restored_store_whole_takes_the_mark_away(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "store.damaged").write_text("The store is damaged.")
    database = opened()
    before = damage(database)
    with pytest.raises(StoreDamaged, match="is damaged"):
        database.require_whole()
    assert (tmp_path / "store.damaged").exists()
    assert isinstance(database.driver, Sqlite)
    database.close()
    database.driver.path.write_bytes(before)
    restored = opened()
    restored.require_whole()
    assert not (tmp_path / "store.damaged").exists()
    restored.write(lambda tx: lines.add(tx.by(OWNER), "Розница"))
    assert len(restored.read(lines.everything)) == 2
