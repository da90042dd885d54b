"""Keys are chosen by a preset and by a person's own file; what is wrong there is told and harms nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.keys import keymap as keys
from chatapp_cli.tui.keys.key_probe import meanings, name
from chatapp_cli.tui.keys.remapping import Keymap, keymap
from chatapp_cli.tui.session.user_files import UserFiles
from tests.tui.conftest import GOOD, Window


@pytest.fixture(autouse=True)
def built_in_afterwards() -> Iterator[None]:
    yield
    keys.use(None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.toml"


def read(file: Path, text: str) -> Keymap:
    file.write_text(text, "utf-8")
    return keymap("vim", file)


def keys_of(found: Keymap, name: str) -> list[str]:
    return next(list(act.keys) for group in found.groups for act in group.actions if act.id == name)


def test_an_action_takes_the_keys_that_its_person_gave_it(file: Path) -> None:
    found = read(file, '"inbox.deed(\'pin\')" = ["ctrl+b", "g i"]\n"app.leave" = "ctrl+q"')
    assert list(found.faults) == []
    assert keys_of(found, "inbox.deed('pin')") == ["ctrl+b", "g i"]
    assert keys_of(found, "app.leave") == ["ctrl+q"]
    assert keys_of(found, "inbox.deed('block')") == ["b"]


@pytest.mark.parametrize(
    ("text", "what", "step"),
    [
        ('"inbox.deed(\'pim\')" = "p"', "There is no action inbox.deed('pim').", "inbox.deed('pin')"),
        ('"app.leave" = "ctrl+kaboom"', "There is no key ctrl+kaboom.", "chatapp keys probe"),
        ('"app.leave" = "a b c"', "There is no key a b c.", "chatapp keys probe"),
        ('"app.leave" = 7', "An action needs one key or several.", '["p", "ctrl+p"]'),
        ('"app.leave" = []', "An action needs one key or several.", '["p", "ctrl+p"]'),
        ('"app.leave" = "ctrl+i"', "A terminal sends Tab for Ctrl+I.", "Choose another key."),
        ('"composer.send" = "s"', "s is a letter of the text there.", "Choose a key with Ctrl, or one of F1 to F12."),
        ('"inbox.deed(\'pin\')" = "b"', "b is already used there", "Give one of the two another key."),
        ('"inbox.deed(\'pin\')" = "g"', "g is already used there", "Give one of the two another key."),
        ('"inbox.menu', "cannot be read", "each line is an action and its keys"),
    ],
)
def test_what_is_wrong_is_told_with_the_next_step_and_left_out(file: Path, text: str, what: str, step: str) -> None:
    found = read(file, text)
    (fault,) = found.faults
    assert fault.place.startswith("keys.toml")
    assert what in str(fault.what)
    assert step in str(fault.next_step)
    assert [list(group.actions) for group in found.groups] == [list(group.actions) for group in keys.built_in()]


def test_two_actions_may_exchange_their_keys(file: Path) -> None:
    found = read(file, '"inbox.deed(\'pin\')" = "b"\n"inbox.deed(\'block\')" = "p"')
    assert list(found.faults) == []


def test_without_single_letters_each_letter_stands_behind_the_leading_key() -> None:
    found = keymap("plain")
    for group in found.groups:
        for act in group.actions:
            loose = [key for key in act.keys if len(key) == 1 and not key.isdigit()]
            assert loose == [] or group.scope == "composer", act.id
    assert keys_of(found, "inbox.deed('pin')") == ["space p"]
    assert keys_of(found, "inbox.menu") == ["f10"]
    assert keys_of(found, "list.down") == ["down"]


async def test_the_window_listens_to_the_persons_keys_in_both_layouts_and_shows_them(
    company: Company, file: Path
) -> None:
    file.write_text('"inbox.card" = "ctrl+b"\n"inbox.deed(\'pin\')" = "i"\n"app.nothing" = "x"', "utf-8")
    app = InboxApp(company, alone=True, user_files=UserFiles(keys_file=file))
    async with app.run_test(size=GOOD, notifications=True) as pilot:
        it = Window(app, pilot)
        await it.sees("keys.toml: app.nothing: There is no action")
        await it.sees("Ctrl+B client")
        await it.press("end", "ш")
        await it.sees("is pinned.")
        assert not app.screen.query("ClientCard.-shown")
        await it.press("ctrl+b")
        await it.until(lambda: app.screen.query("ClientCard.-shown"))


async def test_what_the_window_says_names_the_persons_keys(company: Company, file: Path) -> None:
    mine = ("app.page('lines')", "lines.bind", "inbox.everything", "inbox.blacklist", "begin.template")
    file.write_text("".join(f'"{action}" = "ctrl+f{n}"\n' for n, action in enumerate(mine, 1)), "utf-8")
    app = InboxApp(company, alone=True, user_files=UserFiles(keys_file=file))
    async with app.run_test(size=(120, 35)) as pilot:
        it = Window(app, pilot)
        await it.press("b")
        await it.sees("Key Ctrl+F4", "shows the blacklist.")
        await it.press("escape", "/")
        await it.type("никого такого")
        await it.sees("Press Ctrl+F3 to see", "all of them.")
        await it.press("escape", "escape", "ctrl+f3")
        await it.open("Гостиница")
        await it.sees("that is done (Ctrl+F1).")
        await it.press("ctrl+f1")
        await it.sees("Press Ctrl+F2 to bind a channel to this line.")


async def test_a_letter_alone_does_nothing_in_the_plain_keymap_and_acts_behind_the_space(company: Company) -> None:
    class Plainly(UserFiles):
        def keymap(self, settings: object) -> Keymap:
            del settings
            return keymap("plain")

    app = InboxApp(company, alone=True, user_files=Plainly())
    async with app.run_test(size=GOOD) as pilot:
        it = Window(app, pilot)
        await it.until(lambda: app.screen.query_one("DialogList").order is not None)
        await it.press("i", "p", "space")
        await it.sees("Pin, or unpin")
        assert not app.screen.query("ClientCard.-shown")
        await it.press("i")
        await it.until(lambda: app.screen.query("ClientCard.-shown"))


@pytest.mark.parametrize(
    ("sent", "called"),
    [
        (b"p", "p"),
        ("з".encode(), "з"),
        (b"\x10", "ctrl+p"),
        (b"\x1b[A", "up"),
        (b"\x1bOP", "f1"),
        (b"\x1bp", "alt+p"),
        (b" ", "space"),
        (b"\x1b", "escape"),
    ],
)
def test_what_a_terminal_sends_has_the_name_that_the_file_of_keys_wants(sent: bytes, called: str) -> None:
    assert name(sent) == called


def test_a_key_means_the_same_in_the_russian_layout() -> None:
    found = [act.id for act in meanings(keys.built_in(), "з")]
    assert "inbox.deed('pin')" in found
    assert found == [act.id for act in meanings(keys.built_in(), "p")]
