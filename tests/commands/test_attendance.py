"""Who is there, from the command line (K-06)."""

from __future__ import annotations

from functools import partial

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.attendance import Absence, Attendance, in_words
from chatapp_cli.services import operators
from tests.commands.conftest import Shell, Write

ANNA, BORIS = "Анна", "Борис"


@pytest.fixture
def pair(company: Company) -> None:
    for name in (ANNA, BORIS):
        company.write(partial(operators.add, name=name, password_hash="", lines=()))


@pytest.mark.usefixtures("pair", "bound")
def test_who_goes_for_lunch_is_shown_as_away_until_they_are_back(chatapp: Shell) -> None:
    said = chatapp("--operator", ANNA, "user", "away", "--until", "+1h", "--for", "обед").err
    assert said.startswith("Анна: away until ")
    assert said.strip().endswith(": обед. When you are back: chatapp user back")
    known = {one["name"]: one["attendance"] for one in chatapp("user", "list", "--json").json}
    assert (known[ANNA]["state"], known[ANNA]["reason"], known[BORIS]["state"]) == ("away", "обед", "there")
    assert [row[-1].partition(" until")[0] for row in chatapp("user", "list").rows] == ["away", "present"]
    assert chatapp("--operator", ANNA, "whoami", "--json").json["attendance"]["state"] == "away"
    assert "Now\taway until" in chatapp("--operator", ANNA, "whoami").out
    assert chatapp("--operator", ANNA, "user", "back").err == "You are back.\n"
    assert chatapp("--operator", ANNA, "user", "back").err == "You were not away.\n"
    assert "Now\tpresent" in chatapp("--operator", ANNA, "whoami").out
    assert chatapp.run("user", "away", "--until", "вчера").code == 2


@pytest.mark.usefixtures("pair", "bound")
def test_hours_and_a_limit_of_an_operator_are_set_and_shown_for_a_line(chatapp: Shell) -> None:
    chatapp("user", "hours", ANNA, "mon-sun 00:00-24:00", "--zone", "Asia/Omsk")
    chatapp("user", "limit", ANNA, 5)
    chatapp("--operator", BORIS, "user", "away")
    assert chatapp("line", "operators").rows == [
        [ANNA, "present", "0", "5", "mon-sun 00:00-24:00 Asia/Omsk"],
        [BORIS, "away", "0", "", ""],
    ]
    known = chatapp("line", "operators", "--json").json[0]
    assert {key: known[key] for key in ("state", "limit", "hours", "zone")} == {
        "state": "there",
        "limit": 5,
        "hours": "mon-sun 00:00-24:00",
        "zone": "Asia/Omsk",
    }
    chatapp("user", "hours", ANNA, "")
    assert chatapp("line", "operators").rows[0] == [ANNA, "present", "0", "5", ""]
    for wrong in (("hours", ANNA, "всегда"), ("limit", ANNA, "-1"), ("hours", ANNA, "mon", "--zone", "Омск")):
        assert chatapp.run("user", *wrong).code == 2
    assert chatapp.run("user", "limit", "Никто", 1).code == 1


@pytest.mark.parametrize(
    ("zone", "said"), [("", "works from soon"), ("Asia/Omsk", "works from Thu 01.01 06:00 (Asia/Omsk)")]
)
def test_when_an_operator_works_again_is_told_by_the_clocks_of_their_own_zone(zone: str, said: str) -> None:
    away = Attendance(ANNA, Absence.OUTSIDE, 0, 0, "", 0, 0, "mon-fri 06:00-12:00", zone)
    assert str(in_words(away, lambda _at: "soon")) == said


@pytest.mark.usefixtures("pair")
def test_whoever_assigns_a_dialog_is_told_that_its_operator_is_not_there(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Здравствуйте")
    dialog = chatapp("dialog", "list", "--json").json[0]["id"]
    chatapp("--operator", BORIS, "user", "away", "--for", "отпуск")
    assert chatapp("dialog", "assign", dialog, ANNA).err == ""
    assert chatapp("dialog", "assign", dialog, BORIS).err == "Борис is not there: away: отпуск\n"


def test_a_line_takes_only_ways_of_distribution_that_there_are(chatapp: Shell, bound: int) -> None:
    chatapp("line", "configure", "--set", "distribution=evenly", "--set", "hand_over_after=30")
    refused = chatapp.run("line", "configure", "--set", "distribution=наугад")
    assert (refused.code, "off, evenly, in_order, all" in refused.err) == (2, True)
