"""A channel that sends nothing for a while says so everywhere, until when and why, and goes on when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.services import channels, outbox
from tests.commands.conftest import Program, Shell

Rest = Callable[..., str]


@pytest.fixture
def rest(company: Company, bound: ChannelId) -> Rest:
    """Let the channel rest; returns until when, as people are told."""

    def now(code: str = "timeout", detail: str = "429: slow down", seconds: float = 1800.0) -> str:
        company.write(lambda tx: outbox.pause(tx, bound, seconds=seconds, code=code, detail=detail))
        until = company.read(lambda tx: channels.one(tx, bound)).paused_until
        return datetime.fromtimestamp(until / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")

    return now


def test_a_rest_is_told_by_the_list_the_line_and_the_doctor(chatapp: Shell, rest: Rest) -> None:
    until = rest()
    listed = chatapp("line", "list")
    assert listed.out.startswith("1\tМагазин")
    what, step = listed.err.splitlines()
    assert what.startswith(f"Магазин, Ёлочный базар: paused until {until}: ")
    assert what.endswith("(429: slow down)")
    assert step == "→ It continues automatically; at once with: chatapp line resume 1"
    shown = chatapp("line", "show").out
    assert f"paused until {until}" in shown
    assert "(429: slow down)" in shown
    (looked,) = [one for one in chatapp.run("doctor", "--json").json if one["name"] == "channel 1"]
    assert (looked["ok"], f"paused until {until}" in looked["what"]) == (False, True)
    assert looked["next_step"] == "It continues automatically; at once with: chatapp line resume 1"


def test_programs_hear_until_when_and_why(chatapp: Shell, rest: Rest) -> None:
    rest()
    ((told,),) = [line["resting"] for line in chatapp("line", "list", "--json").json]
    assert (told["channel"], told["code"], told["detail"]) == (1, "timeout", "429: slow down")
    (channel,) = chatapp("line", "show", "--json").json["channels"]
    assert (channel["paused_until"], channel["paused_code"]) == (told["until"], "timeout")


def test_what_waits_behind_a_rest_gives_it_as_the_reason(chatapp: Shell, rest: Rest) -> None:
    chatapp("send", "client-7", "-c", "api", "--text", "Алло", "--wait", "0")
    rest()
    (row,) = chatapp("outbox", "list", "--json").json
    assert (row["code"], "429: slow down" in row["why"]) == ("timeout", True)
    assert row["goes_at"] is not None


def test_it_goes_on_when_it_is_told_to(chatapp: Shell, program: Program, rest: Rest) -> None:
    rest()
    resumed = chatapp("line", "resume", "api")
    assert resumed.err.splitlines()[0].endswith("continues.")
    assert chatapp("line", "list").err == ""
    assert chatapp("send", "client-7", "-c", "api", "--text", "Алло", "--json").json["state"] == "sent"
    assert program.heard == ["Алло"]


def test_the_accounts_own_pace_is_no_trouble(chatapp: Shell, rest: Rest) -> None:
    rest(code="pace", detail="")
    assert chatapp("line", "list").err == ""
    (looked,) = [one for one in chatapp.run("doctor", "--json").json if one["name"] == "channel 1"]
    assert "rests" not in looked["what"]
    assert "paused until" in chatapp("line", "show").out


def test_the_providers_words_stay_while_the_accounts_own_pace_lasts_longer(
    chatapp: Shell, company: Company, bound: ChannelId, rest: Rest
) -> None:
    rest(seconds=60.0)
    company.write(lambda tx: outbox.show_pause(tx, bound, seconds=1800.0))
    (channel,) = chatapp("line", "show", "--json").json["channels"]
    assert (channel["paused_code"], channel["paused_detail"]) == ("pace", "429: slow down")
    assert "The channel allows no faster pace. (429: slow down)" in chatapp("line", "show").out


def test_the_providers_words_of_a_rest_that_is_over_are_told_no_more(
    chatapp: Shell, company: Company, bound: ChannelId, rest: Rest
) -> None:
    rest(seconds=-1.0)
    company.write(lambda tx: outbox.show_pause(tx, bound, seconds=1800.0))
    (channel,) = chatapp("line", "show", "--json").json["channels"]
    assert (channel["paused_code"], channel["paused_detail"]) == ("pace", "")


def test_a_rest_that_is_over_is_told_no_more(chatapp: Shell, rest: Rest) -> None:
    rest(seconds=-1.0)
    assert chatapp("line", "list").err == ""
    assert "paused until" not in chatapp("line", "show").out


def test_only_a_channel_that_is_there_goes_on(chatapp: Shell, bound: ChannelId) -> None:
    assert chatapp.run("line", "resume", "nobody").code == 1
