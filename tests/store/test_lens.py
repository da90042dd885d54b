"""What one operator sees of the store: every question, on both databases."""

import re
from contextlib import closing

import pytest

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import LineId
from chatapp_cli.store import dialog_list, tables
from chatapp_cli.store.database import Database
from chatapp_cli.store.lens import Lens
from chatapp_cli.store.named import prepared, statements
from chatapp_cli.store.tx import Tx
from tests.store.test_statements import sample
from tests.stores import Shop

QUESTIONS = sorted(
    name for name, text in statements("sqlite").items() if re.match("SELECT|WITH", text) and "UPDATE" not in text
)
ONE_LINE = (LineId(1),)
READER = "О'Нил 100%"


def looking(lens: Lens, database: Database) -> Lens:
    lens.learn(database.tx(database.connection()).columns)
    return lens


def test_a_dialog_seen_through_a_lens_has_every_column(database: Database, dialect: str) -> None:
    narrow = looking(Lens(dialect, lines=ONE_LINE, reader=READER), database)
    seen = database.connection().execute(narrow.sql("SELECT * FROM dialog LIMIT 0")).description
    assert {column[0] for column in seen} == {column.name for column in tables.metadata.tables["dialog"].columns}


def test_a_lens_that_has_not_looked_at_the_columns_shows_nothing() -> None:
    with pytest.raises(RuntimeError, match="columns"):
        Lens("sqlite", lines=ONE_LINE).sql("SELECT id FROM dialog")


def test_every_table_that_belongs_to_a_line_is_hidden_or_known_not_to_tell(database: Database, dialect: str) -> None:
    """A new table has to be thought about: hidden by the lens, or reached through a hidden one alone."""
    tied = {
        table.name
        for table in tables.metadata.tables.values()
        if {"line_id", "channel_id", "dialog_id", "message_id"} & {column.name for column in table.columns}
    }
    hidden = set(looking(Lens(dialect, lines=ONE_LINE), database)._shown or ())
    reached_through_others = {
        "message_part", "message_revision", "reaction", "early_news", "channel_memory", "operator_line",
        "dialog_unread", "draft",
    }  # fmt: skip
    assert tied - hidden - reached_through_others == set()


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_understood_through_a_lens_as_well(database: Database, dialect: str, name: str) -> None:
    narrow = looking(Lens(dialect, lines=ONE_LINE, reader=READER), database)
    sql, pick = narrow.statement(name, prepared(dialect))
    with database.reading():
        plan = database.connection().execute(f"EXPLAIN {sql}", pick(sample(statements(dialect)[name], dialect)))
        assert plan.fetchall()


def test_what_changes_rows_is_asked_as_it_is(dialect: str) -> None:
    narrow = Lens(dialect, lines=ONE_LINE)
    whole = prepared(dialect)
    changes = set(statements(dialect)) - set(QUESTIONS)
    assert {name for name in changes if narrow.statement(name, whole).sql != whole[name].sql} == set()


@pytest.mark.req("S-128")
def test_another_lines_rows_are_not_there(shop: Shop) -> None:
    ours, theirs = shop.line("Опт"), shop.line("Розница")
    for line in (ours, theirs):
        shop.hear(shop.channel(line=line), who=f"клиент {line}")

    def seen(tx: Tx) -> tuple[object, ...]:
        tables = ("line", "channel", "dialog", "message", "contact", "arrived")
        counts = [tx.compose(int, f"SELECT COUNT(*) FROM {table}", {})[0] for table in tables]
        return (*counts, len(dialog_list.ids(tx, shop.driver.dialect, DialogFilter())))

    narrow = Lens(shop.driver.dialect, lines=[ours])
    assert shop.read(lambda tx: seen(tx.through(narrow))) == (1,) * 7
    assert shop.read(lambda tx: seen(tx.through(Lens(shop.driver.dialect, lines=())))) == (0,) * 7
    assert shop.read(seen) == (2,) * 7


@pytest.mark.parametrize("lines", [None, ONE_LINE, (1, 2)])
def test_a_list_seen_through_a_lens_is_read_in_order_and_not_sorted(
    shop: Shop, dialect: str, lines: tuple[LineId, ...] | None
) -> None:
    if dialect != "sqlite":
        pytest.skip("SQLite tells its plan in words")
    sql = f"{dialog_list._ROW} WHERE d.blocked = 0 AND d.snoozed_until IS NULL {dialog_list._NEWEST} LIMIT 50"
    narrow = Lens(dialect, lines=lines, reader=READER)
    shop.read(lambda tx: tx.through(narrow))
    with closing(shop.driver.connect()) as connection:
        plan = str(connection.execute(f"EXPLAIN QUERY PLAN {narrow.sql(sql)}").fetchall())
    assert "USING INDEX ix_dialog_" in plan
    assert "ORDER BY" not in plan
