"""Working hours of a line on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.conftest import Shell

HOURS = "hours=mon-fri 09:00-13:00, 14:00-18:00; sat 10:00-15:00"


def refused(chatapp: Shell, *words: str) -> str:
    """What a command says that ends with the exit code of bad input."""
    said = chatapp.run(*words)
    assert said.code == 2, said
    return said.err


def test_the_hours_of_the_coming_days_are_shown_with_their_reasons(chatapp: Shell, bound: int) -> None:
    chatapp("line", "configure", "--set", HOURS, "--set", "hours_days=2026-12-31 10:00-14:00")
    shown = chatapp("calendar", "show", "--at", "2026-12-31 13:00", "--days", "3")
    assert shown.out.splitlines()[0] == "open until 14:00 (Europe/Moscow)"
    assert [row[1:] for row in shown.rows[1:]] == [
        ["10:00-14:00", "a day with hours of its own, otherwise closed"],
        ["closed", "public holiday: Новогодние каникулы"],
        ["closed", "public holiday: Новогодние каникулы"],
    ]
    known = chatapp("calendar", "show", "--at", "2027-01-09 16:00", "--days", "1", "--json").json
    assert known == {
        "at": "2027-01-09T13:00:00.000Z",
        "open": False,
        "until": "2027-01-11T06:00:00.000Z",
        "zone": "Europe/Moscow",
        "calendar": "ru",
        "days": [{"day": "2027-01-09", "hours": ["10:00-15:00"], "why": "weekend, with hours of the week"}],
    }


def test_a_line_shows_whether_it_is_open_and_one_without_hours_says_nothing_of_it(chatapp: Shell, bound: int) -> None:
    assert "Working hours" not in chatapp("line", "show").out
    assert "has no working hours" in chatapp("calendar", "show").err
    assert chatapp("calendar", "show", "--json").json["open"] is True
    chatapp("company", "configure", "--set", "hours=mon-sun 00:00-24:00", "--set", "hours_calendar=none")
    assert "Working hours\talways open (Europe/Moscow)" in chatapp("line", "show").out


def test_a_calendar_of_the_companys_own_decides_which_days_are_off(chatapp: Shell, bound: int, home: Path) -> None:
    folder = home / "main" / "calendars"
    folder.mkdir()
    (folder / "shop.toml").write_text('holidays = ["06-03"]', "utf-8")
    chatapp("line", "configure", "--set", HOURS, "--set", "hours_calendar=shop")
    for text, complaint in (
        ('holiday = ["06-03"]', "holiday: holidays, source, years"),
        ('[years.2026]\noff = ["06-03"]\nworking = ["06-03"]', "2026-06-03 is off and working"),
        ("holidays = " + "[" * 3_000 + "]" * 3_000, "cannot be read"),
    ):
        (folder / "wrong.toml").write_text(text, "utf-8")
        assert complaint in refused(chatapp, "line", "configure", "--set", "hours_calendar=wrong")
    assert "There is no calendar no." in refused(chatapp, "company", "configure", "--set", "hours_calendar=no")
    assert chatapp("calendar", "show", "--at", "2026-06-03 10:00", "--json").json["open"] is False
    (folder / "shop.toml").unlink()
    assert "There is no calendar shop." in chatapp("line", "show").out
    assert "There is no calendar shop." in refused(chatapp, "calendar", "show")


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("hours=мн 9", "names no days"),
        ("hours_zone=Moscow", "There is no time zone Moscow."),
        ("hours_days=31.12 off", "is no date"),
        ("hours_calendar=../ru", "There is no calendar ../ru."),
    ],
)
def test_hours_that_mean_nothing_are_refused_and_the_old_ones_stay(
    chatapp: Shell, bound: int, said: str, complaint: str
) -> None:
    chatapp("line", "configure", "--set", HOURS)
    assert complaint in refused(chatapp, "line", "configure", "--set", said)
    assert chatapp("config", "list", "--json", "--line", "1").json["hours"]["value"] == HOURS.removeprefix("hours=")


def test_a_time_that_is_none_is_refused(chatapp: Shell, bound: int) -> None:
    chatapp("line", "configure", "--set", HOURS, "--set", "hours_zone=Europe/Berlin")
    assert "the clocks skip it" in refused(chatapp, "calendar", "show", "--at", "28.03.2027 02:30")
    assert "too far away" in refused(chatapp, "calendar", "show", "--at", "9999-12-31")
    assert "junk is not a time." in refused(chatapp, "calendar", "show", "--at", "junk")
