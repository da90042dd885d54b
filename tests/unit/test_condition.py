"""Conditions: source, words and hours, also at midnight, at a moved day, and when the clocks change."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from chatapp_cli.domain.condition import (
    AllOf,
    Always,
    AnyOf,
    Condition,
    DayKind,
    FromSource,
    HasWords,
    Negated,
    Occasion,
    OnSource,
    Phrase,
    TimeSpan,
    WithinHours,
    judge,
)
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.domain.working_days import PLAIN_WEEK, WorkingCalendar
from chatapp_cli.services.calendars import calendar

MOSCOW, BERLIN = "Europe/Moscow", "Europe/Berlin"
SHOP = OnSource(LineId(1), "telegram", ChannelId(3))


def said(text: str = "", at: str = "2026-11-30 12:00", zone: str = MOSCOW, source: OnSource = SHOP) -> Occasion:
    when = datetime.fromisoformat(at)
    here = when if when.tzinfo else when.replace(tzinfo=ZoneInfo(zone))
    return Occasion.of(source, text, round(here.timestamp() * 1000))


def hours(
    *spans: tuple[int, int], zone: str = MOSCOW, weekdays: set[int] | None = None, day: DayKind = DayKind.ANY,
    days: WorkingCalendar = PLAIN_WEEK,
) -> WithinHours:  # fmt: skip
    return WithinHours(
        zone=ZoneInfo(zone), zone_name=zone, spans=tuple(TimeSpan(*span) for span in spans) or (TimeSpan(0, 1440),),
        weekdays=frozenset(range(7) if weekdays is None else weekdays), day=day, calendar=days,
    )  # fmt: skip


def has(*words: str, every: bool = False) -> HasWords:
    return HasWords(tuple(Phrase(tuple(frozenset({one}) for one in said.split()), said) for said in words), every=every)


DAY, NIGHT = (9 * 60, 18 * 60), (22 * 60, 6 * 60)


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        (FromSource(lines=frozenset({LineId(1)})), True),
        (FromSource(lines=frozenset({LineId(2)})), False),
        (FromSource(kinds=frozenset({"telegram", "whatsapp"})), True),
        (FromSource(lines=frozenset({LineId(1)}), channels=frozenset({ChannelId(4)})), False),
        (FromSource(), True),
    ],
)
def test_a_message_comes_from_all_that_is_asked_for(source: FromSource, holds: bool) -> None:
    assert source.holds(said()) is holds


@pytest.mark.parametrize(
    ("condition", "text", "holds", "why"),
    [
        (has("опт"), "Опт есть?", True, "it says «опт»"),
        (has("опт"), "Оптика", False, "it says none of «опт»"),
        (has("елка"), "ЁЛКА!", True, "it says «елка»"),
        (has("хочу купить"), "Хочу, купить бы", True, "it says «хочу купить»"),
        (has("хочу купить"), "Купить хочу", False, "it says none of «хочу купить»"),
        (has("опт", "цена", every=True), "цена за опт", True, "it says «опт», «цена»"),
        (has("опт", "цена", every=True), "цена", False, "it does not say «опт»"),
        (Negated(has("опт")), "опт", False, "it says «опт», which is excluded"),
        (Negated(has("опт")), "розница", True, "it says none of «опт»"),
        (AnyOf((has("опт"), has("цена"))), "цена", True, "it says «цена»"),
        (AllOf((has("опт"), has("цена"))), "цена", False, "it says none of «опт»"),
        (Always(), "", True, "it asks for nothing"),
    ],
)
def test_words_are_whole_words_and_the_answer_says_which(
    condition: Condition, text: str, holds: bool, why: str
) -> None:
    answer = judge(condition, said(text))
    assert (answer.holds, str(answer.why)) == (holds, why)


@pytest.mark.parametrize(
    ("span", "at", "holds"),
    [
        (DAY, "2026-11-30 08:59", False),
        (DAY, "2026-11-30 09:00", True),
        (DAY, "2026-11-30 17:59", True),
        (DAY, "2026-11-30 18:00", False),
        ((0, 1440), "2026-11-30 23:59", True),
        ((0, 1440), "2026-12-01 00:00", True),
        ((18 * 60, 1440), "2026-11-30 23:59", True),
        ((18 * 60, 1440), "2026-12-01 00:00", False),
        (NIGHT, "2026-11-30 23:59", True),
        (NIGHT, "2026-12-01 00:00", True),
        (NIGHT, "2026-12-01 06:00", False),
    ],
)
def test_hours_begin_with_their_minute_and_end_before_the_last(span: tuple[int, int], at: str, holds: bool) -> None:
    assert hours(span).holds(said(at=at)) is holds


def test_what_is_after_midnight_belongs_to_the_day_on_which_the_night_began() -> None:
    friday_night = hours(NIGHT, weekdays={4})
    assert [friday_night.holds(said(at=at)) for at in ("2026-11-27 02:00", "2026-11-27 23:00", "2026-11-28 02:00")] == [
        False, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "why"),
    [
        (
            "2026-11-28 02:00",
            "Sat 2026-11-28 02:00 (Europe/Moscow, in the night after Fri 2026-11-27, working day) is within {span}",
        ),
        (
            "2026-11-27 02:00",
            "Fri 2026-11-27 02:00 (Europe/Moscow, in the night after Thu 2026-11-26, working day) is not within {span}",
        ),
        ("2026-11-27 22:00", "Fri 2026-11-27 22:00 (Europe/Moscow, working day) is within {span}"),
        ("2026-11-28 06:00", "Sat 2026-11-28 06:00 (Europe/Moscow, weekend) is not within {span}"),
    ],
)
def test_after_midnight_the_reason_names_the_day_that_counts(at: str, why: str) -> None:
    assert str(judge(hours(NIGHT, weekdays={4}), said(at=at)).why) == why.format(span="22:00-06:00 on Fri")


def test_of_two_spans_the_reason_names_the_day_of_the_one_that_holds() -> None:
    both = hours(NIGHT, (0, 12 * 60), weekdays={5})
    answer = judge(both, said(at="2026-11-28 05:00"))
    assert str(answer.why) == (
        "Sat 2026-11-28 05:00 (Europe/Moscow, weekend) is within 22:00-06:00, 00:00-12:00 on Sat"
    )


def test_hours_are_those_of_their_own_time_zone() -> None:
    occasion = said(at="2026-11-30T06:30+00:00")
    assert (hours(DAY).holds(occasion), hours(DAY, zone=BERLIN).holds(occasion)) == (True, False)


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        ("2026-03-29T00:59+00:00", False),  # 01:59, and the clocks go forward to 03:00
        ("2026-03-29T01:00+00:00", False),
        ("2026-03-29T01:30+00:00", False),
        ("2026-10-25T00:30+00:00", True),  # 02:30 in summer time
        ("2026-10-25T01:30+00:00", True),  # 02:30 again, in winter time
        ("2026-10-25T02:00+00:00", False),
    ],
)
def test_an_hour_that_the_clocks_skip_does_not_occur_and_one_that_they_repeat_occurs_twice(
    at: str, inside: bool
) -> None:
    assert hours((2 * 60, 3 * 60), zone=BERLIN).holds(said(at=at)) is inside


@pytest.mark.parametrize(
    ("at", "works"),
    [
        ("2026-12-30 12:00", True),
        ("2026-12-31 12:00", False),  # moved: off
        ("2027-02-20 12:00", True),  # a Saturday on which people work
        ("2027-02-22 12:00", False),  # for it they have this Monday off
        ("2027-02-23 12:00", False),
        ("2026-11-28 12:00", False),
    ],
)
def test_moved_days_are_what_the_calendar_says(at: str, works: bool) -> None:
    ru = calendar("ru")
    assert hours(DAY, day=DayKind.WORKING, days=ru).holds(said(at=at)) is works
    assert hours(DAY, day=DayKind.OFF, days=ru).holds(said(at=at)) is not works


def test_the_reason_names_the_time_there_and_the_kind_of_day() -> None:
    answer = judge(hours(DAY, day=DayKind.WORKING, days=calendar("ru")), said(at="2027-02-20 18:00"))
    assert str(answer.why) == (
        "Sat 2027-02-20 18:00 (Europe/Moscow, working day, moved) is not within 09:00-18:00 on working days"
    )
    assert str(calendar("ru").why(date(2031, 1, 9))) == "working day (moved days of 2031 are not known)"
