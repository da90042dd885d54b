"""A person at a shell who makes rules, and sees what they say."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.commands import automating
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.domain.automation import RuleEvent
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import auto_kinds, auto_run
from chatapp_cli.services.ingest import ingest
from tests.commands.conftest import Program, Shell


def add(chatapp: Shell, name: str, *words: object) -> int:
    return int(chatapp("rule", "add", name, *words).out)


def listed(chatapp: Shell) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = chatapp("rule", "list", "--json").json
    return found


@pytest.mark.req("S-035", part="rules are kept, ordered and switched by command")
def test_a_rule_is_added_shown_changed_ordered_switched_and_removed(chatapp: Shell, bound: int) -> None:
    vip = add(chatapp, "VIP", "--word", "опт", "--do", "tag=vip", "--do", "send=Здравствуйте, {имя клиента}!")
    night = add(chatapp, "Ночь", "--closed", "--do", "snooze=60", "--stop", "--disabled")
    assert listed(chatapp)[0] == {
        "id": vip, "place": 1, "about": "", "line": None, "name": "VIP", "when": "message.arrived", "kind": "rule",
        "if": {"words": ["опт"]}, "then": [{"tag": ["vip"]}, {"send": "Здравствуйте, {имя клиента}!"}],
        "else": [], "stop": False, "enabled": True, "works": True, "problem": None, "halted": None,
    }  # fmt: skip
    assert chatapp("rule", "list").rows[1] == [
        "2", str(night), "Ночь", "all", "a client writes", "while the line is closed", "snooze for 60 minutes", "off",
    ]  # fmt: skip
    chatapp("rule", "edit", "VIP", "--word", "", "--tagged", "Опт", "--when", "tag.added", "--about", "Опт")
    chatapp("rule", "order", "Ночь")
    chatapp("rule", "enable", night)
    assert [(one["name"], one["enabled"], one["if"]) for one in listed(chatapp)] == [
        ("Ночь", True, {"open": False}),
        ("VIP", True, {"tags": ["Опт"]}),
    ]
    chatapp("rule", "disable", "ночь")
    assert not listed(chatapp)[0]["works"]
    chatapp("rule", "remove", night)
    assert [one["name"] for one in listed(chatapp)] == ["VIP"]


@pytest.mark.req("K-06", part="a rule's else is kept, shown and taken away by command")
def test_what_a_rule_does_if_nobody_is_there_is_shown_changed_and_goes_into_files(
    chatapp: Shell, bound: int, tmp_path: Path
) -> None:
    add(chatapp, "Кому", "--do", "distribute=evenly", "--else", "tag=никого", "--else", "comment=Перезвонить")
    otherwise = [{"tag": ["никого"]}, {"comment": "Перезвонить"}]
    assert listed(chatapp)[0]["else"] == otherwise
    assert chatapp("rule", "list").rows[0][6] == (
        "distribute to whoever was given one longest ago; if nobody is there: tag with никого; "
        "comment “Перезвонить” in the card of the CRM"
    )
    tried = chatapp("rule", "test", "--source", bound, "--text", "Привет", "--json").json
    assert tried[0]["else"] == otherwise
    file = tmp_path / "rules.yaml"
    file.write_text(chatapp("rule", "export").out, encoding="utf-8")
    chatapp("rule", "edit", "Кому", "--else", "")
    assert listed(chatapp)[0]["else"] == []
    chatapp("rule", "import", file)
    assert listed(chatapp)[0]["else"] == otherwise
    assert "else:" in chatapp("rule", "show", "Кому").out


def test_the_secret_of_a_rule_stays_until_it_is_replaced_and_no_list_shows_what_an_address_hides(
    chatapp: Shell, bound: int
) -> None:
    add(chatapp, "Сказать", "--do", "webhook=https://example.org/desk?token=hidden")
    secret = chatapp("rule", "secret", "Сказать").out.strip()
    assert secret.startswith("whsec_")
    assert chatapp("rule", "secret", "Сказать", "--json").json == {"secret": secret}
    assert chatapp("rule", "secret", "Сказать", "--new").out.strip() != secret
    assert chatapp("rule", "list").rows[0][6] == "tell https://example.org"
    assert chatapp.run("rule", "secret", "Нет").code == 1


def test_only_whoever_may_change_a_rule_sees_the_whole_address_of_its_webhook(chatapp: Shell, bound: int) -> None:
    address = "https://example.org/desk?token=hidden"
    add(chatapp, "Сказать", "--do", f"webhook={address}")
    looks = [
        ["show", "Сказать"],
        ["show", "Сказать", "--json"],
        ["list", "--json"],
        ["export"],
        ["test", "Сказать", "--json", "--text", "опт"],
    ]
    assert [address in chatapp("rule", *words).out for words in looks] == [True] * len(looks)
    chatapp("user", "add", "Пётр", stdin="семь осенних листьев\n")
    chatapp("login", "Пётр", stdin="семь осенних листьев\n")
    assert chatapp.run("rule", "disable", "Сказать").code == 1
    for words in looks:
        said = chatapp("rule", *words).out
        assert ("https://example.org" in said, "/desk" in said, "hidden" in said) == (True, False, False), words


def test_addresses_and_what_is_known_of_clients_are_asked_for_by_options(chatapp: Shell, bound: int) -> None:
    add(chatapp, "Опт", "--from", "anna@mail.ru", "--known", "name", "--unknown", "phone", "--do", "tag=опт")
    assert listed(chatapp)[0]["if"] == {"from": ["anna@mail.ru"], "known": ["name"], "unknown": ["phone"]}


def test_everything_is_stopped_at_once_and_goes_on_as_it_was(chatapp: Shell, bound: int) -> None:
    for name in ("Опт", "Цены", "Доставка"):
        add(chatapp, name, "--word", name, "--do", "tag=опт")
    assert chatapp("rule", "disable", "Опт", "цены").err == "Rule Опт is off.\nRule Цены is off.\n"
    chatapp("rule", "enable", "Опт")
    stopped = chatapp("rule", "disable", "--all").err
    assert stopped == "Rule Опт is off.\nRule Доставка is off.\n"
    assert [one["works"] for one in listed(chatapp)] == [False] * 3
    shown = chatapp("rule", "list")
    assert [row[-1] for row in shown.rows] == ["off"] * 3
    assert shown.err.splitlines()[0] == "Rules that are off because all were switched off: 2"
    assert chatapp("rule", "disable", "--all").err == "There is no rule to switch.\n"
    assert chatapp("alarm", "list", "--json").json == []
    chatapp("rule", "enable", "--all")
    assert [one["works"] for one in listed(chatapp)] == [True, False, True]
    for wrong in ([], ["Опт", "--all"]):
        assert chatapp.run("rule", "disable", *wrong).code == 2
    assert chatapp.run("rule", "disable", "Опт", "Нет").code == 1
    assert [one["works"] for one in listed(chatapp)] == [True, False, True]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["--assignee", "никто", "--known", "телефон"], {"assignee": ["nobody"], "known": ["phone"]}),
        (["--assignee", "Кто угодно", "--chat", "группа"], {"assignee": ["anybody"], "chats": ["group"]}),
        (["--first", "день", "--waited", "15м"], {"first": "day", "waited": 15}),
        (["--at", "09:00 рабочие", "--waited", "15"], "09:00 working"),
        (["--at", "каждые 30м", "--waited", "15"], "every 30m"),
        (["--at", "Каждые 2 ч", "--waited", "15"], "every 120m"),
        (["--at", "10:00 сб,вс", "--waited", "15"], "10:00 sat,sun"),
    ],
)
def test_russian_words_of_rules_are_understood(chatapp: Shell, bound: int, words: list[str], meant: object) -> None:
    add(chatapp, "Опт", *words, "--do", "tag=опт")
    found = listed(chatapp)[0]
    assert meant in (found["if"], chatapp("rule", "list").rows[0][4].removeprefix("it is time "))
    assert chatapp.run("rule", "test", "--last", "7д").code == 1


def test_the_help_of_rules_names_every_event_and_act(chatapp: Shell) -> None:
    said = chatapp("rule", "add", "--help").out
    assert [one for one in (*RuleEvent, *auto_kinds.KINDS) if one not in said] == []


def test_variables_are_named_in_the_language_of_whoever_wrote_an_unknown_one(chatapp: Shell, bound: int) -> None:
    said = chatapp.run("rule", "add", "Опт", "--do", "send=Ваш {номер}", CHATAPP_LANG="ru").err
    assert "{имя клиента}, {название компании}, {название линии}, {дата}, {когда откроемся}" in said


def test_an_operator_where_there_are_no_accounts_is_told(chatapp: Shell, bound: int) -> None:
    said = chatapp("rule", "add", "Опт", "--do", "assign=Зоя").err
    assert said == "There are no accounts, so nobody is called Зоя: chatapp user add NAME\n"


def test_a_trial_takes_the_only_channel_and_among_several_asks_which(
    chatapp: Shell, bound: int, program: Program
) -> None:
    add(chatapp, "Опт", "--word", "опт", "--do", "tag=опт")
    assert chatapp("rule", "test", "--text", "опт").rows[0][2] == "yes"
    chatapp("line", "add", "Склад")
    chatapp("line", "bind", "api", "--line", "Склад", *program.answers, "--set", "name=Касса")
    asked = chatapp.run("rule", "test", "--text", "опт")
    assert (asked.code, "Say which the client writes to: --source CHANNEL" in asked.err) == (2, True)


def test_rules_go_into_a_file_and_come_back_the_same_in_another_desk(
    chatapp: Shell, bound: int, tmp_path: Path
) -> None:
    line = chatapp("line", "list", "--json").json[0]["name"]
    add(chatapp, "Опт", "--line", line, "--channel", bound, "--word", "опт", "--waited", "15", "--do", "waive")
    file = tmp_path / "rules.yaml"
    file.write_text(chatapp("rule", "export").out, encoding="utf-8")
    before = listed(chatapp)
    chatapp("rule", "remove", "Опт")
    chatapp("rule", "import", file)
    chatapp("rule", "import", file)
    assert [{**one, "id": 0} for one in listed(chatapp)] == [{**one, "id": 0} for one in before]
    assert before[0]["line"] == line
    as_json = json.dumps({"version": 1, "rules": [{"name": "Опт", "then": [{"tag": "опт"}]}]})
    chatapp("rule", "import", "-", stdin=as_json)
    assert listed(chatapp)[0]["then"] == [{"tag": ["опт"]}]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--do", "fly=1"], "A rule cannot fly."),
        ([], "The rule does nothing."),
        (["--do", "tag="], "tag of a rule needs a value."),
        (["--do", "snooze=soon"], "snooze of a rule cannot be soon."),
        (["--do", "reply=Нет"], "There is no quick reply Нет."),
        (["--do", "send=Ваш заказ {номер}"], "Nothing fills {номер} in an automatic text."),
        (["--do", "webhook=http://example.org/"], "It has to begin with https://."),
        (["--do", "tag=a", "--else", "tag=b"], "Nothing of the rule looks for somebody, so its else is never done."),
        (["--do", "robot=x"], "robot of a rule cannot be x."),
        (["--do", "tag=a", "--when", "moon.full"], "Rules know no event moon.full."),
        (["--do", "tag=a", "--when", "dialog.created", "--word", "да"], "there is no message: words can never fit."),
        (["--do", "tag=a", "--about", "vip"], "message.arrived is about no tag, operator, field or stage."),
        (["--do", "tag=a", "--match", "(а|"], "is no regular expression"),
        (["--do", "tag=a", "--word", "да", "--without", "да"], "can never fit"),
        (["--do", "tag=a", "--line", "Луна"], "There is no line Луна."),
        (["--do", "tag=a", "--first", "week"], "first cannot be week."),
        (["--do", "tag=a", "--tagged", "vip", "--untagged", "vip"], "can never fit"),
        (["--do", "tag=a", "--line", "Магазин", "--on-line", "Другая"], "can never fit"),
        (["--do", "tag=a", "--when", "dialog.created", "--first", "ever"], "first can never fit."),
        (["--do", "tag=a", "--when", "contact.changed", "--about", "age"], "contact.changed is never about age."),
        (["--do", "tag=a", "--at", "09:00 mon-fri"], "now it is all that there are."),
        (["--do", "tag=a", "--at", "soon", "--waited", "5"], "soon is no time of a rule."),
        (["--do", "tag=a", "--stage", "Оплачена"], "No CRM tells at which stages its cards stand."),
        (["--do", "tag=a", "--when", "crm.stage"], "No CRM tells at which stages its cards stand."),
        (["--do", "send=Мы откроемся {opens_at}"], "Магазин has no working hours."),
    ],
)
def test_what_a_rule_cannot_mean_is_refused_and_nothing_is_kept(
    chatapp: Shell, bound: int, words: list[str], complaint: str
) -> None:
    chatapp("line", "add", "Другая")
    said = chatapp.run("rule", "add", "Опт", *words)
    assert said.code != 0
    assert complaint in said.err
    assert listed(chatapp) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("version: 2\nrules: []", "The file is of version 2; this program reads version 1."),
        ("- {name: А, then: [{tag: a}]}\n- {name: Б, then: [{fly: 1}]}", "Rule Б: A rule cannot fly."),
        ("- {name: А, then: [{distribute: evenly}], else: {tag: b}}", "Under “else” stands a list"),
        ("- {name: А, then: [{tag: a}], colour: red}", "The rule А has no colour."),
        ("- {name: А, then: [{tag: a}], stop: maybe}", "stop of the rule А cannot be maybe."),
        ("- {name: А, then: tag}", "each act in it says one thing to do"),
        ("- {name: А, if: {lines: [Луна]}, then: [{tag: a}]}", "There is no line Луна."),
        ("- &a {name: А}\n- *a", "It has references."),
        ("- [", "Line 1 is no correct YAML."),
        ("7", "It is no list of rules."),
        ("- {name: А, if: {stages: [Новая]}, then: [{tag: a}]}", "No CRM tells at which stages its cards stand."),
        ("- {name: А, when: time.due, at: 25, days: moon, if: {waited: 5}, then: [{tag: a}]}", "is no time of a rule."),
        ("- {name: А, when: time.due, every: 1m, if: {waited: 5}, then: [{tag: a}]}", "is too often or too rare."),
        ("- {name: А, if: {any: []}, then: [{tag: a}]}", "The rule А: “any” of the condition says nothing."),
        ("- {name: А, if: {all: [{}]}, then: [{tag: a}]}", "“all[1]” of the condition says nothing."),
        ("- {name: А, if: {not: {}}, then: [{tag: a}]}", "“not” of the condition says nothing."),
        ("- {name: А, if: {not: {words: }}, then: [{tag: a}]}", "“not.words” of the condition says nothing."),
        ("- {name: А, if: {days: [], hours: []}, then: [{tag: a}]}", "“days” of the condition says nothing."),
        ("- {name: А, if: {from: [' ']}, then: [{tag: a}]}", "“from[1]” of the condition says nothing."),
        ("- {name: А, if: {any: [{tags: [a]}, {waited: 0}]}, then: [{tag: a}]}", "“any[2].waited” of the condition"),
        ("- {name: А, if: [], then: [{tag: a}]}", "A condition is a mapping, not: []"),
        ("- {name: А, if: {calendar: moon, days: [working], zone: UTC}, then: [{tag: a}]}", "no calendar moon."),
    ],
)
def test_a_file_with_a_rule_that_means_nothing_adds_none_of_its_rules(
    chatapp: Shell, bound: int, text: str, complaint: str
) -> None:
    said = chatapp.run("rule", "import", "-", stdin=text)
    assert said.code != 0
    assert complaint in said.err
    assert listed(chatapp) == []


def test_a_file_may_say_that_a_rule_has_no_conditions(chatapp: Shell, bound: int) -> None:
    text = "- {name: А, if: {}, then: [{tag: a}]}\n- {name: Б, if: {open: false}, then: [{tag: b}]}"
    chatapp("rule", "import", "-", stdin=text)
    assert [one["if"] for one in listed(chatapp)] == [{}, {"open": False}]


def test_an_edit_keeps_what_somebody_else_changed_after_it_was_begun(
    chatapp: Shell, company: Company, bound: int
) -> None:
    add(chatapp, "Опт", "--do", "tag=a")
    begun = automating.SaidRule(name="Розница", asked=_EditedMeanwhile(chatapp))  # type: ignore[arg-type]
    automating.edit(company, "Опт", begun)
    found = listed(chatapp)[0]
    assert (found["name"], found["stop"], found["then"]) == ("Розница", True, [{"tag": ["чужое"]}])


class _EditedMeanwhile:
    """Conditions of a person who is slow: while they are read, another one changes the rule."""

    def __init__(self, chatapp: Shell) -> None:
        self._chatapp = chatapp

    def changes(self, _company: Company) -> dict[str, Any]:
        self._chatapp("rule", "edit", "Опт", "--stop", "--do", "tag=чужое")
        return {}


def works(company: Company) -> None:
    """The daemon works until there is nothing to do."""
    while company.write(partial(auto_run.work, desk=desk_of(company))):
        pass


def hears(company: Company, channel: int, text: str, *, who: str = "anna", ago: int = 0) -> None:
    """A client writes, and the daemon works."""
    event = MessageArrived(
        peer=Peer(key=who, address=who), ext_id=f"{who} {text}", at=company.world.clock.now() - ago, text=text,
        sender=Profile(id=who, name=who),
    )  # fmt: skip
    batch = Batch(arrivals=(Arrival(provider_id=f"{who} {text}", raw=b"{}", events=(event,)),))
    company.write(lambda tx: ingest(tx, ChannelId(channel), batch))
    works(company)


def test_why_the_desk_did_something_is_in_the_log_the_trace_and_the_conversation(
    chatapp: Shell, company: Company, bound: int
) -> None:
    add(chatapp, "Опт", "--word", "опт", "--do", "send=Да", "--do", "tag=опт")
    add(chatapp, "Ещё", "--do", "send=Нет")
    hears(company, bound, "Почём оптом?")
    why = "it says «оптом»"
    log = chatapp("rule", "log").rows
    assert [row[1:] for row in log] == [
        [
            "Ещё",
            "answer “…”",
            "1",
            "1",
            "not done",
            "it was answered automatically already: rule Опт",
            "it asks for nothing",
        ],
        ["Опт", "tag with …", "1", "1", "done", "tagged with опт", why],
        ["Опт", "answer “…”", "1", "1", "done", "message 2 was written", why],
    ]
    assert [one["name"] for one in chatapp("rule", "log", "Ещё", "--json").json] == ["Ещё"]
    assert chatapp("rule", "log", "--dialog", 2).rows == []
    assert f"    by rule Опт: {why}" in chatapp("dialog", "show", 1).out.splitlines()
    assert f"Rule Опт, answer “…”: done (message 2 was written), because {why}" in chatapp("trace", 2).out
    assert f"Rule Опт, tag with …: done (tagged with опт), because {why}" in chatapp("trace", 1).out
    assert [one["name"] for one in chatapp("trace", 2, "--json").json["acts"]] == ["Опт"]


def test_a_message_is_tried_as_of_a_client_who_wrote_before_in_both_spellings(chatapp: Shell, bound: int) -> None:
    add(chatapp, "Впервые", "--first", "ever", "--do", "tag=новый")
    said = ("rule", "test", "--source", bound, "--text", "Привет")
    tried = {option: chatapp.run(*said, *option).code for option in ((), ("--wrote-before",), ("--known",))}
    assert tried == {(): 0, ("--wrote-before",): 1, ("--known",): 1}


def test_why_no_rule_was_asked_about_a_late_message_is_in_the_log_of_its_dialog_and_its_trace(
    chatapp: Shell, company: Company, bound: int
) -> None:
    add(chatapp, "Опт", "--do", "tag=опт")
    hears(company, bound, "Почём?", ago=25 * 3_600_000)
    why = "rules were not asked: it came more than a day after it had been written"
    log = chatapp("rule", "log", "--dialog", 1)
    assert (log.rows, log.err.splitlines()[0]) == ([], f"Message 1: {why}")
    assert why in chatapp("trace", 1).out


@pytest.mark.req("S-035", part="rules are tried before they are switched on")
def test_a_rule_is_tried_on_a_message_and_on_what_happened_before_it_is_switched_on(
    chatapp: Shell, company: Company, bound: int
) -> None:
    add(chatapp, "Опт", "--word", "опт", "--do", "send=Да", "--disabled")
    add(chatapp, "Ждут", "--waited", "15", "--do", "tag=ждут", "--disabled")
    assert chatapp.run("rule", "test", "--source", bound, "--text", "Почём опт?").code == 1
    said = chatapp(
        "rule", "test", "Опт", "Ждут", "--source", bound, "--text", "Почём опт?", "--at", "2026-11-30 10:00+03:00"
    )
    assert [row[1:] for row in said.rows] == [
        ["Опт", "yes", "it says «опт»", "answer “Да”"],
        ["Ждут", said.rows[1][2], "the client has waited 0 of 15 minutes", "tag with ждут"],
    ]
    hears(company, bound, "Почём оптом?")
    hears(company, bound, "Мне опт", who="boris")
    hears(company, bound, "Привет", who="vera")
    past = chatapp("rule", "test", "Опт", "--last", "7d")
    assert [row[1:] for row in past.rows] == [
        ["Опт", "answer “…”", "1", "anna", "1", "would be done", "answer “Да”", "it says «оптом»"],
        ["Опт", "answer “…”", "2", "boris", "2", "would be done", "answer “Да”", "it says «опт»"],
    ]
    assert "Rule Опт: 2 acts would be done, 0 not." in past.err
    assert [one["message_id"] for one in chatapp("rule", "test", "Опт", "--last", "7d", "--json").json] == [1, 2]
    assert chatapp.run("rule", "test", "Ждут", "--last", "30m", "--json").out == "[]\n"
    assert "soon is no span of time." in chatapp.run("rule", "test", "--last", "soon").err
    assert chatapp("rule", "log").rows == []


def test_rules_that_start_each_other_are_told(chatapp: Shell, bound: int) -> None:
    add(chatapp, "Туда", "--when", "tag.added", "--about", "а", "--do", "tag=б", "--do", "assign=Пётр")
    alone = chatapp("rule", "add", "Сам", "--when", "tag.added", "--about", "в", "--do", "tag=в")
    back = chatapp("rule", "add", "Назад", "--when", "dialog.assigned", "--do", "tag=а")
    assert "circle" not in alone.err
    assert "Rules start each other in a circle: Назад → Туда → Назад." in back.err


def test_the_rules_that_the_page_of_automation_shows_can_be_imported_and_work(chatapp: Shell, bound: int) -> None:
    page = (Path(__file__).parents[2] / "docs" / "automation.md").read_text("utf-8")
    chatapp("rule", "import", "-", stdin=page.partition("```yaml\n")[2].partition("```")[0])
    assert [(one["name"], one["line"], one["works"]) for one in listed(chatapp)] == [
        ("Срочно", "Магазин", True), ("Утро", None, True), ("Телефон", None, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--tagged", "vip", "--do", "note=Да"], "Rule Опт: No dialog has the tag vip."),
        (["--when", "tag.added", "--about", "vip", "--do", "note=Да"], "Rule Опт: No dialog has the tag vip."),
        (["--assignee", "Зоя", "--do", "note=Да"], "Rule Опт: There is no operator Зоя."),
        (["--word", "опт", "--word", "цена", "--do", "note=Да"], "the rule Всё stands before it and ends the order."),
    ],
)
def test_what_a_rule_names_that_is_not_there_is_told_when_it_is_kept_and_listed(
    chatapp: Shell, bound: int, words: list[str], told: str
) -> None:
    chatapp("user", "add", "Вера", stdin="пароль длиной в предложение\n")
    if "Всё" in told:
        add(chatapp, "Всё", "--do", "waive", "--stop")
    kept = chatapp("rule", "add", "Опт", *words)
    assert told.removeprefix("Rule Опт: ") in kept.err
    assert told in chatapp("rule", "list").err
    assert told in chatapp("rule", "show", "Опт").err


def test_what_an_else_names_counts_as_well(chatapp: Shell, bound: int) -> None:
    chatapp("user", "add", "Вера", stdin="пароль длиной в предложение\n")
    chatapp("quick", "add-section", "Ответы")
    chatapp("quick", "add", "Ответы", "Ночь", "--text", "Ответим утром")
    acts = ("tag=ночь", "join=Вера", "reply=Ночь")
    add(chatapp, "Кому", "--do", "distribute=evenly", *(word for one in acts for word in ("--else", one)))
    add(chatapp, "Утром", "--tagged", "ночь", "--do", "note=Перезвонить")
    assert "Rule" not in chatapp("rule", "list").err
    chatapp("user", "disable", "Вера")
    chatapp("quick", "remove", "Ответы/Ночь")
    told = chatapp("rule", "list").err
    assert "Rule Кому: The account of Вера is disabled." in told
    assert "Rule Кому: There is no quick reply" in told


def test_a_rule_by_the_clock_goes_into_a_file_and_comes_back_and_is_left_out_of_what_is_tried(
    chatapp: Shell, bound: int, tmp_path: Path
) -> None:
    add(chatapp, "Утро", "--at", "9:00 working", "--waited", "60", "--do", "note=Доброе утро")
    file = tmp_path / "rules.yaml"
    file.write_text(chatapp("rule", "export").out, encoding="utf-8")
    assert "at: 09:00 working" in file.read_text("utf-8")
    file.write_text(
        file.read_text("utf-8").replace("at: 09:00 working", "at: 10:30\n  days: working"), encoding="utf-8"
    )
    chatapp("rule", "import", file)
    (rule,) = listed(chatapp)
    assert (rule["when"], rule["at"]) == ("time.due", "10:30 working")
    tried = chatapp.run("rule", "test", "--last", "7d")
    assert "Rule Утро runs by the clock, which cannot be tried on the past: it is left out." in tried.err


def test_an_expression_that_takes_too_long_and_a_channel_that_is_gone_are_told(chatapp: Shell, bound: int) -> None:
    add(chatapp, "Долго", "--match", "(а|аа)+$", "--do", "note=Да")
    add(chatapp, "Канал", "--channel", bound, "--do", "note=Да")
    tried = chatapp.run("rule", "test", "Долго", "--source", bound, "--text", "а" * 3_999 + "б")
    assert "its regular expression takes too long" in tried.out
    chatapp("line", "unbind", bound, "--force")
    told = chatapp("rule", "list")
    assert "Rule Канал is passed over: There is none with the number" in told.err
    assert [(one["name"], one["works"]) for one in listed(chatapp)] == [("Долго", True), ("Канал", False)]


def test_hours_that_are_never_open_are_refused(chatapp: Shell, bound: int) -> None:
    said = chatapp.run("line", "configure", "--set", "hours=mon off")
    assert (said.code, "These hours are never open." in said.err) == (2, True)
