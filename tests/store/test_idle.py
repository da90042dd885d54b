"""A process that stands still while it writes, or whose machine is gone, keeps nobody else from writing."""

import psycopg
import pytest

from chatapp_cli.domain.errors import StoreAway
from chatapp_cli.store.postgres import Postgres
from chatapp_cli.store.rows.lease import LASTS


def test_a_writing_transaction_that_stands_still_ends_before_others_give_up(postgres_url: str) -> None:
    driver = Postgres(postgres_url, idle=0.3)
    stopped, other = driver.connect(), driver.connect()
    driver.begin(stopped)
    other.execute("SET lock_timeout = '20s'")
    driver.begin(other)
    other.execute("COMMIT")
    with pytest.raises(psycopg.Error) as ended:
        stopped.execute("COMMIT")
    assert driver.lost(ended.value)
    assert isinstance(driver.translate(ended.value), StoreAway)
    other.close()
    stopped.close()


def test_it_ends_before_the_lease_of_its_daemon_does() -> None:
    assert Postgres.IDLE < LASTS - 3
