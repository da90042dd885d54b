"""Everything that has a key is found by a few letters as well, in either language and in the wrong layout."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

from chatapp_cli import i18n
from chatapp_cli.bootstrap import Company
from chatapp_cli.services import dialogs
from chatapp_cli.tui import palette, screens
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.keys import keymap
from chatapp_cli.tui.screens.lines import LinesScreen
from chatapp_cli.tui.screens.palette import PaletteScreen
from chatapp_cli.tui.widgets.dialog_list import DialogList
from tests.tui import gallery
from tests.tui.conftest import GOOD, Opener, Window
from tests.tui.scenes import SCENES

PLACES = {
    "app": "inbox",
    "inbox": "inbox",
    "list": "inbox",
    "transcript": "deeds",
    "composer": "conversation",
    "picture": "picture",
    "quick": "quick",
    "replies": "replies",
    "operators": "operators",
    "lines": "lines",
    "crm": "crm",
    "troubles": "troubles",
    "find": "find",
    "begin": "begin",
    "people": "people",
    "chats": "chats",
    "applications": "applications",
    "bind": "bind",
    "mail": "whole-mail",
    "crm_rules": "rules",
    "crm_runs": "robots",
    "automation": "automation",
    "auto_acts": "auto-log",
}
"""A scene of the gallery for each place that keys work in."""
SCENE = {scene.name: scene for scene in SCENES}


@pytest.mark.parametrize("place", [group.scope for group in keymap.groups()])
async def test_every_action_of_the_keymap_is_in_the_palette_of_its_place(furnished: Path, place: str) -> None:
    async with gallery.played(furnished, gallery.Shot(SCENE[PLACES[place]], "en", "dark", GOOD)) as pilot:
        it = Window(pilot.app, pilot)
        if place == "transcript":
            await it.press("escape")
        await it.until(lambda: place in it.app.action_chooser.scopes(), it.app.action_chooser.scopes)
        promised = {act.id for act in keymap.actions(*it.app.action_chooser.scopes())} - {palette.ITSELF}
        await it.press("ctrl+p")
        await it.until(lambda: isinstance(it.app.screen, PaletteScreen))
        offered = {entry.id: entry for entry in it.app.screen._entries}
        assert promised <= offered.keys()
        assert all(can_run(offered[name]) for name in promised)


def can_run(entry: palette.PaletteEntry) -> bool:
    name, node = entry.run.args
    return hasattr(node, f"action_{name.partition('(')[0]}")


def test_every_page_has_its_keys_in_the_keymap() -> None:
    for _finder, name, _package in pkgutil.iter_modules(screens.__path__):
        importlib.import_module(f"{screens.__name__}.{name}")
    pages = {
        page for page in descendants(ActionPage) if not page.__subclasses__() and page.__module__.startswith("chatapp")
    }
    assert {page.SCOPE for page in pages} <= {group.scope for group in keymap.groups()} == PLACES.keys()


def descendants(kind: type) -> set[type]:
    return {found for one in kind.__subclasses__() for found in ({one} | descendants(one))}


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
        entries = list(palette.doable(it.app.action_chooser.scopes(), it.app.run_action))
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
        await it.until(lambda: it.app.screen.listing.dialog_filter.tag == "возврат")
        await it.press("Ж")
        await it.type("health")
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, LinesScreen))


async def test_what_is_chosen_acts_on_the_dialog_under_the_cursor(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.press("down", ":")
        await it.type("pin")
        await it.press("enter")
        shown = it.app.screen.query_one(DialogList)
        await it.until(lambda: company.read(lambda tx: dialogs.card(tx, shown.under_cursor)).pinned)
        await it.press(":")
        await it.type("qqqqq")
        await it.sees("Nothing is called like that here.")
        await it.press("enter", "escape")
        await it.until(lambda: it.app.focused is shown)
