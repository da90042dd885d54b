"""The write-ahead log does not stay as long as it once was."""

from contextlib import closing
from pathlib import Path

import pytest

from chatapp_cli.services import lines
from chatapp_cli.store import drivers
from chatapp_cli.store.database import Database
from chatapp_cli.store.drivers import Sqlite
from tests.stores import OWNER, HeldClock, Shop

LIMIT = 256 * 1024


def size(shop: Shop) -> int:
    return Path(f"{shop.driver.path}-wal").stat().st_size


def lengthen(shop: Shop) -> None:
    """Write much while somebody reads, so that nothing can be moved into the file."""
    with closing(Database(Sqlite(shop.driver.path), HeldClock())) as other, other.reading():
        for n in range(40):
            shop.line(f"Линия {n} " + "я" * 100)
            shop.connection().execute(f"CREATE TABLE t{n} AS SELECT randomblob(100000) AS x")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_long_log_is_emptied_and_a_short_one_left(shop: Shop) -> None:
    shop.line("Опт")
    short = size(shop)
    shop.database.shorten_log(longest=LIMIT)
    assert size(shop) == short
    lengthen(shop)
    assert size(shop) > 10 * LIMIT
    shop.database.shorten_log(longest=LIMIT)
    assert size(shop) == 0
    assert len(shop.read(lines.everything)) == 41


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_log_that_somebody_reads_is_left_for_later(shop: Shop) -> None:
    lengthen(shop)
    with closing(Database(Sqlite(shop.driver.path), HeldClock())) as other, other.reading() as tx:
        assert len(lines.everything(tx.by(OWNER))) == 40
        shop.line("Опт")
        shop.database.shorten_log(longest=LIMIT)
        assert size(shop) > 0
    shop.database.shorten_log(longest=LIMIT)
    assert size(shop) == 0


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_log_is_limited_on_every_connection(shop: Shop) -> None:
    assert shop.connection().execute("PRAGMA journal_size_limit").fetchone()[0] == drivers.LONGEST_LOG
