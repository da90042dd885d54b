"""Working hours: what people write, when it is open, and how long until it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest

from chatapp_cli.domain.condition import TimeSpan
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.hours_text import own_days, week
from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.opening_hours import OpeningHours, state_in_words
from chatapp_cli.services.business_hours import HoursOfLines
from chatapp_cli.services.calendars import calendar

MOSCOW = ZoneInfo("Europe/Moscow")


def hours(said: str, days: str = "", *, zone: str = "Europe/Moscow", working_days: str = "ru") -> OpeningHours:
    return OpeningHours(
        zone=ZoneInfo(zone),
        zone_name=zone,
        week=week(said),
        calendar=calendar(working_days) if working_days else None,
        days=own_days(days),
    )


def at(said: str, zone: ZoneInfo = MOSCOW) -> int:
    return round(datetime.fromisoformat(said).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize("zone", ["Europe/Moscow", "Asia/Vladivostok", "America/New_York"])
def test_every_hour_of_four_years_is_open_when_the_russian_calendar_says_so(zone: str) -> None:
    known, there = hours("mon-fri 09:00-18:00", zone=zone), ZoneInfo(zone)
    russia = holidays.RU(years=range(2023, 2029))  # type: ignore[attr-defined]
    openings = known.openings(at("2024-01-01 00:00", there))
    one = next(openings)
    moment, end = datetime(2024, 1, 1, tzinfo=there).astimezone(UTC), datetime(2025, 1, 1, tzinfo=there)
    wrong = []
    for year in range(2024, 2028):
        moment, end = (datetime(n, 1, 1, tzinfo=there).astimezone(UTC) for n in (year, year + 1))
        openings = known.openings(round(moment.timestamp() * 1000))
        one = next(openings)
        while moment < end:
            now, here = round(moment.timestamp() * 1000), moment.astimezone(there)
            while one.end <= now:
                one = next(openings)
            expected = russia.is_working_day(here.date()) and 9 <= here.hour < 18
            if (one.start <= now) is not expected:
                wrong.append(here)
            moment += timedelta(hours=1)
    assert wrong == []


@pytest.mark.parametrize(
    ("said", "then", "open_", "until"),
    [
        ("mon-fri 09:00-13:00, 14:00-18:00", "2026-11-30 12:59", True, "2026-11-30 13:00"),
        ("mon-fri 09:00-13:00, 14:00-18:00", "2026-11-30 13:00", False, "2026-11-30 14:00"),
        ("mon-fri 09:00-18:00", "2026-12-30 18:00", False, "2027-01-11 09:00"),
        ("mon-fri 09:00-18:00", "2027-02-20 10:00", True, "2027-02-20 18:00"),
        ("пн-пт 9:00-18:00; сб 10:00-15:00", "2026-11-28 14:00", True, "2026-11-28 15:00"),
        ("fri 22:00-06:00", "2026-11-28 05:00", True, "2026-11-28 06:00"),
        ("mon-thu 00:00-24:00", "2026-11-30 12:00", True, "2026-12-04 00:00"),
    ],
)
def test_it_is_open_until_the_next_break_night_or_holiday(said: str, then: str, open_: bool, until: str) -> None:
    state = hours(said).state(at(then))
    assert (state.is_open, state.until) == (open_, at(until))


def test_hours_without_a_break_are_open_for_good() -> None:
    assert hours("mon-sun", working_days="").state(at("2026-11-30 12:00")) == (True, None)


def test_days_of_their_own_go_before_the_calendar() -> None:
    known = hours("mon-fri 09:00-18:00", "2026-12-31 10:00-14:00; 2026-12-30 off")
    assert known.state(at("2026-12-30 12:00")).until == at("2026-12-31 10:00")
    assert known.state(at("2026-12-31 11:00")).until == at("2026-12-31 14:00")


def test_only_the_minutes_count_during_which_it_is_open() -> None:
    known = hours("mon-fri 09:00-13:00, 14:00-18:00")
    friday, monday = at("2026-11-27 17:50"), at("2026-11-30 09:10")
    assert known.minutes(friday, monday) == 20
    assert known.after(friday, 20) == monday
    assert known.after(friday, 10) == at("2026-11-27 18:00")
    assert known.after(at("2026-11-28 03:00"), 240 + 1) == at("2026-11-30 14:01")


def test_where_the_clocks_change_the_hours_are_those_of_the_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    known = hours("sat-sun 00:00-06:00", zone="Europe/Berlin", working_days="")
    night = at("2026-10-25 00:00", berlin)
    assert known.minutes(night, at("2026-10-25 12:00", berlin)) == 7 * 60
    night = at("2026-03-29 00:00", berlin)
    assert known.minutes(night, at("2026-03-29 12:00", berlin)) == 5 * 60


def test_the_state_says_the_time_as_a_person_does() -> None:
    known = hours("mon-fri 09:00-18:00")
    said = [
        str(state_in_words(known, at(then))) for then in ("2026-11-30 10:00", "2026-11-28 10:00", "2026-12-31 10:00")
    ]
    assert said == ["open until 18:00", "closed until Mon 09:00", "closed until 11.01.2027 09:00"]


def test_a_year_without_a_decree_says_so() -> None:
    assert "moved days of 2028 are not known" in str(hours("mon-fri 09:00-18:00").why(date(2028, 5, 2)))


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("мн 9", "names no days"),
        ("mon-fri 9", "no span of hours"),
        ("mon 25:00-26:00", "no span of hours"),
        ("mon 09:00-09:00", "is empty"),
        ("mon 09:00-12:00, 11:00-13:00", "overlap"),
        ("mon-fri 09:00-18:00; fri 10:00-12:00", "twice"),
        ("mon off", "never open"),
        ("", "never open"),
    ],
)
def test_hours_that_mean_nothing_are_refused(said: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        week(said)


def test_days_of_their_own_are_dates() -> None:
    assert own_days("2026-12-31 10:00-14:00; 2027-01-11 off") == {
        date(2026, 12, 31): (TimeSpan(600, 840),),
        date(2027, 1, 11): (),
    }
    with pytest.raises(UsageError, match="is no date"):
        own_days("31/12/2026 off")
    for said, complaint in (
        ("2027-02-30 off", "no such date"),
        ("2026-12-31 off; 31.12.2026 10:00-12:00", "twice"),
        ("2026-12-31", "has no hours"),
    ):
        with pytest.raises(UsageError, match=complaint):
            own_days(said)


def test_blanks_around_a_dash_and_dates_as_russians_write_them_are_understood() -> None:
    assert week("пн - пт, вс 9:00 - 18:00") == week("mon-fri,sun 09:00-18:00")
    assert own_days("31.12.2026 off") == {date(2026, 12, 31): ()}


@pytest.mark.parametrize("said", ["mon-fri 09:00-13:00, 14:00-18:00", "fri 22:00-06:00", "mon-sun 00:00-24:00"])
def test_whether_a_line_is_open_is_remembered_for_as_long_as_it_is_so(said: str) -> None:
    asked: list[int] = []
    known = hours(said)

    def find(line: LineId) -> OpeningHours:
        asked.append(line)
        return known

    lines = HoursOfLines(find)
    moments = range(at("2026-10-23 00:00"), at("2026-11-06 00:00"), 7 * 60_000)
    wrong = [one for one in (*moments, moments[3]) if lines.is_open(LineId(1), one) is not known.state(one).is_open]
    assert (wrong, asked) == ([], [1])
