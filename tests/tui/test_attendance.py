"""Being away by a key, seen in the bar and where somebody is chosen who answers (K-06)."""

from __future__ import annotations

from functools import partial

from chatapp_cli.bootstrap import Company
from chatapp_cli.services import attendance, duties, operators
from tests.stores import owner
from tests.tui.conftest import Opener, Window
from tests.tui.stage import ME


async def told(it: Window, words: str) -> None:
    await it.until(lambda: any(words in note.message for note in it.app._notifications), words)


async def test_one_goes_away_by_a_key_and_the_bar_says_it_until_one_is_back(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.press("escape", "~")
        await it.sees("How long are you away?", "For 30 minutes")
        await it.press("down", "down", "enter")
        await it.sees("What for?")
        await it.type("обед")
        await it.press("enter")
        await told(it, "You are away: nothing is given to you.")
        kept = company.read(partial(attendance.of, name=ME))
        assert (kept.reason, kept.away_until) == ("обед", company.world.clock.now() + 3_600_000)
        await it.sees("☾ away until")
        await it.press("~")
        await told(it, "You are back.")
        await it.sees_no("☾ away until")
        assert company.read(duties.away) is None


async def test_another_time_is_typed_and_one_that_is_none_is_told(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.press("escape", "~")
        await it.sees("Until another time…")
        await it.press("end", "enter")
        await it.sees("Away until")
        await it.type("когда-нибудь")
        await it.press("enter")
        await it.sees("is not a time")
        assert company.read(duties.away) is None


async def test_whoever_is_chosen_to_answer_is_shown_with_why_they_are_not_there(
    window: Opener, company: Company
) -> None:
    company.write(lambda tx: operators.add(tx, "Пётр", "", ()))
    company.write(lambda tx: attendance.leave(tx.by(owner("Пётр")), reason="отпуск"))
    async with window() as it:
        await it.open("Анна")
        await it.press("escape", "A")
        await it.sees("Пётр · away: отпуск")


async def test_the_page_of_operators_shows_who_is_away_and_sets_hours_and_a_limit(
    window: Opener, company: Company
) -> None:
    company.write(lambda tx: operators.add(tx, "Пётр", "", ()))
    company.write(lambda tx: attendance.leave(tx.by(owner("Пётр"))))
    async with window() as it:
        await it.open("Анна")
        await it.press("escape", "g", "o")
        await it.sees("Пётр", "away")
        await it.press("m")
        await it.sees("How many dialogs may wait for Пётр")
        await it.type("семь")
        await it.press("enter")
        await it.sees("семь is not a number.")
        await it.press("ctrl+u")
        await it.type("7")
        await it.press("enter")
        await it.until(lambda: company.read(partial(attendance.of, name="Пётр")).most == 7)
        await it.press("h")
        await it.sees("Working hours of Пётр")
        await it.type("mon-fri 10:00-16:00")
        await it.press("enter")
        await it.until(lambda: company.read(partial(attendance.of, name="Пётр")).hours == "mon-fri 10:00-16:00")
