"""Moments that people see: none of them breaks a calendar."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from chatapp_cli.domain.moment import iso, local, nights, spelled, utc

NOW = 1_790_000_000_000


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (0, "1970-01-01 00:00:00.000"),
        (NOW + 7, "2026-09-21 14:13:20.007"),
        (-(10**18), "0001-01-02 00:00:00.000"),
        (10**18, "9999-12-30 23:59:59.000"),
        (-62_135_510_399_000, "0001-01-02 00:00:01.000"),
        (253_402_214_398_000, "9999-12-30 23:59:58.000"),
    ],
)
def test_a_moment_beyond_the_calendar_is_its_end(at: int, said: str) -> None:
    assert utc(at).isoformat(" ", "milliseconds") == f"{said}+00:00"
    assert local(at) == utc(at)


@pytest.mark.parametrize(
    ("at", "said"),
    [(None, None), (0, None), (1, "1970-01-01T00:00:00.001Z"), (NOW, "2026-09-21T14:13:20.000Z")],
)
def test_programs_read_a_moment_to_the_millisecond_in_utc_and_nothing_where_there_is_none(
    at: int | None, said: str | None
) -> None:
    assert iso(at) == said


@pytest.mark.parametrize(("language", "said"), [("ru", "21.09.2026 14:13"), ("en", "2026-09-21 14:13")])
def test_clients_read_a_moment_in_a_mail_as_their_language_writes_it(language: str, said: str) -> None:
    assert spelled(NOW, language) == said


@pytest.mark.parametrize(
    ("zone", "at", "last", "following"),
    [
        ("Europe/Moscow", "2026-11-30T02:59:59+03:00", "2026-11-29T03:00+03:00", "2026-11-30T03:00+03:00"),
        ("Europe/Moscow", "2026-11-30T03:00+03:00", "2026-11-30T03:00+03:00", "2026-12-01T03:00+03:00"),
        ("Asia/Vladivostok", "2026-11-30T23:00+03:00", "2026-12-01T03:00+10:00", "2026-12-02T03:00+10:00"),
        ("Europe/Berlin", "2026-10-25T02:30+02:00", "2026-10-24T03:00+02:00", "2026-10-25T03:00+01:00"),
        ("Europe/Helsinki", "2026-03-29T12:00+03:00", "2026-03-29T03:00+02:00", "2026-03-30T03:00+03:00"),
    ],
)
def test_an_hour_of_the_night_comes_once_a_day_by_the_clocks_of_a_zone(
    zone: str, at: str, last: str, following: str
) -> None:
    moments = [round(datetime.fromisoformat(one).timestamp() * 1000) for one in (at, last, following)]
    assert nights(3, moments[0], ZoneInfo(zone)) == (moments[1], moments[2])
