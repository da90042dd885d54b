"""The times that people type."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.when import since, when

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = round(datetime(2026, 11, 21, 15, 30, tzinfo=MOSCOW).timestamp() * 1000)


def utc(said: str, *, zone: ZoneInfo = MOSCOW, now: int = NOW) -> str:
    return datetime.fromtimestamp(when(said, now=now, zone=zone) / 1000, UTC).isoformat()[:16]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("18:30", "2026-11-21T15:30"),
        ("today 18:30", "2026-11-21T15:30"),
        ("сегодня 18:30", "2026-11-21T15:30"),
        ("tomorrow 9:00", "2026-11-22T06:00"),
        ("Завтра 9:00", "2026-11-22T06:00"),
        ("послезавтра 09:05", "2026-11-23T06:05"),
        ("+30m", "2026-11-21T13:00"),
        ("+1d2h5m", "2026-11-22T14:35"),
        ("+2ч", "2026-11-21T14:30"),
        ("завтра в 9", "2026-11-22T06:00"),
        ("tomorrow at 9", "2026-11-22T06:00"),
        ("в 18", "2026-11-21T15:00"),
        ("at 18:30", "2026-11-21T15:30"),
        ("в понедельник в 10", "2026-11-23T07:00"),
        ("суббота 9:00", "2026-11-28T06:00"),
        ("friday 9:00", "2026-11-27T06:00"),
        ("через час", "2026-11-21T13:30"),
        ("через 20 минут", "2026-11-21T12:50"),
        ("in 2 days", "2026-11-23T12:30"),
        ("2026-12-01 10:00", "2026-12-01T07:00"),
        ("2026-12-01T10:00Z", "2026-12-01T10:00"),
        ("2026-12-01T10:00+05:00", "2026-12-01T05:00"),
    ],
)
def test_a_time_is_understood_in_the_zone_of_the_person(said: str, meant: str) -> None:
    assert utc(said) == meant


@pytest.mark.parametrize(
    "said", ["", "soon", "25:00", "12:60", "+", "+5", "someday 9:00", "2026-13-01", "9", "через 3 года"]
)
def test_what_is_no_time_is_refused_with_examples(said: str) -> None:
    with pytest.raises(UsageError, match="is not a time") as refused:
        when(said, now=NOW, zone=MOSCOW)
    assert str(refused.value.next_step).startswith("Such as: 18:30")


@pytest.mark.parametrize(
    "zone", [MOSCOW, BERLIN, ZoneInfo("UTC"), ZoneInfo("Pacific/Honolulu"), ZoneInfo("Asia/Tokyo")]
)
@pytest.mark.parametrize(
    "said", ["9999-12-31T23:59", "9999-12-31 12:00", "9999-12-31T23:59Z", "9999-12-31T23:59-12:00"]
)
def test_a_time_that_not_every_clock_can_show_is_no_time_anywhere(said: str, zone: ZoneInfo) -> None:
    for meant in (when, since):
        with pytest.raises(UsageError, match="is not a time"):
            meant(said, now=NOW, zone=zone)


def test_a_year_that_every_clock_shows_is_far_but_a_time() -> None:
    assert utc("9999-12-30T12:00Z") == "9999-12-30T12:00"


@pytest.mark.parametrize("said", ["15:30", "today 9:00", "2020-01-01", "+0m"])
def test_what_is_over_is_refused(said: str) -> None:
    with pytest.raises(UsageError, match="is in the past"):
        when(said, now=NOW, zone=MOSCOW)


def test_clocks_that_change_overnight_are_kept() -> None:
    eve = round(datetime(2026, 3, 28, 12, 0, tzinfo=BERLIN).timestamp() * 1000)
    assert utc("tomorrow 9:00", zone=BERLIN, now=eve) == "2026-03-29T07:00"
    assert utc("+24h", zone=BERLIN, now=eve) == "2026-03-29T11:00"
    with pytest.raises(UsageError, match="the clocks go forward"):
        when("tomorrow 2:30", now=eve, zone=BERLIN)


def test_without_a_zone_it_is_the_machine_s() -> None:
    assert when("2026-12-01 10:00", now=NOW) == round(datetime(2026, 12, 1, 10, 0).timestamp() * 1000)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2h", "2026-11-21T10:30"),
        ("1d12h", "2026-11-20T00:30"),
        ("30м", "2026-11-21T12:00"),
        ("2026-11-01 10:00", "2026-11-01T07:00"),
    ],
)
def test_a_past_time_is_how_long_ago_or_written_out(said: str, meant: str) -> None:
    assert datetime.fromtimestamp(since(said, now=NOW, zone=MOSCOW) / 1000, UTC).isoformat()[:16] == meant


def test_no_past_time_is_refused_with_examples() -> None:
    with pytest.raises(UsageError, match="is not a time"):
        since("recently", now=NOW)
    assert since("2h", now=NOW) == NOW - 7_200_000
