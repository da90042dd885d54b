"""A person at a shell who has the desk answer by itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.conftest import Shell

OPEN = "hours=mon-sun 09:00-18:00"


def answers(chatapp: Shell) -> list[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    found = chatapp("autoreply", "list", "--json").json
    return [(one["name"], one["if"], one["then"]) for one in found]


@pytest.mark.req("S-141", part="by command")
def test_the_four_kinds_of_automatic_answers_are_rules_with_one_condition(chatapp: Shell, bound: int) -> None:
    chatapp("line", "configure", "--set", OPEN)
    chatapp("quick", "add-section", "Общее")
    chatapp("quick", "add", "Общее", "Цены", "--text", "Прайс на сайте")
    chatapp("autoreply", "add", "--outside-hours", "--text", "Откроемся утром")
    chatapp("autoreply", "add", "--keyword", "цена", "--keyword", "сколько стоит", "--reply", "Цены")
    chatapp("autoreply", "add", "--first", "--text", "Здравствуйте!", "--name", "Привет", "--channel", bound)
    chatapp("autoreply", "add", "--unanswered", "15", "--text", "Ещё немного", "--kind", "api")
    assert answers(chatapp) == [
        ("Outside working hours", {"open": False}, [{"send": "Откроемся утром"}]),
        ("цена, сколько стоит", {"words": ["цена", "сколько стоит"]}, [{"reply": "Общее/Цены"}]),
        ("Привет", {"channels": [answers(chatapp)[2][1]["channels"][0]], "first": "ever"}, [{"send": "Здравствуйте!"}]),
        ("Nobody answered", {"kinds": ["api"], "waited": 15}, [{"send": "Ещё немного"}]),
    ]
    chatapp("autoreply", "disable", "Привет")
    assert [row[-1] for row in chatapp("autoreply", "list").rows] == ["on", "on", "off", "on"]
    chatapp("autoreply", "enable", "Привет")
    chatapp("autoreply", "remove", "Nobody answered")
    assert len(chatapp("rule", "list").rows) == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--outside-hours"], "has no working hours, so it never closes."),
        (["--outside-hours"], '→ Set them: chatapp line configure --set hours="mon-fri 09:00-18:00"'),
        (["--keyword", "стали"], "«стали» may be a form of стать, сталь: the forms of стать are found."),
        (["--keyword", "глокая"], "«глокая» is in no dictionary: it is found in the forms that it is likely to have."),
    ],
)
def test_what_may_be_meant_otherwise_is_told(chatapp: Shell, bound: int, words: list[str], told: str) -> None:
    assert told in chatapp("autoreply", "add", *words, "--text", "Да").err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--outside-hours", "--keyword", "цена"], "It never answers: the rule Закрыто stands before it and always"),
        (["--keyword", "цена"], "Where the rule Закрыто fits as well, only that one answers"),
        (["--first"], ""),
        (["--outside-hours", "--name", "Другое"], "It never answers: the rule Закрыто stands before it and always"),
    ],
)
def test_which_earlier_answer_stands_in_the_way_is_told_when_one_is_kept(
    chatapp: Shell, bound: int, words: list[str], told: str
) -> None:
    chatapp("line", "configure", "--set", OPEN)
    chatapp("autoreply", "add", "--outside-hours", "--text", "Утром", "--name", "Закрыто")
    said = chatapp("autoreply", "add", *words, "--text", "Да")
    assert told in said.err
    assert bool(said.err) is bool(told)
    chatapp("rule", "order", said.out.strip())
    assert "It never answers" not in chatapp("rule", "list").err.replace("Rule Закрыто: It never answers", "")


def test_a_second_answer_of_a_name_is_told_how_to_have_another(chatapp: Shell, bound: int) -> None:
    chatapp("autoreply", "add", "--first", "--text", "Да")
    assert "Give this one another name: --name" in chatapp.run("autoreply", "add", "--first", "--text", "Нет").err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--text", "Да"], "It would answer every message."),
        (["--text", "Да", "--name", "Всем"], "It would answer every message."),
        (["--first"], "either a text or a quick reply"),
        (["--first", "--text", "Да", "--reply", "Цены"], "either a text or a quick reply"),
        (["--unanswered", "0", "--text", "Да"], "It would answer every message."),
        (["--keyword", "!", "--text", "Да"], "There is no word in «!»."),
        (["--first", "--reply", "Цены", "--button", "Да"], "Buttons stand below a text that the rule sends."),
    ],
)
def test_an_answer_that_cannot_be_meant_is_refused(
    chatapp: Shell, bound: int, words: list[str], complaint: str
) -> None:
    said = chatapp.run("autoreply", "add", *words)
    assert said.code != 0
    assert complaint in said.err
    assert answers(chatapp) == []
