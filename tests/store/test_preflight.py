"""What a PostgreSQL database has to be like is looked at when it is opened."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from chatapp_cli.domain.errors import StoreAway, StoreError
from chatapp_cli.store import migrate
from chatapp_cli.store.database import driver_for
from tests.postgres import Postgres

pytestmark = pytest.mark.usefixtures("postgres_server")


def made(server: Postgres, *statements: str) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        for statement in statements:
            admin.execute(statement.encode())


def refused(url: str) -> StoreError:
    with pytest.raises(StoreError) as caught:
        migrate.ensure_current(driver_for(url))
    assert caught.value.next_step is not None
    return caught.value


@pytest.mark.parametrize("encoding", ["WIN1251", "SQL_ASCII"])
def test_a_database_that_does_not_hold_every_character_is_refused(postgres_server: Postgres, encoding: str) -> None:
    name = f"in_{encoding.lower()}"
    made(postgres_server, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
    error = refused(postgres_server.url(name))
    assert str(error) == f"The database is in {encoding}, which does not hold every character of a message."
    assert error.exit_code == 2


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE orders (id int)", "CREATE TABLE alembic_version (version_num text)"]
)
def test_a_database_that_holds_other_things_is_left_as_it_is(postgres_url: str, statement: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute(statement.encode())
        if "alembic" in statement:
            other.execute("INSERT INTO alembic_version VALUES ('ae1027a6acf')")
    assert "is no store of chatapp, and it is not empty: " in str(refused(postgres_url))
    with psycopg.connect(postgres_url) as other:
        assert other.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (1,)


@pytest.fixture
def guest(postgres_server: Postgres, postgres_url: str) -> Callable[[str], str]:
    """The address of the database for a user who owns nothing in it, after a statement of its owner."""

    def url(statement: str) -> str:
        with psycopg.connect(postgres_url, autocommit=True) as owner:
            owner.execute("DROP ROLE IF EXISTS guest")
            owner.execute("CREATE ROLE guest LOGIN")
            owner.execute(statement.encode())
        return postgres_url.replace("postgres@", "guest@")

    return url


@pytest.mark.parametrize("statement", ["REVOKE CREATE ON SCHEMA public FROM public", "DROP SCHEMA public"])
def test_a_schema_that_the_user_may_not_use_is_told_with_what_to_grant(
    guest: Callable[[str], str], statement: str
) -> None:
    error = refused(guest(statement))
    assert str(error).startswith("The database does not let this user keep a store in it: ")
    assert error.exit_code == 2


def test_a_store_whose_tables_the_user_may_not_read_is_told_the_same(
    guest: Callable[[str], str], postgres_url: str
) -> None:
    migrate.ensure_current(driver_for(postgres_url))
    assert str(refused(guest("SELECT 1"))).startswith("The database does not let this user keep a store in it: ")


def test_a_database_that_is_not_there_is_no_failure_of_now(postgres_server: Postgres) -> None:
    error = refused(postgres_server.url("nowhere"))
    assert (str(error).startswith("The database server refuses: "), error.exit_code) == (True, 2)
    assert not isinstance(error, StoreAway)
