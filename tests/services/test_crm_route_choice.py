"""What the rules of a link say of a client's messages, and what is remembered of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.crm.outcome import CardOutcome
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.domain.ids import LinkId, RuleId
from chatapp_cli.domain.journal.links import RulesChanged
from chatapp_cli.services import (
    channels,
    crm_entries,
    crm_rules,
    dialogs,
    duties,
    employees,
    journal,
    ledger,
    lines,
    rule_versions,
)
from chatapp_cli.services.crm_route_choice import RuleDesk, occasion
from chatapp_cli.services.rule_outcomes import ResponsibleWay, RuleOutcome
from chatapp_cli.store.rows.crm import EntryRow
from tests.services.paired import CRM, Paired, linked
from tests.stores import HeldClock, Shop


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


class Sales:
    """The rules of the desk's link, and its entries as a session gets them."""

    def __init__(self, desk: Paired) -> None:
        self.desk, self.shop = desk, desk.shop
        self.loader = crm_entries.EntryLoader(
            crm=CRM, manifest=lambda _row: pytest.fail("not needed"), vault=desk.shop.vault, public_url="",
            rules=RuleDesk(),
        )  # fmt: skip

    def rule(self, name: str, asked: dict[str, Any] | None = None, folder: Path | None = None, **said: Any) -> RuleId:
        outcome = RuleOutcome(**{"pipeline": name, **said})
        add = partial(crm_rules.add, link=self.desk.link, name=name, asked=asked or {}, outcome=outcome, folder=folder)
        made: RuleId = self.shop.write(add)
        return made

    def hears(self, text: str, who: str = "anna", **values: Any) -> tuple[EntryRow, CardOutcome | None]:
        self.shop.hear(self.desk.channel, text, who=who, **values)
        (row,) = self.desk.entries()
        return row, self.outcome(row)

    def outcome(self, row: EntryRow) -> CardOutcome | None:
        entry: LedgerEntry | None = self.shop.write(partial(self.loader.load, row=row))
        assert entry is not None
        return entry.outcome

    def taken(self, row: EntryRow, outcome: CardOutcome | None = None, card: str = "") -> None:
        """Let the CRM take an entry, and make or move a card by its outcome."""
        self.shop.write(lambda tx: ledger.begin(tx, [row]))
        shown = CrmReceipt(card=card)
        if outcome is not None:
            shown = CrmReceipt(card=card, outcome=outcome.number, turn=outcome.turn + 1)
        assert self.shop.write(lambda tx: ledger.settle(tx, row, shown))


@pytest.fixture
def sales(desk: Paired) -> Sales:
    return Sales(desk)


def test_without_rules_nothing_is_decided(sales: Sales) -> None:
    assert sales.hears("Здравствуйте")[1] is None


def test_the_first_rule_that_fits_decides_and_a_default_stands_last(sales: Sales) -> None:
    rest = sales.rule("rest")
    wholesale = sales.rule("wholesale", {"words": ["опт"]}, stage="new", fields={"f": "1"}, tags=("chatapp",))
    row, outcome = sales.hears("Продаёте оптом?")
    assert outcome == CardOutcome(
        number=wholesale, name="wholesale", pipeline="wholesale", stage="new", fields={"f": "1"}, tags=["chatapp"]
    )
    sales.taken(row)
    other = sales.hears("Здравствуйте", "boris")[1]
    assert other is not None
    assert other.number == rest


def test_a_message_that_is_told_again_decides_the_same_also_after_the_rules_changed(sales: Sales) -> None:
    rule = sales.rule("sales", way=ResponsibleWay.TURNS, employees=("1", "2"))
    row, outcome = sales.hears("Здравствуйте")
    assert outcome is not None
    sales.rule("earlier", {"words": ["здравствуйте"]})
    again = sales.outcome(row)
    assert again == outcome
    assert (again.number, again.turn, again.employees) == (rule, 0, ("1", "2"))


def test_each_conversation_is_the_next_ones_turn(sales: Sales) -> None:
    sales.rule("sales", way=ResponsibleWay.TURNS, employees=("1", "2"))
    turns = []
    for who in ("anna", "boris", "clara"):
        row, outcome = sales.hears("Здравствуйте", who)
        assert outcome is not None
        turns.append(outcome.turn)
        sales.taken(row, outcome, f"deal:{len(turns)}")
    row, outcome = sales.hears("И ещё")
    assert outcome is not None
    sales.taken(row)  # her deal is open: it was nobody's turn
    row, outcome = sales.hears("Здравствуйте", "elena")
    sales.taken(row)  # and so is hers, in the CRM alone
    assert turns == [0, 1, 2]
    assert sales.hears("Здравствуйте", "dora")[1].turn == 3  # type: ignore[union-attr]


def test_a_message_is_decided_by_the_rules_as_they_were_when_it_came(sales: Sales) -> None:
    """Whether they were changed, added, moved or removed since; who takes turns goes on counting."""
    returns = sales.rule("returns", {"words": ["возврат"]}, way=ResponsibleWay.TURNS, employees=("1", "2"))
    rest = sales.rule("rest", stage="new")
    link = sales.desk.link
    for who in ("anna", "boris"):
        sales.shop.hear(sales.desk.channel, "Возврат" if who == "anna" else "Здравствуйте", who=who)
    anna, boris = sales.desk.entries()
    sales.shop.write(partial(crm_rules.remove, link=link, rule=returns))
    sales.shop.write(partial(
        crm_rules.change, link=link, rule=rest, name="rest", asked={}, outcome=RuleOutcome(pipeline="other"),
    ))  # fmt: skip
    hello = sales.rule("hello", {"words": ["здравствуйте"]})
    decided = [sales.outcome(row) for row in (anna, boris)]
    assert [(one.number, one.pipeline, one.stage) for one in decided if one is not None] == [
        (returns, "returns", ""), (rest, "rest", "new"),
    ]  # fmt: skip
    sales.taken(anna, decided[0], "deal:1")
    sales.taken(boris, decided[1], "deal:2")
    now = sales.hears("Здравствуйте", "clara")[1]
    assert now is not None
    assert now.number == hello


def test_rules_of_before_are_forgotten_once_nothing_waits_for_them(sales: Sales) -> None:
    rest = sales.rule("rest")
    row, outcome = sales.hears("Здравствуйте")
    for number in range(3):
        sales.rule(f"rule {number}", {"words": [f"слово{number}"]})
    assert sales.shop.read(lambda tx: rule_versions.of(tx, sales.desk.link, row.id))
    sales.taken(row, outcome, "deal:1")
    sales.shop.write(partial(crm_rules.move, link=sales.desk.link, rule=rest, place=4))
    assert not sales.shop.read(lambda tx: rule_versions.of(tx, sales.desk.link, row.id))


def test_a_daemon_sees_that_a_line_is_gone_or_a_calendar_changed_without_a_change_of_rules(
    sales: Sales, tmp_path: Path, clock: HeldClock
) -> None:
    sales.loader = replace(sales.loader, rules=RuleDesk(tmp_path))
    calendar = tmp_path / "shop.toml"
    calendar.write_text("")
    line = sales.shop.line("Временная")
    here = sales.shop.read(partial(channels.one, channel=sales.desk.channel)).line_id
    sales.rule("two lines", {"lines": [line, here], "words": ["опт"]})
    asked = {"days": ["off"], "zone": "UTC", "calendar": "shop"}
    add = partial(crm_rules.add, link=sales.desk.link, name="off", asked=asked, outcome=RuleOutcome(), folder=tmp_path)
    sales.shop.write(add)
    sales.rule("rest", folder=tmp_path)
    clock.at = round(datetime(2026, 6, 3, 12, tzinfo=ZoneInfo("UTC")).timestamp() * 1000)

    def decided(text: str, who: str) -> str:
        row, outcome = sales.hears(text, who, at=clock.at)
        assert outcome is not None
        sales.taken(row)
        return outcome.name

    assert [decided("Опт", "anna"), decided("Привет", "boris")] == ["two lines", "rest"]
    sales.shop.write(lambda tx: lines.remove(tx, lines.find(tx, "Временная"), force=False))
    calendar.write_text('holidays = ["06-03"]')
    assert [decided("Опт", "clara"), decided("Привет", "dora")] == ["off", "off"]


def test_a_later_message_moves_the_card_only_within_the_window_and_by_an_earlier_rule(
    sales: Sales, clock: HeldClock
) -> None:
    sales.rule("returns", {"words": ["возврат"]})
    sales.rule("rest", window=10)
    row, outcome = sales.hears("Здравствуйте")
    sales.taken(row, outcome, "deal:17")
    row, outcome = sales.hears("Как дела", at=clock.now() + 60_000)
    assert outcome is not None
    assert outcome.moves == ""
    sales.taken(row)
    row, outcome = sales.hears("Возврат", at=clock.now() + 10 * 60_000)
    assert outcome is not None
    assert (outcome.name, outcome.moves) == ("returns", "deal:17")
    sales.taken(row, outcome, "deal:17")
    row, outcome = sales.hears("Нет, возврат не нужен", at=clock.now() + 10 * 60_000)
    assert outcome is not None
    assert outcome.moves == ""


def test_a_card_that_was_moved_is_moved_again_only_within_the_first_window(sales: Sales, clock: HeldClock) -> None:
    sales.rule("urgent", {"words": ["срочно"]})
    sales.rule("returns", {"words": ["возврат"]}, window=10)
    sales.rule("rest", window=10)
    row, outcome = sales.hears("Здравствуйте")
    sales.taken(row, outcome, "deal:17")
    row, outcome = sales.hears("Возврат", at=clock.now() + 9 * 60_000)
    sales.taken(row, outcome, "deal:17")
    late = sales.hears("Срочно", at=clock.now() + 15 * 60_000)[1]
    assert late is not None
    assert (late.name, late.moves) == ("urgent", "")


def test_a_message_after_the_window_moves_nothing(sales: Sales, clock: HeldClock) -> None:
    sales.rule("returns", {"words": ["возврат"]})
    sales.rule("rest", window=10)
    row, outcome = sales.hears("Здравствуйте")
    sales.taken(row, outcome, "deal:17")
    row, outcome = sales.hears("Возврат", at=clock.now() + 10 * 60_000 + 1)
    assert outcome is not None
    assert outcome.moves == ""
    sales.taken(row, outcome, "deal:18")  # the first deal was closed meanwhile, so another was made
    assert sales.hears("Возврат денег")[1].moves == ""  # type: ignore[union-attr]


def test_the_dialogs_operator_is_responsible_as_the_employee_that_they_are(sales: Sales) -> None:
    sales.rule("sales", way=ResponsibleWay.ASSIGNEE)
    row, outcome = sales.hears("Здравствуйте")
    assert outcome is not None
    assert outcome.employees == ()
    name = sales.shop.acting.name
    employee = Employee(id="29", name="Ольга")
    sales.shop.write(partial(employees.map_to, link=sales.desk.link, operator=name, employee=employee))
    sales.shop.write(partial(duties.assign, dialog=row.dialog_id, name=name))
    again = sales.outcome(row)
    assert again is not None
    assert again.employees == ("29",)


@pytest.mark.parametrize(
    ("at", "name"),
    [
        ("2026-12-30 23:59", "day"),
        ("2026-12-31 00:00", "off"),  # moved: people do not work
        ("2027-02-20 12:00", "day"),  # a Saturday on which they do
        ("2027-02-22 12:00", "off"),
    ],
)
def test_what_the_rules_decide_is_what_their_trial_says_also_at_midnight_and_at_a_moved_day(
    sales: Sales, clock: HeldClock, at: str, name: str
) -> None:
    sales.rule("off", {"days": ["off"], "zone": "Europe/Moscow", "calendar": "ru"})
    sales.rule("day")
    clock.at = round(datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Europe/Moscow")).timestamp() * 1000)
    row, outcome = sales.hears("Здравствуйте", at=clock.at)
    assert outcome is not None
    assert outcome.name == name
    assert row.message_id is not None
    message, card = sales.shop.message(row.message_id), sales.shop.read(partial(dialogs.card, dialog=row.dialog_id))
    rules = sales.shop.read(partial(crm_rules.everything, link=sales.desk.link))
    assert crm_rules.explained(rules, occasion(card, message.text, message.at))[-1].rule.name == name


def test_a_rule_whose_line_is_gone_is_passed_over_and_says_so(sales: Sales) -> None:
    line = sales.shop.line("Временная")
    sales.rule("gone", {"lines": [line]})
    sales.rule("rest")
    sales.shop.write(lambda tx: lines.remove(tx, lines.find(tx, "Временная"), force=False))
    (gone, rest) = sales.shop.read(partial(crm_rules.everything, link=sales.desk.link))
    assert gone.problem is not None
    assert rest.problem is None
    outcome = sales.hears("Здравствуйте")[1]
    assert outcome is not None
    assert outcome.name == "rest"


def test_the_journal_names_each_change_and_a_rule_of_another_link_is_not_found(sales: Sales) -> None:
    wholesale, rule = (sales.rule(name, {"words": [name]}) for name in ("wholesale", "sales"))
    link = sales.desk.link
    with pytest.raises(NotFound, match="There is no rule 99"):
        sales.shop.write(partial(crm_rules.remove, link=link, rule=RuleId(99)))
    with pytest.raises(NotFound):
        sales.shop.write(partial(crm_rules.remove, link=LinkId(link + 1), rule=rule))
    sales.shop.write(partial(crm_rules.move, link=link, rule=rule, place=1))
    sales.shop.write(partial(crm_rules.move, link=link, rule=rule, place=2))
    sales.shop.write(partial(crm_rules.remove, link=link, rule=rule))
    told = [entry.event for entry in sales.shop.read(partial(journal.after, number=0))]
    changes = [(event.rule, event.change) for event in told if isinstance(event, RulesChanged)]
    assert changes[:2] == [(wholesale, "added"), (rule, "added")]
    assert changes[2:] == [(rule, "moved"), (rule, "moved"), (rule, "removed")]


def test_an_order_that_leaves_a_rule_unreached_is_refused_and_nothing_is_moved(sales: Sales) -> None:
    first, rest = sales.rule("first", {"words": ["опт"]}), sales.rule("rest")
    with pytest.raises(UsageError, match="would never be reached"):
        sales.shop.write(partial(crm_rules.order, link=sales.desk.link, numbers=[rest]))
    assert [rule.id for rule in sales.shop.read(partial(crm_rules.everything, link=sales.desk.link))] == [first, rest]
