"""Every named statement runs on both databases and gives back what its shape wants."""

import ast
import importlib
import pkgutil
import re
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine, Inspector, NullPool, create_engine, inspect

from chatapp_cli.store import rows, tables
from chatapp_cli.store.database import Database, driver_for
from chatapp_cli.store.drivers import Driver
from chatapp_cli.store.named import _read, statements
from tests.every import every
from tests.store.samples import sample

CODE = Path(rows.__file__).parents[2]
SHAPES = {
    name: shape
    for module in pkgutil.iter_modules(rows.__path__, f"{rows.__name__}.")
    for name, shape in vars(importlib.import_module(module.name)).items()
    if hasattr(shape, "_fields")
}


@cache
def sources() -> tuple[str, ...]:
    """Every file of the program."""
    return tuple(path.read_text("utf-8") for path in CODE.rglob("*.py"))


@cache
def shaped() -> list[tuple[str, str]]:
    """Every shape with each statement that is read into it."""
    used = {
        (call.args[0].id, call.args[1].value)
        for source in sources()
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in {"one", "all"}
        if len(call.args) == 2 and isinstance(call.args[0], ast.Name) and isinstance(call.args[1], ast.Constant)
    }
    return sorted((shape, name) for shape, name in used if shape in SHAPES)


def test_a_statement_is_understood_by_the_database(database: Database, dialect: str) -> None:
    def understood(name: str) -> None:
        statement = statements(dialect)[name]
        with database.reading():
            assert database.connection().execute(f"EXPLAIN {statement}", sample(statement, dialect)).fetchall()

    every(sorted({name.partition("@")[0] for name in _read()}), understood)


def test_a_statement_gives_what_its_shape_wants_in_that_order(database: Database, dialect: str) -> None:
    def fits(used: tuple[str, str]) -> None:
        shape, name = used
        statement = statements(dialect)[name]
        cursor = database.connection().execute(statement, sample(statement, dialect))
        assert len(cursor.description) == len(SHAPES[shape]._fields)

    every(shaped(), fits)


def test_every_statement_is_used_and_every_used_one_is_there() -> None:
    code = "\n".join(sources())
    there = {name.partition("@")[0] for name in _read()}
    said = set(re.findall(r'"([a-z]+\.[a-z_]+)"', code))
    asked = set(
        re.findall(r'\btx\.(?:run|insert|value|one|all|run_for_each|insert_each)\(\s*(?:[^"()]+,\s*)?"([^"]+)"', code)
    )
    assert (there - said, asked - there) == (set(), set())


SORTS_NAMES = re.compile(r"ORDER BY [^;)]*\b(?:name|title|operator|language)\b")
OURS = {"memory.known", "options.of", "effects.broken", "followers.waiting", "alarms.followers"}
"""Statements that sort names which the program gives."""


def test_no_statement_sorts_what_people_named_which_each_database_would_do_its_own_way() -> None:
    assert {name for name, text in _read().items() if SORTS_NAMES.search(text)} == OURS


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_a_migrated_store_is_what_the_tables_say(database: Database, made_from_tables: Driver) -> None:
    assert catalogue(database.driver) == catalogue(made_from_tables)


@pytest.fixture
def made_from_tables(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Driver:
    fresh = request.getfixturevalue("postgres_url") if dialect == "postgresql" else f"sqlite:///{tmp_path}/tables.db"
    driver = driver_for(fresh)
    with closing(driver.connect()):
        tables.metadata.create_all(engine_of(driver))
    return driver


def engine_of(driver: Driver) -> Engine:
    address = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}[driver.dialect]
    return create_engine(address, creator=driver.connect, poolclass=NullPool)


def catalogue(driver: Driver) -> dict[str, object]:
    """Columns, keys and indexes of every table, as the database itself tells them."""
    seen = inspect(engine_of(driver))
    return {table: described(seen, table) for table in seen.get_table_names() if table != "alembic_version"} | {
        "indexes": indexes(driver)
    }


def described(seen: Inspector, table: str) -> object:
    columns = {c["name"]: (c["type"].python_type, c["nullable"]) for c in seen.get_columns(table)}
    keys = sorted(
        (fk["constrained_columns"], fk["referred_table"], fk["options"]) for fk in seen.get_foreign_keys(table)
    )
    unique = sorted(tuple(u["column_names"]) for u in seen.get_unique_constraints(table))
    return columns, seen.get_pk_constraint(table)["constrained_columns"], keys, unique


def indexes(driver: Driver) -> set[str]:
    query = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
    }[driver.dialect]
    with closing(driver.connect()) as connection:
        return {
            " ".join(re.sub(r"::[a-z ]+|[()]", " ", str(row[0])).split())
            for row in connection.execute(query).fetchall()
        }
