"""Everything that has a key is found by a few letters as well, in either language and in the wrong layout."""

from __future__ import annotations

import pytest

from chatapp_cli import i18n
from chatapp_cli.tui import keymap, palette
from chatapp_cli.tui.screens.lines import LinesScreen
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.tui.conftest import Opener, Window


def offered(it: Window) -> set[str]:
    return {entry.id for entry in palette.doable(it.app._scopes(), it.app.run_action)}


def promised(*scopes: str) -> set[str]:
    return {act.id for act in keymap.actions(*scopes)} - {palette.ITSELF}


async def test_every_action_of_the_keymap_is_in_the_palette_of_its_place(window: Opener) -> None:
    async with window() as it:
        assert offered(it) == promised("list", "inbox", "app")
        await it.open("Анна")
        it.app.screen.query_one(Transcript).focus()
        await it.until(lambda: it.app.focused is it.app.screen.query_one(Transcript))
        assert offered(it) == promised("transcript", "inbox", "app")
    pages = {
        "f2": "lines",
        "f3": "troubles",
        "f4": "people",
        "f5": "replies",
        "f7": "find",
    }
    async with window() as it:
        for key, scope in pages.items():
            await it.press(key)
            await it.until(lambda scope=scope: getattr(it.app.screen, "SCOPE", "") == scope)
            assert offered(it) == promised(scope, "app")
            it.app.pop_screen()
            await it.until(lambda: getattr(it.app.screen, "SCOPE", "") == "inbox")


@pytest.mark.parametrize(
    ("language", "typed", "first"),
    [
        ("en", "pin", "Pin, or unpin"),
        ("en", "зшт", "Pin, or unpin"),
        ("en", "blaklist", "The blacklist"),
        ("ru", "закреп", "Закрепить или открепить"),
        ("ru", "pfrhtg", "Закрепить или открепить"),
        ("ru", "pin", "Закрепить или открепить"),
        ("ru", "p", "Закрепить или открепить"),
    ],
)
async def test_a_few_letters_find_it_in_either_language_and_layout(
    window: Opener, language: str, typed: str, first: str
) -> None:
    i18n.use(language)
    async with window() as it:
        entries = list(palette.doable(it.app._scopes(), it.app.run_action))
        assert palette.ranked(entries, typed)[0].words == first


async def test_a_line_a_tag_and_a_page_are_reached_by_typing(window: Opener) -> None:
    async with window() as it:
        await it.sees("● TG bot")
        await it.press("ctrl+p")
        await it.sees("What to do", "Open the dialog")
        await it.type("опт")
        await it.sees("Line: Опт")
        await it.press("enter")
        await it.sees("▿ Опт")
        await it.press(":")
        await it.type("возврат")
        await it.press("enter")
        await it.until(lambda: it.app.screen.wanted.tag == "возврат")
        await it.press("Ж")
        await it.type("health")
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, LinesScreen))


async def test_what_is_chosen_acts_on_the_dialog_under_the_cursor(window: Opener) -> None:
    async with window() as it:
        await it.press("down", ":")
        await it.type("pin")
        await it.press("enter")
        shown = it.app.screen.query_one(DialogList)
        await it.until(lambda: (row := shown.row_of(shown.current)) is not None and row.pinned)
        await it.press(":")
        await it.type("qqqqq")
        await it.sees("Nothing is called like that here.")
        await it.press("enter", "escape")
        await it.until(lambda: it.app.focused is shown)
