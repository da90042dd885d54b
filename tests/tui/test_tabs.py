"""Several dialogs open at once, each where it was left."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.services import channels
from chatapp_cli.tui.widgets.tab_bar import TabBar
from tests.tui.conftest import Opener, Window
from tests.tui.stage import ANNA, MINUTE, Stage


def opened_name(it: Window) -> str:
    return it.app.screen.opening.card.name if it.app.screen.opening else ""


async def beside(it: Window, name: str) -> None:
    """Find a dialog and open it in a new tab."""
    await it.press("escape", "1", "/")
    await it.type(name)
    await it.until(lambda: it.app.screen.query_one("DialogList").order.dialog_filter.text == name)
    await it.press("enter", "T")
    await it.until(lambda: name in opened_name(it))


@pytest.mark.req("S-118")
async def test_a_dialog_opens_in_a_new_tab_and_tabs_are_turned_by_keys_and_clicks(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        bar = it.app.screen.query_one(TabBar)
        assert not bar.display
        await beside(it, "Игорь")
        await it.until(lambda: bar.display and [tab.name for tab in bar.tabs] == ["Анна Кузнецова", "Игорь"])
        await it.press("escape", "}")
        await it.until(lambda: opened_name(it) == "Анна Кузнецова")
        await it.press("ctrl+pageup")
        await it.until(lambda: opened_name(it) == "Игорь")
        await it.pilot.click(TabBar, offset=(3, 0))
        await it.until(lambda: opened_name(it) == "Анна Кузнецова")
        await it.press("escape", "X")
        await it.until(lambda: opened_name(it) == "Игорь" and not bar.display)


@pytest.mark.req("S-118")
async def test_the_menu_of_a_dialog_opens_it_here_or_in_a_new_tab(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.press("escape", "1", "/")
        await it.type("Игорь")
        await it.until(lambda: it.app.screen.query_one("DialogList").order.dialog_filter.text == "Игорь")
        await it.press("enter", "down", ".")
        await it.sees("What to do", "Open the dialog", "Open it in a new tab", "Pin, or unpin", "blacklist")
        await it.press("T")
        bar = it.app.screen.query_one(TabBar)
        await it.until(lambda: [tab.name for tab in bar.tabs] == ["Анна Кузнецова", "Игорь"])
        await it.press("escape", "/")
        await it.type("Дмитрий")
        await it.until(lambda: it.app.screen.query_one("DialogList").order.dialog_filter.text == "Дмитрий")
        await it.press("enter", "down", "f10")
        await it.sees("What to do")
        await it.press("enter")
        await it.until(lambda: opened_name(it) == "Дмитрий Орлов")
        assert [tab.name for tab in bar.tabs] == ["Анна Кузнецова", "Дмитрий Орлов"]
        await it.press("f10")
        await it.sees("What to do")
        assert "Open the dialog" not in it.text()


async def test_a_tab_keeps_its_place_and_its_draft(window: Opener, company: Company, stage: Stage) -> None:
    bot = company.read(lambda tx: channels.find(tx, "telegram_bot").id)
    for n in range(60):
        stage.hear(bot, ANNA, f"строка {n}", ago=11 * MINUTE)
    async with window((120, 24)) as it:
        await it.open("Анна")
        await it.type("Доплата 400")
        await it.press("escape", "tab", *["k"] * 30)
        place = it.app.screen.query_one("Transcript").place
        assert place is not None
        await beside(it, "Игорь")
        await it.press("escape", "{")
        await it.until(lambda: opened_name(it) == "Анна Кузнецова")
        assert it.app.screen.query_one("Transcript").selected.message.id == place
        await it.sees("Доплата 400")


async def test_what_is_new_behind_another_tab_is_marked_on_it(window: Opener, stage: Stage) -> None:
    async with window() as it:
        await it.open("Анна")
        bar = it.app.screen.query_one(TabBar)
        channel = it.app.screen.opening.channel.id
        await beside(it, "Игорь")
        stage.hear(channel, ANNA, "И ещё свечу")
        await it.until(lambda: [tab.unread for tab in bar.tabs] == [True, False])
        await it.sees("•Анна Кузнецова")
        await beside(it, "Анна")
        await it.until(lambda: [tab.name for tab in bar.tabs] == ["Анна Кузнецова", "Игорь"] and bar.front == 0)
