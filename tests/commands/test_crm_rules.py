"""A person at a shell who says by rules in which pipeline deals are made, and sees them made there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.sandbox.bitrix24.objects import PortalCard
from chatapp_cli.services import links
from chatapp_cli.services.ingest import ingest
from tests.commands.conftest import Shell
from tests.commands.crm_office import Office, eventually


def hears(company: Company, channel: ChannelId, who: str, *texts: str) -> None:
    """A client writes."""
    for text in texts:
        event = MessageArrived(
            peer=Peer(key=who, address=who, title=who),
            ext_id=f"{who} {text}",
            at=company.world.clock.now(),
            text=text,
            sender=Profile(id=who, name=who),
        )
        batch = Batch(arrivals=(Arrival(provider_id=f"{who} {text}", raw=b"{}", events=(event,)),))
        company.write(lambda tx, batch=batch: ingest(tx, channel, batch))  # type: ignore[misc]


def deals(office: Office) -> list[PortalCard]:
    return [card for card in office.portal.cards if card.kind == "deal"]


def places(office: Office) -> list[tuple[int, str, int]]:
    return [(card.category, card.stage, card.responsible) for card in deals(office)]


def written(office: Office) -> list[str]:
    return [one.text.partition("\n")[2] for one in office.portal.comments]


@pytest.fixture
def linked(chatapp: Shell, company: Company, office: Office, bound: ChannelId) -> LinkId:
    """A portal with three pipelines, linked by a webhook and paired."""
    office.portal.server.office.funnels |= {9: "Опт", 11: "Поддержка"}
    office.portal.server.office.own_fields["ufCrm_1721"] = "Откуда"
    said = chatapp("crm", "link", "bitrix24", "--set", "way=webhook", "--set", f"webhook={office.portal.webhook}")
    link = LinkId(int(said.out))
    eventually(lambda: company.read(lambda tx: links.one(tx, link)).state == LinkState.OK)
    chatapp("crm", "attach", bound, "deal-0")
    return link


@pytest.mark.req("S-189", part="by keywords")
@pytest.mark.req("S-188", part="pipeline, stage, fields, responsible of deals in Bitrix24")
def test_a_deal_lands_in_the_pipeline_that_the_rules_name_and_the_trial_says_the_same(
    chatapp: Shell, company: Company, office: Office, linked: LinkId, bound: ChannelId
) -> None:
    made = chatapp(
        "crm", "rules", "add", "Продажи", "--word", "купить, заказать", "--pipeline", "deal-9", "--stage", "Подготовка",
        "--field", "Откуда=чат", "--responsible", "29",
    )  # fmt: skip
    chatapp("crm", "rules", "add", "Помощь", "--word", "поддержка", "--pipeline", "Deals: Поддержка")
    trial = chatapp("crm", "rules", "test", "--source", bound, "--text", "Хочу купить ёлку", "--json").json
    assert (trial["rule"]["id"], trial["rule"]["pipeline"], trial["rule"]["stage"]) == (
        int(made.out), "deal-9", "C9:PREPARATION",
    )  # fmt: skip
    assert trial["why"] == "it says «купить»"
    hears(company, bound, "Анна", "Хочу купить ёлку")
    hears(company, bound, "Иван", "Нужна помощь поддержки")
    hears(company, bound, "Олег", "Здравствуйте")
    eventually(lambda: len(written(office)) == 3)
    assert sorted(places(office)) == [(0, "NEW", 1), (9, "C9:PREPARATION", 29), (11, "C11:NEW", 1)]
    (sales,) = [card for card in deals(office) if card.category == 9]
    assert sales.fields["ufCrm_1721"] == "чат"
    assert [call.error for call in office.portal.calls if call.error] == []


def test_employees_take_turns_and_one_who_left_is_passed_over(
    chatapp: Shell, company: Company, office: Office, linked: LinkId, bound: ChannelId
) -> None:
    employees = office.portal.server.office.employees
    chatapp("crm", "rules", "add", "Всем", "--responsible", "27,29,1")
    employees[29].active = False
    for who in ("Анна", "Иван", "Олег"):
        hears(company, bound, who, "Здравствуйте")
    eventually(lambda: len(written(office)) == 3)
    assert [card.responsible for card in deals(office)] == [27, 1, 27]


def test_a_later_message_moves_the_deal_within_the_window(
    chatapp: Shell, company: Company, office: Office, linked: LinkId, bound: ChannelId
) -> None:
    chatapp("crm", "rules", "add", "Помощь", "--word", "возврат", "--pipeline", "deal-11")
    chatapp("crm", "rules", "add", "Все", "--window", "10", "--pipeline", "deal-9")
    hears(company, bound, "Анна", "Здравствуйте")
    eventually(lambda: places(office) == [(9, "C9:NEW", 1)])
    eventually(lambda: company.read(lambda tx: links.one(tx, linked)).waiting == 0)
    hears(company, bound, "Анна", "Оформите возврат")
    eventually(lambda: places(office) == [(11, "C11:NEW", 1)])
    eventually(lambda: written(office) == ["Здравствуйте", "Оформите возврат"])


def test_an_open_deal_is_used_whatever_the_rules_say(
    chatapp: Shell, company: Company, office: Office, linked: LinkId, bound: ChannelId
) -> None:
    chatapp("crm", "rules", "add", "Лиды", "--word", "цена", "--pipeline", "lead")
    chatapp("crm", "rules", "add", "Опт", "--pipeline", "deal-9")
    hears(company, bound, "Анна", "Здравствуйте", "Какая цена?")
    eventually(lambda: len(written(office)) == 2)
    assert places(office) == [(9, "C9:NEW", 1)]
    assert [card.kind for card in office.portal.cards if card.kind == "lead"] == []


def test_a_stage_that_was_deleted_costs_the_stage_and_not_the_deal(
    chatapp: Shell, company: Company, office: Office, linked: LinkId, bound: ChannelId
) -> None:
    chatapp("crm", "rules", "add", "Опт", "--pipeline", "deal-9", "--stage", "C9:PREPARATION")
    office.portal.server.office.gone_stages.add("C9:PREPARATION")
    hears(company, bound, "Анна", "Здравствуйте")
    eventually(lambda: places(office) == [(9, "C9:NEW", 1)])


def test_rules_are_listed_changed_ordered_and_removed(chatapp: Shell, linked: LinkId, bound: ChannelId) -> None:
    one = int(chatapp("crm", "rules", "add", "Опт", "--word", "опт", "--pipeline", "deal-9").out)
    two = int(chatapp("crm", "rules", "add", "Ночь", "--hours", "22:00-06:00", "--zone", "Europe/Moscow").out)
    rest = int(chatapp("crm", "rules", "add", "Остальное", "--pipeline", "deal-11").out)
    three = int(chatapp("crm", "rules", "add", "Бот", "--channel", bound, "--without", "привет").out)
    assert [row[:3] for row in chatapp("crm", "rules", "list").rows] == [
        ["1", str(one), "Опт"], ["2", str(two), "Ночь"], ["3", str(three), "Бот"], ["4", str(rest), "Остальное"],
    ]  # fmt: skip
    twice = chatapp.run("crm", "rules", "order", one, one)
    assert (twice.code, twice.err) == (2, f"Rule {one} is named twice.\n→ Name each rule once.\n")
    chatapp("crm", "rules", "order", two, three)
    assert [rule["id"] for rule in chatapp("crm", "rules", "list", "--json").json] == [two, three, one, rest]
    chatapp("crm", "rules", "edit", one, "--word", "опт, оптом", "--name", "Оптовики", "--pipeline", "deal-11")
    changed = chatapp("crm", "rules", "list", "--json").json[2]
    assert (changed["name"], changed["if"], changed["pipeline"]) == ("Оптовики", {"words": ["опт", "оптом"]}, "deal-11")
    chatapp("crm", "rules", "remove", two)
    assert [rule["id"] for rule in chatapp("crm", "rules", "list", "--json").json] == [three, one, rest]


def test_an_empty_value_takes_a_condition_or_an_outcome_away(chatapp: Shell, linked: LinkId, bound: ChannelId) -> None:
    rule = chatapp(
        "crm", "rules", "add", "Опт", "--word", "опт", "--hours", "09:00-18:00", "--zone", "Europe/Moscow",
        "--pipeline", "deal-9", "--stage", "C9:NEW", "--field", "ufCrm_1721=чат", "--responsible", "29",
    ).out.strip()  # fmt: skip
    chatapp("crm", "rules", "edit", rule, "--word", "", "--hours", "", "--zone", "", "--responsible", "", "--field", "")
    (left,) = chatapp("crm", "rules", "list", "--json").json
    assert (left["if"], left["fields"], left["responsible"]) == ({}, {}, None)
    chatapp("crm", "rules", "edit", rule, "--pipeline", "lead")
    assert chatapp("crm", "rules", "list", "--json").json[0]["stage"] is None  # it was one of the other pipeline


@pytest.mark.req("S-189", part="by source and by time")
@pytest.mark.parametrize(
    ("at", "name"),
    [
        ("2026-12-30T17:59+03:00", "Рабочее время"),
        ("2026-12-30T18:00+03:00", "Остальное"),
        ("2026-12-31T12:00+03:00", "Остальное"),  # moved: off
        ("2027-02-20T12:00+03:00", "Рабочее время"),  # moved: a Saturday on which people work
        ("2026-12-30T23:59+03:00", "Остальное"),
        ("2026-12-31T00:00+03:00", "Ночь на выходной"),
    ],
)
def test_a_trial_says_which_rule_fits_at_a_time(
    chatapp: Shell, linked: LinkId, bound: ChannelId, at: str, name: str
) -> None:
    moscow = ("--zone", "Europe/Moscow", "--calendar", "ru", "--channel", str(bound))
    chatapp("crm", "rules", "add", "Рабочее время", "--hours", "09:00-18:00", "--days", "working", *moscow)
    chatapp("crm", "rules", "add", "Ночь на выходной", "--hours", "00:00-06:00", "--days", "off", *moscow)
    chatapp("crm", "rules", "add", "Остальное")
    said = chatapp("crm", "rules", "test", "--source", bound, "--at", at, "--json").json
    assert said["rule"]["name"] == name
    shown = chatapp("crm", "rules", "test", "--source", bound, "--at", at)
    assert shown.rows[-1][1:3] == [name, "yes"]
    assert f"Rule {name}: –, responsible: the CRM decides" in shown.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--pipeline", "deal-77"], "There is no pipeline deal-77 in the CRM."),
        (["--pipeline", "deal-9", "--stage", "C9:GONE"], "There is no stage C9:GONE in Deals: Опт."),
        (["--pipeline", "deal-9", "--field", "ufCrm_9=1"], "There is no field ufCrm_9 in Deals: Опт"),
        (["--pipeline", "deal-9", "--tag", "chatapp"], "Cards in Deals: Опт have no tags."),
        (["--responsible", "404"], "There is no employee 404 who works in the CRM."),
        (["--hours", "09:00-09:00", "--zone", "Europe/Moscow"], "09:00-09:00 is empty"),
        (["--hours", "09:00-18:00"], "Hours need a time zone."),
        (
            ["--word", "купить", "--without", "купить"],
            "can never fit, because these exclude each other: with «купить»; without «купить».",
        ),
        (["--word", "!!!"], "There is no word in «!!!»."),
        (["--word", ""], "An empty word is none."),
        (["--days", ""], "days of a condition is empty."),
        (["--window", "abc"], "abc is no number of minutes.\n→ Minutes are a whole number, such as: 30"),
        (["--hours", "00:00-24:00", "--outside", "--zone", "Europe/Moscow"], "there is no time outside 00:00-24:00."),
        (["--word", "опт", "--word", "оптом"], "The rule Ещё would never be reached: all that it fits, Всё takes"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_with_what_to_do(
    chatapp: Shell, linked: LinkId, bound: ChannelId, words: list[str], said: str
) -> None:
    chatapp("crm", "rules", "add", "Всё", "--word", "опт", "--word", "оптом", "--word", "розница")
    refused = chatapp.run("crm", "rules", "add", "Ещё", *words)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
    again = chatapp.run("crm", "rules", "add", "всё", "--word", "цена")
    assert (again.code, again.err.splitlines()[0]) == (2, "There is a rule всё already.")
    assert [rule["name"] for rule in chatapp("crm", "rules", "list", "--json").json] == ["Всё"]


def test_conditions_of_a_file_are_nested(chatapp: Shell, linked: LinkId, bound: ChannelId, tmp_path: Path) -> None:
    file = tmp_path / "if.json"
    file.write_text(json.dumps({"any": [{"words": ["опт"]}, {"not": {"channels": [int(bound)]}}]}), "utf-8")
    chatapp("crm", "rules", "add", "Опт", "--if", file, "--pipeline", "deal-9")
    assert chatapp.run("crm", "rules", "test", "--source", bound, "--text", "Сколько стоит?").code == 1
    assert chatapp.run("crm", "rules", "test", "--source", bound, "--text", "Продаёте оптом?").code == 0


@pytest.mark.usefixtures("linked")
def test_the_fields_of_cards_are_listed_with_the_rules_that_fill_them_and_tried_on_a_dialog_without_writing(
    chatapp: Shell, company: Company, office: Office, bound: ChannelId
) -> None:
    assert "No rule fills a field." in chatapp("crm", "fields").err
    words = ("--word", "цена", "--pipeline", "deal-9", "--field", "Откуда=чат", "--responsible", "29")
    chatapp("crm", "rules", "add", "Цены", *words)
    (row,) = [row for row in chatapp("crm", "fields").rows if "Откуда" in row]
    assert row[-1] == "Цены: чат"
    assert ["owner_deal", "Deals count for who is responsible", "yes"] in [
        row[-3:] for row in chatapp("crm", "fields").rows
    ]
    hears(company, bound, "Анна", "Ау")
    empty = chatapp("crm", "fields", "--dialog", 1, "--json").json
    assert (empty["rule"], empty["text"], empty["fields"]) == (None, "Ау", {})
    hears(company, bound, "Анна", "Какая цена?")
    eventually(lambda: len(written(office)) == 2)
    calls = len(office.portal.calls)
    shown = chatapp("crm", "fields", "--dialog", 1)
    assert ["Откуда", "чат"] in shown.rows
    assert ["Responsible", "employee Олег Ким"] in shown.rows
    assert {call.method for call in office.portal.calls[calls:]}.isdisjoint({"crm.item.add", "crm.item.update"})
