"""The part of the window that ``docs/extending.md`` prints; ``tests/growing`` runs these in the grown sources."""

from __future__ import annotations

from chatapp_cli.tui.screens import inbox
from scripts import window_part
from tests.growing.page import ROOT, growths
from tests.tui.conftest import Opener, Window
from tests.tui.stage import MINUTE, HeldClock

WAITING = "Waiting for an answer:"


def row(it: Window, words: str) -> int:
    """The line of the screen that has them to the right of the list."""
    return next(n for n, line in enumerate(it.text().splitlines()) if words in line.partition("│")[2])


async def has_read(it: Window, name: str) -> None:
    """Open a dialog, and look until it counts as read."""
    await it.open(name)
    await it.until(lambda: not it.app.screen.opening.unread)
    await it.press("escape")


async def test_the_strip_follows_the_clock_and_goes_with_the_answer(window: Opener, clock: HeldClock) -> None:
    async with window() as it:
        await it.sees_no(WAITING)
        await has_read(it, "Анна")
        await has_read(it, "Игорь")
        for timer in list(it.app.screen._timers):
            timer.stop()  # time passes below, and not by itself
        await it.sees(f"{WAITING} 7 min")
        assert row(it, WAITING) == row(it, "Игорь") + 2, "the heading ends with a rule"
        clock.at += 2 * MINUTE
        it.app.screen.freshness.tick()
        await it.sees(f"{WAITING} 9 min")
        await it.press("w")
        await it.type("Пришлём новую")
        await it.press("enter")
        await it.sees_no(WAITING)
        await it.press("escape")
        await it.open("Анна")
        await it.sees(f"{WAITING} 42 min")


async def test_its_key_hides_it_for_all_dialogs_and_shows_it_again_in_either_layout(window: Opener) -> None:
    async with window() as it:
        await it.open("Игорь")
        await it.sees(WAITING)
        await it.press("escape", "g")
        await it.sees("Show how long the client has waited, or hide it")
        await it.press("a")
        await it.sees_no(WAITING)
        await it.open("Анна")
        await it.sees_no(WAITING)
        await it.press("escape", "п", "ф")
        await it.sees(f"{WAITING} 40 min")


def test_the_page_of_the_architecture_gets_it_from_the_sources() -> None:
    assert inbox.Waiting.__doc__ in growths()["A part of the window"].files["chatapp_cli/tui/conversation/waiting.py"]
    parts = window_part.render(ROOT).split("\n")
    (tabs,) = (at for at, line in enumerate(parts) if line.startswith("6. `Tabs` "))
    waiting, finding = parts[tabs + 1 : tabs + 3]
    assert waiting == "7. `Waiting` shows how long the client has waited, unless somebody hid it."
    assert finding.startswith("8. `ConversationSearch` ")
