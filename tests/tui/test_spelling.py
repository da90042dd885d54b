"""Misspelt words are underlined while one writes, put right by a key, and one's own words are believed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.kit.spelling import dictionaries
from chatapp_cli.runtime.speller import Speller
from chatapp_cli.settings import Settings
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.session.user_files import UserFiles
from chatapp_cli.tui.widgets.composer import Pen
from chatapp_cli.tui.widgets.underlined import Underlined
from tests.tui.conftest import GOOD, Window

AFF = "SET UTF-8\nTRY аоеинтсрвлкмдпуяыьгзбчйжхшюцщэфъё\n"


@pytest.fixture
def dictionary(tmp_path: Path) -> Path:
    """A very small Russian dictionary."""
    (tmp_path / "ru_RU.aff").write_text(AFF, "utf-8")
    (tmp_path / "ru_RU.dic").write_text("4\nпривет\nплед\nготов\nсегодня\n", "utf-8")
    return tmp_path / "ru_RU"


def program(dictionary: Path) -> list[str]:
    return [sys.executable, "-m", "chatapp_cli.kit.spelling", str(dictionary)]


@pytest.fixture
async def speller(dictionary: Path) -> AsyncIterator[Speller]:
    found = Speller(program(dictionary))
    yield found
    await found.aclose()


def test_a_word_is_judged_by_the_dictionary_of_its_alphabet(dictionary: Path) -> None:
    asked = "^привет\n^превет\nпревет\n^hello\n"
    done = subprocess.run(program(dictionary), input=asked, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n\n") == ["*", "# превет 0", "& превет 1 0: привет", "*", ""]


def test_one_dictionary_a_language_is_found_in_the_folders_of_the_system(dictionary: Path, tmp_path: Path) -> None:
    assert dictionaries([str(tmp_path / "none"), str(tmp_path)]) == [dictionary]


async def test_the_child_answers_one_word_after_the_other(speller: Speller) -> None:
    assert await speller.wrong(["привет", "превет", "плед", "плет"]) == {"превет", "плет"}
    assert await speller.meant("превет") == ["привет"]
    speller.learn("превет")
    assert await speller.wrong(["превет"]) == set()


async def test_without_a_program_that_answers_every_word_is_right() -> None:
    for wrong in ([], ["/no/such/program"], [sys.executable, "-c", ""]):
        speller = Speller(wrong)
        assert await speller.wrong(["превет"]) == set()
        assert await speller.meant("превет") == []
        await speller.aclose()


def test_names_addresses_and_numbers_are_no_words() -> None:
    text = Underlined("Привет, @Олег! Заказ 1841х на hello@dom.example и https://a.example/b «плед-облако»")
    assert text.words() == ["Привет", "Заказ", "на", "плед-облако"]


class Literate(UserFiles):
    """A person with a small dictionary."""

    def speller(self, settings: Settings) -> object:  # type: ignore[override]  # the small one
        del settings
        assert self.settings_file is not None
        return lambda: program(self.settings_file.with_name("ru_RU"))  # type: ignore[union-attr]  # just asserted


async def test_a_misspelt_word_is_underlined_put_right_and_another_one_kept(company: Company, dictionary: Path) -> None:
    app = InboxApp(company, alone=True, user_files=Literate(settings_file=dictionary.with_name("config.toml")))
    async with app.run_test(size=GOOD) as pilot:
        it = Window(app, pilot)
        await it.until(lambda: app.screen.query_one("DialogList").order is not None)
        await it.open("Анна")
        await it.type("превет плед Кедр ")
        pen = app.screen.query_one(Pen)
        await it.until(lambda: pen.wrong == {"превет", "Кедр"})
        assert [(span.start, span.end) for span in pen.get_line(0).spans] == [(0, 6), (12, 16)]
        await it.press("ctrl+s")
        await it.sees("Instead of «превет»", "привет", "to the dictionary")
        await it.press("1")
        await it.until(lambda: pen.text == "привет плед Кедр ")
        await it.press("ctrl+s")
        await it.sees("Instead of «Кедр»")
        await it.press("end", "enter")
        await it.until(lambda: not pen.wrong)
        await it.press("ctrl+s")
        await it.until(lambda: any(note.message == "There is no misspelt word." for note in app._notifications))
    assert dictionary.with_name("words.txt").read_text("utf-8") == "Кедр\n"
