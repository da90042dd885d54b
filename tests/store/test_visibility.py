"""What one operator sees of the store: every question, on both databases."""

import re
from contextlib import closing

import pytest

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import LineId
from chatapp_cli.services import dialogs, duties, journal, operators
from chatapp_cli.store import dialog_list, tables
from chatapp_cli.store.database import Database
from chatapp_cli.store.named import prepared, statements
from chatapp_cli.store.tx import Tx
from chatapp_cli.store.visibility import Visibility
from tests.every import every
from tests.store.samples import sample
from tests.stores import Shop, owner

QUESTIONS = sorted(
    name for name, text in statements("sqlite").items() if re.match("SELECT|WITH", text) and "UPDATE" not in text
)
ONE_LINE = (LineId(1),)
THROUGH = {
    "channel_memory": "channel",
    "contact_apart": "contact",
    "contact_merge": "contact",
    "crm_hold": "crm_pairing",
    "crm_import": "crm_pairing",
    "crm_message": "message",
    "crm_text": "message",
    "draft": "dialog",
    "early_news": "channel",
    "mail": "message",
    "message_buttons": "message",
    "message_part": "message",
    "message_revision": "message",
    "operator_line": "line",
    "reaction": "message",
    "robot_part": "robot_run",
}
"""Tables whose rows belong to a row of a hidden one, and are asked for by whoever has found that."""
ACCOUNTS = "accounts of operators, which are shown to those who may change them"
ANSWERS = "quick replies are for every line"
OF_THE_PROGRAM = "kept by the program for itself, and asked for by no person"
OF_THE_COMPANY = {
    "auto_call": OF_THE_PROGRAM,
    "auto_secret": "read by the number of a rule that one may change; it is sealed",
    "broken_effect": OF_THE_PROGRAM,
    "crm_employee": "which operator is which employee; both know each other",
    "auto_clock": OF_THE_PROGRAM,
    "auto_round": OF_THE_PROGRAM,
    "crm_stage_name": "the stages of a CRM are the same for the whole company",
    "crm_link": "a CRM serves the whole company; its secrets are sealed",
    "crm_memory": OF_THE_PROGRAM,
    "crm_question": "read by its number, which only the caller has",
    "crm_route": OF_THE_PROGRAM,
    "crm_rule": "rules are for every line",
    "crm_ruleset": "rules are for every line",
    "crm_upload": OF_THE_PROGRAM,
    "follower": OF_THE_PROGRAM,
    "lease": OF_THE_PROGRAM,
    "login_attempt": OF_THE_PROGRAM,
    "operator": ACCOUNTS,
    "operator_identity": ACCOUNTS,
    "attendance": ACCOUNTS,
    "operator_session": ACCOUNTS,
    "quick_reply": ANSWERS,
    "quick_reply_file": ANSWERS,
    "raw_dictionary": OF_THE_PROGRAM,
    "reply_editor": ANSWERS,
    "reply_section": ANSWERS,
    "saved_view": "filters under a name; what they find is seen through the lens",
    "tag": "the names of labels; which dialog bears one is hidden",
    "timer": OF_THE_PROGRAM,
}
"""Tables that belong to no line, each with the reason why everybody may see them."""
READER = "О'Нил 100%"


@pytest.fixture(params=[False, True], ids=["by lines", "only own dialogs"])
def narrow(request: pytest.FixtureRequest, database: Database, dialect: str) -> Visibility:
    """What an operator sees of one line: all of it, or their dialogs."""
    lens = Visibility(dialect, lines=ONE_LINE, reader=READER, only_own=request.param)
    lens.learn(database.tx(database.connection()).columns)
    return lens


def looking(visibility: Visibility, database: Database) -> Visibility:
    visibility.learn(database.tx(database.connection()).columns)
    return visibility


def test_a_dialog_seen_through_a_lens_has_every_column(database: Database, narrow: Visibility) -> None:
    seen = database.connection().execute(narrow.sql("SELECT * FROM dialog LIMIT 0")).description
    assert {column[0] for column in seen} == {column.name for column in tables.metadata.tables["dialog"].columns}


def test_a_lens_that_has_not_looked_at_the_columns_shows_nothing() -> None:
    with pytest.raises(RuntimeError, match="columns"):
        Visibility("sqlite", lines=ONE_LINE).sql("SELECT id FROM dialog")


def test_every_table_is_hidden_or_reached_through_a_hidden_one_or_the_companys(narrow: Visibility) -> None:
    """A new table has to be thought about."""
    hidden = set(narrow._shown or ())
    named = [*hidden, *THROUGH, *OF_THE_COMPANY]
    assert sorted(named) == sorted(tables.metadata.tables)
    assert set(THROUGH.values()) <= hidden
    for table, through in THROUGH.items():
        refers = {key.column.table.name for key in tables.metadata.tables[table].foreign_keys}
        assert through in refers, table


def test_what_is_reached_through_a_hidden_table_is_asked_for_only_with_it_or_by_a_number_found_in_it(
    database: Database, dialect: str
) -> None:
    hidden = set(looking(Visibility(dialect, lines=ONE_LINE, reader=READER), database)._shown or ())
    texts = {name: statements("sqlite")[name] for name in QUESTIONS}
    words = {name: set(re.findall(r"\w+", text)) for name, text in texts.items()}
    loose = [
        name
        for name, text in texts.items()
        if words[name] & THROUGH.keys()
        and not (words[name] & hidden or re.search(r":(dialog|message|channel|ids?|operator)\b", text))
    ]
    assert loose == []


def test_a_question_is_understood_through_a_lens_as_well(database: Database, dialect: str, narrow: Visibility) -> None:
    def understood(name: str) -> None:
        sql, pick = narrow.statement(name, prepared(dialect))
        with database.reading():
            plan = database.connection().execute(f"EXPLAIN {sql}", pick(sample(statements(dialect)[name], dialect)))
            assert plan.fetchall()

    every(QUESTIONS, understood)


def test_what_changes_rows_is_asked_as_it_is(dialect: str) -> None:
    narrow = Visibility(dialect, lines=ONE_LINE)
    whole = prepared(dialect)
    changes = set(statements(dialect)) - set(QUESTIONS)
    assert {name for name in changes if narrow.statement(name, whole).sql != whole[name].sql} == set()


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_another_lines_rows_are_not_there(shop: Shop) -> None:
    ours, theirs = shop.line("Опт"), shop.line("Розница")
    for line in (ours, theirs):
        shop.hear(shop.channel(line=line), who=f"клиент {line}")

    def seen(tx: Tx) -> tuple[object, ...]:
        tables = ("line", "channel", "dialog", "message", "contact", "arrived")
        counts = [tx.compose(int, f"SELECT COUNT(*) FROM {table}", {})[0] for table in tables]
        return (*counts, len(dialog_list.ids(tx, shop.driver.dialect, DialogFilter())))

    narrow = Visibility(shop.driver.dialect, lines=[ours])
    assert shop.read(lambda tx: seen(tx.through(narrow))) == (1,) * 7
    assert shop.read(lambda tx: seen(tx.through(Visibility(shop.driver.dialect, lines=())))) == (0,) * 7
    assert shop.read(seen) == (2,) * 7


@pytest.mark.req("S-128")
@pytest.mark.parametrize("lines", [None, "theirs"])
def test_who_sees_only_their_own_dialogs_has_those_assigned_to_them_and_those_they_take_part_in(
    shop: Shop, lines: str | None
) -> None:
    line, other = shop.line("Опт"), shop.line("Розница")
    shop.write(lambda tx: operators.add(tx, READER, "", [], only_own=True))
    names = ("assigned", "producer", "participant", "observer", "colleague's", "nobody's", "elsewhere")
    ours, far = shop.channel(line=line), shop.channel(line=other)
    found = {name: shop.message(shop.hear(far if name == "elsewhere" else ours, who=name)).dialog_id for name in names}
    for name in ("producer", "participant", "observer"):
        shop.write(lambda tx, name=name: duties.join(tx, found[name], READER, name))
    for name, who in (("assigned", READER), ("elsewhere", READER), ("colleague's", "Пётр")):
        shop.write(lambda tx, name=name, who=who: duties.assign(tx, found[name], who))
    theirs = set(names) - {"colleague's", "nobody's", *(["elsewhere"] if lines else [])}
    narrow = Visibility(shop.driver.dialect, lines=[line] if lines else None, reader=READER, only_own=True)

    def seen(tx: Tx) -> tuple[object, ...]:
        tables = ("dialog", "message", "contact")
        counts = [tx.compose(int, f"SELECT COUNT(*) FROM {table}", {})[0] for table in tables]
        told = {entry.event.dialog for entry in journal.after(tx, 0, n=1000)} - {None}
        return set(dialog_list.ids(tx, shop.driver.dialect, DialogFilter())), counts, told

    ids = {found[name] for name in theirs}
    assert shop.read(lambda tx: seen(tx.through(narrow))) == (ids, [len(ids)] * 3, ids)


@pytest.mark.req("S-128", part="access limited to the dialogs that are theirs")
@pytest.mark.parametrize("lost", ["unassigned", "given to a colleague", "left"])
def test_who_has_a_dialog_no_longer_hears_of_that_and_of_nothing_later(shop: Shop, lost: str) -> None:
    shop.write(lambda tx: operators.add(tx, READER, "", [], only_own=True))
    dialog = shop.message(shop.hear(shop.channel())).dialog_id
    give = {
        "unassigned": lambda tx: duties.unassign(tx, dialog),
        "given to a colleague": lambda tx: duties.assign(tx, dialog, "Пётр"),
        "left": lambda tx: duties.leave(tx, dialog, READER),
    }[lost]
    if lost == "left":
        shop.write(lambda tx: duties.join(tx, dialog, READER, "observer"))
    else:
        shop.write(lambda tx: duties.assign(tx, dialog, READER))
    start = shop.read(journal.last)
    shop.write(give)
    shop.write(lambda tx: dialogs.tag(tx, dialog, "VIP"))
    for name, heard in ((READER, 1), ("О_Нил 100%", 0)):
        narrow = Visibility(shop.driver.dialect, lines=None, reader=name, only_own=True)
        told = shop.read(lambda tx, narrow=narrow: journal.after(tx.through(narrow), start, n=9))
        assert len(told) == heard


def test_naming_who_acts_shows_no_more_and_the_whole_shows_all_under_the_same_name(shop: Shop) -> None:
    shop.channel()
    nothing = Visibility(shop.driver.dialect, lines=())

    def seen(tx: Tx) -> tuple[str, int]:
        return tx.name, tx.compose(int, "SELECT COUNT(*) FROM channel", {})[0]

    narrowed = shop.read(lambda tx: seen(tx.through(nothing).by(owner("Анна"))))
    lifted = shop.read(lambda tx: seen(tx.through(nothing).by(owner("Анна")).whole()))
    assert (narrowed, lifted) == (("Анна", 0), ("Анна", 1))


@pytest.mark.parametrize("lines", [None, ONE_LINE, (1, 2)])
def test_a_list_seen_through_a_lens_is_read_in_order_and_not_sorted(
    shop: Shop, dialect: str, lines: tuple[LineId, ...] | None
) -> None:
    if dialect != "sqlite":
        pytest.skip("SQLite tells its plan in words")
    sql = f"{dialog_list._ROW} WHERE d.blocked = 0 AND d.snoozed_until IS NULL {dialog_list._NEWEST} LIMIT 50"
    narrow = Visibility(dialect, lines=lines, reader=READER)
    shop.read(lambda tx: tx.through(narrow))
    with closing(shop.driver.connect()) as connection:
        plan = str(connection.execute(f"EXPLAIN QUERY PLAN {narrow.sql(sql)}").fetchall())
    assert "USING INDEX ix_dialog_" in plan
    assert "ORDER BY" not in plan
