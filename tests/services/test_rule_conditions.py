"""What a person may ask of a rule, what is refused because it means nothing or two things, and how it is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from chatapp_cli.domain import rule_checks
from chatapp_cli.domain.condition import Always, OnSource
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import ChannelId, LineId, RuleId
from chatapp_cli.services import conditions, rule_outcomes, rule_trial, rule_words
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.services.crm_rules import PipelineRule
from chatapp_cli.services.rule_outcomes import ResponsibleWay, RuleOutcome

NAMES = SourceNames(
    lines={1: "Продажи", 2: "Опт"},
    channels={3: "Бот", 4: "Номер"},
    kinds={"telegram": "Telegram", "max": "MAX"},
    sources={
        3: OnSource(LineId(1), "telegram", ChannelId(3)),
        4: OnSource(LineId(2), "max", ChannelId(4)),
    },
    strict=True,
)
MOSCOW = {"zone": "Europe/Moscow"}


@pytest.mark.parametrize(
    ("asked", "what", "how"),
    [
        ({"kinds": ["telegramm"]}, "There is no kind of channel telegramm.", "Kinds: max, telegram"),
        ({"days": ["working", "sat"], **MOSCOW}, "working, sat can be meant in two ways", "Make a rule of each"),
        ({"words": ["опт"], **MOSCOW}, "zone without hours / days means nothing.", "Say hours / days as well"),
        ({"hours": ["09:00-18:00"], "calendar": "ru", **MOSCOW}, "calendar without days means nothing.", "Say days"),
        ({"days": ["mon"], "calendar": "ru", **MOSCOW}, "A calendar says which days are", "Say working or off"),
        ({"words": ["прив*"]}, "A star stands for nothing in «прив*».", "all its forms are found"),
        ({"every": True}, "every without words means nothing.", "leave every out"),
        ({"exact": True, "kinds": ["max"]}, "exact without words / without means nothing.", "leave exact out"),
        ({"outside": True}, "outside without hours / days means nothing.", "leave outside out"),
        ({"lines": [1], "channels": [4]}, "No message can come by Продажи · Номер", "See lines and channels"),
        ({"kinds": ["telegram"], "channels": [4]}, "No message can come by Telegram · Номер", "See lines"),
    ],
)
def test_what_means_nothing_or_two_things_is_refused_with_what_to_do(asked: Any, what: str, how: str) -> None:
    with pytest.raises(UsageError) as refused:
        conditions.compiled(asked, NAMES)
    assert str(refused.value.what).startswith(what)
    assert how in str(refused.value.next_step)


def test_a_rule_that_was_kept_before_is_not_judged_anew() -> None:
    loose = SourceNames(lines=NAMES.lines, channels=NAMES.channels)
    assert conditions.compiled(MOSCOW, loose) == Always()
    assert conditions.compiled({"kinds": ["gone"]}, loose) != Always()


@pytest.mark.parametrize(
    "asked",
    [
        {"all": [{"days": ["off"], **MOSCOW}, {"days": ["mon-fri"], **MOSCOW}]},
        {"all": [{"days": ["working"], **MOSCOW}, {"days": ["sat", "sun"], **MOSCOW}]},
        {"all": [{"kinds": ["telegram"]}, {"kinds": ["max"]}]},
        {"words": ["опт"], "not": {"any": [{"words": ["опт"]}, {"words": ["розница"]}]}},
    ],
)
def test_a_condition_that_never_holds_is_found(asked: Any) -> None:
    assert rule_checks.contradiction(conditions.compiled(asked, NAMES))


def test_a_calendar_may_move_days_so_that_nothing_is_certain() -> None:
    asked = {"all": [{"days": ["working"], "calendar": "ru", **MOSCOW}, {"days": ["sat"], **MOSCOW}]}
    assert not rule_checks.contradiction(conditions.compiled(asked, NAMES))


def test_what_only_said_how_is_left_out_with_what_it_was_about_unless_it_was_said_just_now() -> None:
    asked = {"hours": [], "days": [], "words": ["опт"], "exact": True, **MOSCOW}
    assert conditions.without_idle(asked, ["hours"]) == {"hours": [], "days": [], "words": ["опт"], "exact": True}
    assert conditions.without_idle(asked, ["hours", "zone"])["zone"] == "Europe/Moscow"


RUSSIAN = {"Mon": "пн", "Fri": "пт", "Sun": "вс", "working days": "рабочие дни", "days off": "выходные дни"}


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("пн-пт", "mon-fri"), ("Пн–Пт", "mon-fri"), ("вс", "sun"), ("рабочие дни", "working"), ("Рабочие", "working"),
        ("выходные", "off"), ("mon-fri", "mon-fri"), ("off", "off"), ("когда-нибудь", "когда-нибудь"), ("пт-", "пт-"),
    ],
)  # fmt: skip
def test_days_are_understood_as_lists_show_them(said: str, stored: str) -> None:
    assert conditions.named_days(said, lambda text: RUSSIAN.get(text.msgid, text.msgid)) == stored


def test_conditions_and_outcomes_are_told_by_names() -> None:
    asked = {"kinds": ["max"], "hours": ["09:00-18:00"], "days": ["mon-fri", "sun"], **MOSCOW}
    told = "by MAX and within 09:00-18:00 Mon-Fri, Sun (Europe/Moscow)"
    assert str(rule_words.condition(asked, NAMES)) == told
    off = {"days": ["off"], "outside": True, "calendar": "ru", **MOSCOW}
    assert str(rule_words.condition(off, NAMES)) == "outside days off (Europe/Moscow, ru)"
    called = {"pipeline deal-9": "Опт", "stage C9:NEW": "Новая", "employee 29": "Ольга"}
    turns = RuleOutcome(
        pipeline="deal-9", stage="C9:NEW", way=ResponsibleWay.TURNS, employees=["29", "30"], called=called
    )
    assert rule_words.target(turns) == "Опт · Новая"
    assert str(rule_words.responsible(turns)) == "in turn Ольга, 30"


def rule(*zones: str) -> PipelineRule:
    asked = {"any": [{"hours": ["09:00-18:00"], "zone": zone} for zone in zones]}
    return PipelineRule(id=RuleId(1), name="x", asked=asked, condition=Always(), outcome=RuleOutcome())


@pytest.mark.parametrize(
    ("said", "zones", "named", "is_at", "in_zone"),
    [
        ("2026-12-31 23:59", ["Europe/Moscow"], "", "2026-12-31T23:59+03:00", "Europe/Moscow"),
        ("2026-12-31 23:59", ["Europe/Moscow"], "Asia/Tokyo", "2026-12-31T23:59+09:00", "Asia/Tokyo"),
        ("2026-12-31T23:59+05:00", ["Europe/Moscow"], "", "2026-12-31T23:59+05:00", ""),
        ("2026-12-31 23:59", [], "", "2026-12-31T23:59+00:00", "UTC"),
        ("2026-10-25 02:30", ["Europe/Berlin"], "", "2026-10-25T02:30+02:00", "Europe/Berlin"),
    ],
)
def test_a_time_is_that_of_the_rules_clocks(said: str, zones: list[str], named: str, is_at: str, in_zone: str) -> None:
    found = rule_trial.moment(said, [rule(*zones)], named)
    assert (found.at, found.zone) == (datetime.fromisoformat(is_at).timestamp() * 1000, in_zone)


@pytest.mark.parametrize(
    ("said", "zones", "why"),
    [
        ("soon", [], "soon is not a time."),
        ("2026-02-30", [], "There is no such date or time: 2026-02-30"),
        ("2026-02-30 10:00", [], "There is no such date or time: 2026-02-30 10:00"),
        ("2026-12-31 23:59", ["Europe/Moscow", "Asia/Tokyo"], "several time zones: Asia/Tokyo, Europe/Moscow"),
        ("2026-03-29 02:30", ["Europe/Berlin"], "There is no 2026-03-29 02:30 in Europe/Berlin"),
    ],
)
def test_a_time_that_is_none_or_several_is_refused(said: str, zones: list[str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        rule_trial.moment(said, [rule(*zones)])


@pytest.mark.parametrize("name", ["{Диалог}", "{0}", "employee"])
def test_what_a_crm_or_a_person_wrote_is_shown_as_it_is(name: str) -> None:
    outcome = RuleOutcome(employees=["7"], called={"employee 7": name})
    assert str(rule_outcomes.lacking(outcome, [], [])) == f"Not in the CRM any more: employee {name}."
    assert f"within {name} (" in str(rule_words.condition({"days": [name], **MOSCOW}, NAMES))
