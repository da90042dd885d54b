"""Conditions on dialogs: what they ask of the facts, and the reasons that they tell."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chatapp_cli.domain.condition import Occasion, OnSource, judge
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.hours_text import week
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.opening_hours import OpeningHours
from chatapp_cli.services import conditions, word_forms
from chatapp_cli.services.business_hours import HoursOfLines
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.services.word_forms import DictionaryForms

MOSCOW = ZoneInfo("Europe/Moscow")
SHOP = OnSource(LineId(1), "telegram", ChannelId(3))
HOURS = OpeningHours(zone=MOSCOW, zone_name="Europe/Moscow", week=week("mon-fri 09:00-18:00"))
NAMES = SourceNames(
    {1: "Магазин"}, {3: "Бот"}, hours=HoursOfLines(lambda _line: HOURS), forms=DictionaryForms(), strict=True
)


@dataclass(frozen=True)
class Facts:
    """What a test says is so."""

    direction: Direction = Direction.IN
    chat: Any = "private"
    addresses: Any = ("anna", "777")
    tag: str = "опт"
    answers: str = "Пётр"
    first: frozenset[str] = frozenset({"day"})
    since: int | None = None
    phone: bool = True
    stage: str = "В работе"

    def tags(self) -> frozenset[str]:
        return frozenset({self.tag} - {""})

    def assignee(self) -> str:
        return self.answers

    def is_first(self, of: str) -> bool:
        return of in self.first

    def waits_since(self) -> int | None:
        return self.since

    def known(self) -> frozenset[str]:
        return frozenset({"name", *({"phone"} if self.phone else ())})

    def stages(self) -> frozenset[str]:
        return frozenset({self.stage})


def at(said: str) -> int:
    return round(datetime.fromisoformat(said).replace(tzinfo=MOSCOW).timestamp() * 1000)


def judged(asked: dict[str, Any], text: str = "", when: str = "2026-11-30 12:00", **facts: Any) -> tuple[bool, str]:
    occasion = Occasion.of(SHOP, text, at(when), replace(Facts(), **facts))
    holds, why = judge(conditions.compiled(asked, NAMES), occasion)
    return holds, str(why)


@pytest.mark.parametrize(
    ("asked", "facts", "holds", "why"),
    [
        ({"direction": "in"}, {}, True, "the client wrote it"),
        ({"direction": "out"}, {}, False, "the client wrote it"),
        ({"chats": ["group", "channel"]}, {"chat": "group"}, True, "it is a group"),
        ({"chats": ["group"]}, {}, False, "it is a private chat"),
        ({"from": ["777", "@olga"]}, {}, True, "it came from 777"),
        ({"from": ["olga"]}, {}, False, "it did not come from olga"),
        ({"tags": ["опт", "vip"]}, {}, True, "the dialog has #опт"),
        ({"tags": ["vip"]}, {}, False, "the dialog has none of #vip"),
        ({"untagged": ["vip"]}, {}, True, "the dialog has none of #vip"),
        ({"assignee": ["nobody"]}, {"answers": ""}, True, "nobody answers for it"),
        ({"assignee": ["nobody"]}, {}, False, "Пётр answers for it"),
        ({"assignee": ["anybody"]}, {}, True, "Пётр answers for it"),
        ({"assignee": ["Ольга", "Пётр"]}, {}, True, "Пётр answers for it"),
        ({"first": "ever"}, {}, False, "the client wrote before"),
        ({"first": "day"}, {}, True, "it is the client's first message of the day"),
        ({"known": ["phone", "name"]}, {}, True, "known of the client: name, phone"),
        ({"known": ["phone", "email"]}, {}, False, "not known of the client: email"),
        ({"unknown": ["phone"]}, {"phone": False}, True, "not known of the client: phone"),
        ({"stages": ["В работе"]}, {}, True, "the card stands at В работе"),
        ({"stages": ["Успех"]}, {}, False, "no card stands at Успех"),
        ({"open": True}, {}, True, "the line is open"),
        ({"open": False}, {}, False, "the line is open, which is excluded"),
        ({"tags": ["опт"], "assignee": ["nobody"]}, {}, False, "Пётр answers for it"),
        ({"any": [{"tags": ["vip"]}, {"first": "day"}]}, {}, True, "it is the client's first message of the day"),
    ],
)
def test_a_condition_holds_by_the_facts_and_says_why(
    asked: dict[str, Any], facts: dict[str, Any], holds: bool, why: str
) -> None:
    assert judged(asked, **facts) == (holds, why)


def test_only_the_minutes_count_for_which_the_line_is_open() -> None:
    asked = {"waited": 20}
    assert judged(asked) == (False, "the client waits for no answer")
    friday = at("2026-11-27 17:50")
    assert judged(asked, when="2026-11-30 09:09", since=friday) == (False, "the client has waited 19 of 20 minutes")
    assert judged(asked, when="2026-11-30 09:10", since=friday) == (True, "the client has waited 20 of 20 minutes")


@pytest.mark.parametrize(
    ("asked", "text", "why"),
    [
        ("заказ\\s+№?\\s*\\d+", "Где ЗАКАЗ № 17?", "«ЗАКАЗ № 17» fits заказ\\s+№?\\s*\\d+"),
        ("(?<!не )хочу", "не хочу", "nothing fits (?<!не )хочу"),
    ],
)
def test_an_expression_looks_for_letters_of_either_case(asked: str, text: str, why: str) -> None:
    assert judged({"match": [asked]}, text) == ("nothing" not in why, why)


def test_an_expression_that_does_not_end_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        judged({"match": ["(а|аа)+$"]}, "а" * 45 + "!")


def test_only_the_beginning_of_a_long_text_is_looked_at() -> None:
    assert judged({"match": ["конец"]}, "а" * 3_990 + " конец")[0]
    assert not judged({"match": ["конец"]}, "а" * 4_000 + " конец")[0]


@pytest.mark.parametrize(
    ("said", "text", "found"),
    [
        ("доставка … завтра", "Доставку можно на завтра?", "доставку можно на завтра"),
        ("доставка ... завтра", "доставка завтра", "доставка завтра"),
        ("доставка … завтра", "доставка раз два три четыре пять шесть завтра", ""),
        ("доставка … завтра утром", "доставка завтра или завтра утром", "доставка завтра или завтра утром"),
        ("купить ёлку", "хочу купить у вас елку", ""),
    ],
)
def test_some_words_may_stand_in_a_gap(said: str, text: str, found: str) -> None:
    holds, why = judged({"words": [said]}, text)
    assert (holds, why) == (bool(found), f"it says «{found}»" if found else f"it says none of «{said}»")


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"match": ["("]}, "is no regular expression"),
        ({"match": ["а*"]}, "fits an empty text too"),
        ({"direction": "sideways"}, "direction cannot be sideways"),
        ({"chats": ["room"]}, "chats cannot be room"),
        ({"first": "week"}, "first cannot be week"),
        ({"waited": 0.5}, "waited cannot be 0.5"),
        ({"waited": True}, "waited cannot be True"),
        ({"known": ["shoes"]}, "known cannot be shoes"),
        ({"open": "yes"}, "open of a condition cannot be yes"),
        ({"tags": "vip"}, "tags of a condition cannot be vip"),
    ],
)
def test_a_condition_that_means_nothing_is_refused(asked: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        conditions.compiled(asked, NAMES)


def test_rules_that_know_no_dialog_have_no_such_conditions() -> None:
    with pytest.raises(UsageError, match="A condition has no tags"):
        conditions.compiled({"tags": ["vip"]}, replace(NAMES, hours=None))


def test_two_hundred_words_match_in_every_form_and_look_alikes_do_not() -> None:
    dictionary: Any = word_forms._dictionary()
    known = sorted({word for word in dictionary.dictionary.words.iterkeys("прив") if len(word) > 5 and "-" not in word})
    chosen = random.Random(2611).sample(known, 400)
    wrong, told = [], 0
    forms = DictionaryForms()
    for word in chosen[:200]:
        phrase = word_forms.phrase(word, forms)
        assert phrase is not None
        meant = dictionary.parse(word)[0].normal_form
        told += len(word_forms.meanings(word)) > 1
        same = (one for one in dictionary.parse(word) if one.normal_form == meant)
        wrong += [form.word for one in same for form in one.lexeme if not phrase.found([form.word.replace("ё", "е")])]
    for word, other in zip(chosen[:200], chosen[200:], strict=True):
        related = set(word_forms.meanings(word)) & set(word_forms.meanings(other))
        phrase = word_forms.phrase(word, forms)
        assert phrase is not None
        wrong += [f"{word} {other}"] if not related and phrase.found([other.replace("ё", "е")]) else []
    assert wrong == []
    assert 0 < told < 200


def test_an_ambiguous_word_is_told_from_a_plain_and_an_unknown_one() -> None:
    assert set(word_forms.meanings("стали")) == {"сталь", "стать"}
    assert word_forms.meanings("ёлками") == ["елка"]
    assert not word_forms.meanings("бырдымс")
