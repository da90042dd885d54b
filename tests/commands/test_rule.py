"""A person at a shell who makes rules, and sees what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Shell


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
        "stop": False, "enabled": True, "works": True, "problem": None, "halted": None,
    }  # fmt: skip
    assert chatapp("rule", "list").rows[1] == [
        "2", str(night), "Ночь", "all", "message.arrived", "while the line is closed", "snooze for 60 minutes", "off",
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
        (["--do", "tag="], "tag of a rule cannot be"),
        (["--do", "snooze=soon"], "snooze of a rule cannot be soon."),
        (["--do", "reply=Нет"], "There is no quick reply Нет."),
        (["--do", "send=Ваш заказ {номер}"], "Nothing fills {номер} in an automatic text."),
        (["--do", "robot=x"], "robot of a rule cannot be x."),
        (["--do", "tag=a", "--when", "moon.full"], "Rules know no event moon.full."),
        (["--do", "tag=a", "--when", "dialog.created", "--word", "да"], "there is no message: words can never fit."),
        (["--do", "tag=a", "--about", "vip"], "message.arrived is about no tag and no operator."),
        (["--do", "tag=a", "--match", "(а|"], "is no regular expression"),
        (["--do", "tag=a", "--word", "да", "--without", "да"], "can never fit"),
        (["--do", "tag=a", "--line", "Луна"], "There is no line Луна."),
        (["--do", "tag=a", "--first", "week"], "first cannot be week."),
    ],
)
def test_what_a_rule_cannot_mean_is_refused_and_nothing_is_kept(
    chatapp: Shell, bound: int, words: list[str], complaint: str
) -> None:
    said = chatapp.run("rule", "add", "Опт", *words)
    assert said.code != 0
    assert complaint in said.err
    assert listed(chatapp) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("version: 2\nrules: []", "The file is of version 2; this program reads version 1."),
        ("- {name: А, then: [{tag: a}]}\n- {name: Б, then: [{fly: 1}]}", "Rule Б: A rule cannot fly."),
        ("- {name: А, then: [{tag: a}], colour: red}", "The rule А has no colour."),
        ("- {name: А, then: [{tag: a}], stop: maybe}", "stop of the rule А cannot be maybe."),
        ("- {name: А, then: tag}", "each act in it says one thing to do"),
        ("- {name: А, if: {lines: [Луна]}, then: [{tag: a}]}", "There is no line Луна."),
        ("- &a {name: А}\n- *a", "It has references."),
        ("- [", "Line 1 is no correct YAML."),
        ("7", "It is no list of rules."),
        ("- {name: А, if: {stages: [Новая]}, then: [{tag: a}]}", "Rules cannot ask for stages yet."),
    ],
)
def test_a_file_with_a_rule_that_means_nothing_adds_none_of_its_rules(
    chatapp: Shell, bound: int, text: str, complaint: str
) -> None:
    said = chatapp.run("rule", "import", "-", stdin=text)
    assert said.code != 0
    assert complaint in said.err
    assert listed(chatapp) == []
