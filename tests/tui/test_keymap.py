"""One keymap: every action has a key that works in a bare terminal and in either layout, and the help tells it."""

from __future__ import annotations

import pytest

from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.keys import keymap
from chatapp_cli.tui.questions.picture import PictureScreen
from chatapp_cli.tui.questions.quick import QuickPick
from chatapp_cli.tui.screens.applications import ApplicationsScreen
from chatapp_cli.tui.screens.auto_acts import AutoActsPage
from chatapp_cli.tui.screens.automation import AutomationScreen
from chatapp_cli.tui.screens.begin import BeginScreen
from chatapp_cli.tui.screens.bind import BindScreen
from chatapp_cli.tui.screens.chats import ChatsScreen
from chatapp_cli.tui.screens.crm import CrmScreen
from chatapp_cli.tui.screens.crm_rules import CrmRulesScreen
from chatapp_cli.tui.screens.inbox import InboxScreen
from chatapp_cli.tui.screens.lines import LinesScreen
from chatapp_cli.tui.screens.mail import MailScreen
from chatapp_cli.tui.screens.operators import OperatorsScreen
from chatapp_cli.tui.screens.people import PeopleScreen
from chatapp_cli.tui.screens.replies import RepliesScreen
from chatapp_cli.tui.screens.robot_runs import RobotRunsScreen
from chatapp_cli.tui.screens.search import SearchScreen
from chatapp_cli.tui.screens.troubles import TroublesScreen
from chatapp_cli.tui.widgets.composer import Pen
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.tui.conftest import Opener

PLACES = {
    "app": InboxApp,
    "inbox": InboxScreen,
    "list": DialogList,
    "transcript": Transcript,
    "lines": LinesScreen,
    "crm": CrmScreen,
    "crm_rules": CrmRulesScreen,
    "crm_runs": RobotRunsScreen,
    "automation": AutomationScreen,
    "auto_acts": AutoActsPage,
    "troubles": TroublesScreen,
    "applications": ApplicationsScreen,
    "find": SearchScreen,
    "begin": BeginScreen,
    "people": PeopleScreen,
    "quick": QuickPick,
    "replies": RepliesScreen,
    "operators": OperatorsScreen,
    "bind": BindScreen,
    "chats": ChatsScreen,
    "composer": Pen,
    "picture": PictureScreen,
    "mail": MailScreen,
}


@pytest.mark.parametrize(
    "act", [a for group in keymap.groups() for a in group.actions], ids=lambda a: f"{a.scope}-{a.name}"
)
def test_every_action_of_the_keymap_exists_where_it_is_promised(act: keymap.KeyAction) -> None:
    assert hasattr(PLACES[act.scope], "action_" + act.name.partition("(")[0])


def test_every_action_has_a_key_without_a_modifier() -> None:
    without = [
        act.name
        for group in keymap.groups()
        for act in group.actions
        if all("+" in key and key != "+" for key in act.keys)
    ]
    assert without == []


def test_no_key_means_two_things_in_one_place() -> None:
    for scopes in (
        ("app", "inbox", "list"),
        ("app", "inbox", "transcript"),
        ("app", "lines"),
        ("app", "crm"),
        ("app", "troubles"),
        ("app", "applications"),
        ("app", "find"),
        ("app", "replies"),
        ("app", "automation"),
        ("app", "auto_acts"),
        ("app", "operators"),
        ("app", "people"),
        ("app", "begin"),
    ):
        keys = [key for act in keymap.actions(*scopes) for key in act.keys]
        assert sorted(keys) == sorted(set(keys)), scopes


def test_letters_act_by_the_key_they_lie_on_in_the_russian_layout() -> None:
    found = keymap.with_russian({"p": "pin", "b": "block", "/": "search", ".": "menu"})
    assert {"з": "pin", "и": "block", "ю": "menu"}.items() <= found.items()
    assert found["."] == "menu"


async def test_russian_letters_do_in_the_window_what_the_latin_ones_do(window: Opener) -> None:
    async with window() as it:
        await it.press("ш")
        await it.until(lambda: it.app.screen.query("ClientCard.-shown"))
        shown = it.app.screen.query_one("DialogList")
        await it.press("о", "о")
        assert shown.cursor == 2
        await it.press("п", "е")
        await it.until(lambda: it.app.theme == "light" and it.app.screen.query("DialogList"))
        await it.press("П")
        await it.until(lambda: shown.cursor == len(shown.order.ids) - 1)


async def test_the_help_lists_every_action(window: Opener) -> None:
    async with window((120, 280)) as it:
        await it.press("?")
        for group in keymap.groups():
            await it.sees(group.title)
            for act in group.actions:
                words = act.help.split()
                assert keymap.shown(act.keys[0]) in it.text()
                assert " ".join(words[:3]) in it.text(), act.help
        await it.press("escape")
        await it.sees("Анна Кузнецова")


async def test_the_second_key_of_a_chord_is_offered_and_done(window: Opener) -> None:
    async with window() as it:
        await it.press("g")
        await it.sees("Lines and channels: health, bind, check", "Other colours", "To the first")
        await it.press("l")
        await it.until(lambda: isinstance(it.app.screen, LinesScreen))


async def test_a_key_that_begins_nothing_where_one_is_opens_nothing(window: Opener) -> None:
    async with window() as it:
        await it.press("f4", "up", *"8 916")
        await it.sees("8 916")
        assert isinstance(it.app.screen, PeopleScreen)


async def test_the_bind_page_has_a_way_out(window: Opener) -> None:
    async with window() as it:
        await it.press("f2", "down", "b")
        await it.until(lambda: isinstance(it.app.screen, BindScreen))
        await it.press("escape")
        await it.until(lambda: isinstance(it.app.screen, LinesScreen))
