"""A paste is text, whatever is in it and however it comes: it never sends, and none of it is a command."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from textual import events
from textual.screen import Screen
from textual.widgets import Input

from chatapp_cli.bootstrap import Company
from chatapp_cli.services import transcript
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.keys.pasting import PASTE_TIMEOUT, WholePastes, clean
from chatapp_cli.tui.keys.typeahead import HAND
from chatapp_cli.tui.popups import Choose, Confirm
from chatapp_cli.tui.screens.inbox import InboxScreen
from chatapp_cli.tui.widgets.composer import MOST_LINES, MOST_PASTED, Pen
from tests.tui.conftest import GOOD, Opener, Window

OPEN, CLOSE = "\x1b[200~", "\x1b[201~"
TEXTS = (
    "первая строка\rвторая",
    "цвет \x1b[31mкрасный\x1b[0m\rи дальше",
    "голый \x1b в строке\rдальше\r",
    "\x1b\rвсё сразу\r" * 5,
    "длинная после escape \x1b" + "я" * 200 + "\rконец",
    "\x1b[20\rне скобка\r",
    "хвост \x1b",
    "\r\r\r",
    "таб\tи \x00 ноль и \x7f",
    "мышь \x1b[<0;1;1M и фокус \x1b[I\r",
)


def read(parser: WholePastes, data: str, pieces: int) -> list[object]:
    cuts = sorted(random.Random(pieces).sample(range(1, len(data)), min(pieces, len(data) - 1)))
    parts = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    return [one for part in parts for one in parser.feed(part)]


@pytest.mark.parametrize("pieces", [0, 1, 3, 10_000])
@pytest.mark.parametrize("text", TEXTS)
def test_what_is_between_the_brackets_is_one_paste_and_no_key(text: str, pieces: int) -> None:
    found = read(WholePastes(), f"a{OPEN}{text}{CLOSE}b", pieces)
    assert [one.key for one in found if isinstance(one, events.Key)] == ["a", "b"]
    pasted = [one.text for one in found if isinstance(one, events.Paste)]
    assert pasted == ([clean(text)] if clean(text) else [])


def test_two_pastes_one_after_the_other_are_two() -> None:
    found = list(WholePastes().feed(f"{OPEN}a\x1b{CLOSE}{OPEN}b\r{CLOSE}\r"))
    assert [one.text for one in found if isinstance(one, events.Paste)] == ["a", "b\n"]
    assert [one.key for one in found if isinstance(one, events.Key)] == ["enter"]


def test_keys_are_read_as_before() -> None:
    found = list(WholePastes().feed("я\r\x1b[A\x1bOP\x1b[<0;3;4M"))
    assert [one.key for one in found if isinstance(one, events.Key)] == ["я", "enter", "up", "f1"]
    assert any(isinstance(one, events.MouseDown) for one in found)


def test_a_paste_whose_end_got_lost_comes_after_a_while_and_keys_are_keys_again() -> None:
    now = [100.0]
    parser = WholePastes(now=lambda: now[0])
    assert list(parser.feed(f"{OPEN}слова\r")) == []
    assert list(parser.tick()) == []
    now[0] += PASTE_TIMEOUT
    (paste,) = parser.tick()
    assert paste.text == "слова\n"
    assert [one.key for one in parser.feed("q")] == ["q"]


def test_a_paste_at_the_end_of_the_input_is_not_lost() -> None:
    parser = WholePastes()
    list(parser.feed(f"{OPEN}слова"))
    assert [one.text for one in parser.feed("") if isinstance(one, events.Paste)] == ["слова"]


def test_what_a_terminal_would_obey_is_left_out_of_a_paste() -> None:
    assert clean("a\x1b[31mb\x1b]0;t\x07c\x9bd\r\ne\x08f") == "abcd\nef"
    assert clean("слово\x1bслово \x1b\x1b") == "словослово "


def test_a_paste_of_megabytes_is_read_in_the_time_that_it_takes_to_look_at_it_once() -> None:
    """Each piece was joined to all that came before: four times the text took sixteen times as long."""
    text = ("🙂" * 79 + "\r") * 50_000
    data = f"{OPEN}{text}{CLOSE}b"
    parser, began = WholePastes(), time.process_time()
    found = [one for at in range(0, len(data), 256) for one in parser.feed(data[at : at + 256])]
    took = time.process_time() - began
    assert [type(one) for one in found] == [events.Paste, events.Key]
    assert found[0].text == text.replace("\r", "\n")
    assert took < 2, took


@pytest.mark.parametrize("at", range(len(CLOSE) + 1))
def test_a_closing_bracket_that_comes_in_two_pieces_closes(at: int) -> None:
    parser = WholePastes()
    found = [one for part in (f"{OPEN}а\x1b[20", f"1б{CLOSE[:at]}", f"{CLOSE[at:]}q") for one in parser.feed(part)]
    assert [one.text for one in found if isinstance(one, events.Paste)] == [clean("а\x1b[201б")]
    assert [one.key for one in found if isinstance(one, events.Key)] == ["q"]


def test_a_lost_paste_keeps_what_looked_like_the_beginning_of_its_end() -> None:
    now = [100.0]
    parser = WholePastes(now=lambda: now[0])
    list(parser.feed(f"{OPEN}слова \x1b[2"))
    now[0] += PASTE_TIMEOUT
    (paste,) = parser.tick()
    assert paste.text == "слова [2"
    assert [one.key for one in parser.feed("00~q")] == ["0", "0", "tilde", "q"]


async def bring(it: Window, text: str, *, piece: int = 7) -> None:
    """As a terminal with brackets brings a paste, in pieces, through the parser."""
    data, parser = f"{OPEN}{text}{CLOSE}", WholePastes()
    for at in range(0, len(data), piece):
        for one in parser.feed(data[at : at + piece]):
            it.app.post_message(one)
    await it.pilot.pause(0.1)


LINES = "Анна\r\x1b\x1b[31mby\rq\x1b\r\t\r/etc\r\x11\x03\x1b[B"
"""An Enter, an Escape, keys that begin something, and Ctrl-Q: all of it text that somebody copied."""


@pytest.mark.parametrize("piece", [1, 7, 10_000])
async def test_pasted_into_the_search_it_is_what_is_searched_for_and_nothing_else(window: Opener, piece: int) -> None:
    async with window() as it:
        await it.press("/")
        page, box = it.app.screen, it.app.focused
        assert isinstance(box, Input)
        await bring(it, LINES, piece=piece)
        assert (it.app.screen, it.app.focused, box.value) == (page, box, "Анна")
        assert it.app.is_running


@pytest.mark.parametrize("field", ["name", "password"])
async def test_pasted_into_the_login_it_fills_one_box_and_knocks_at_no_door(company: Company, field: str) -> None:
    app = InboxApp(company, alone=True, token="no longer")
    async with app.run_test(size=GOOD) as pilot:
        it = Window(app, pilot)
        await it.sees("Enter: log in.")
        door = app.screen
        box = door.query_one(f"#{field}", Input)
        box.focus()
        await it.until(lambda: app.focused is box)
        await bring(it, LINES)
        assert (app.screen, app.focused, box.value) == (door, box, "Анна")
        assert sum(bool(one.value) for one in door.query(Input)) == 1
        assert app.is_running


@pytest.mark.parametrize(
    "question", [lambda: Confirm("?"), lambda: Choose("?", [("a", "A"), ("b", "B")], keys=["y", "q"])]
)
async def test_pasted_into_a_question_without_a_box_it_answers_nothing(
    window: Opener, question: Callable[[], Screen[object]]
) -> None:
    async with window() as it:
        page = question()
        it.app.push_screen(page)
        await it.until(lambda: it.app.screen is page)
        await bring(it, f"y\r{LINES}")
        assert it.app.screen is page


@pytest.mark.parametrize(
    "most", [f"{'ы' * 99}\n" * (MOST_PASTED // 100), "ы\n" * (MOST_LINES - 1)], ids=["characters", "lines"]
)
async def test_what_is_longer_than_any_message_is_not_taken_in_and_the_way_to_attach_it_is_told(
    window: Opener, most: str
) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.type("Вот: ")
        pen = it.app.screen.query_one(Pen)
        it.app.post_message(events.Paste(most + "\n"))
        await it.until(lambda: it.app._notifications)
        (said,) = [note.message for note in it.app._notifications]
        assert said == "What was pasted is too long for a message. Attach it as a file: Ctrl+O"
        assert pen.text == "Вот: "
        it.app.post_message(events.Paste(most))
        await it.until(lambda: pen.text == f"Вот: {most}")


async def paste(it: Window, text: str, *, pace: float = 0.001) -> None:
    """As a terminal without brackets brings it: each character a key, the one right after the other."""
    at = it.app._last_at + 1
    for n, one in enumerate(text):
        key = {"\r": "enter", "\t": "tab"}.get(one, one)
        event = events.Key(key, one)
        event.time = at + n * pace
        it.app.post_message(event)
    await it.until(lambda: it.app._typed is None and it.app._last_at >= at)
    it.app._last_at = 0.0


def said(company: Company, it: Window) -> list[str]:
    page = it.app.screen_stack[0]
    assert isinstance(page, InboxScreen)
    assert page.opening is not None
    dialog = page.opening.card.id
    return [one.message.text for one in company.read(lambda tx: transcript.latest(tx, dialog, n=20))]


@pytest.mark.parametrize(
    ("typed", "pasted"),
    [
        ("", "первая\rвторая\rтретья"),
        ("", "с концом\r"),
        ("", "с пустой\r\rстрокой\r\r"),
        ("Здравствуйте!", "\rпосле перевода строки\r"),
        ("", "a\tb\tc\rd\te"),
        ("", "/etc/hosts\r/etc/passwd"),
    ],
)
@pytest.mark.parametrize("pace", [0.0005, 0.008])
async def test_lines_that_come_faster_than_a_hand_are_one_text(
    window: Opener, company: Company, typed: str, pasted: str, pace: float
) -> None:
    async with window() as it:
        await it.open("Анна")
        before = said(company, it)
        await it.type(typed)
        await paste(it, pasted, pace=pace)
        assert it.app.screen.query_one(Pen).text == typed + pasted.replace("\r", "\n")
        assert said(company, it) == before
        await it.press("enter")
        await it.until(lambda: len(said(company, it)) == len(before) + 1)
        assert said(company, it)[-1] == (typed + pasted.replace("\r", "\n")).strip("\n")


async def test_a_fast_hand_sends(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        before = said(company, it)
        await paste(it, "Да\r", pace=HAND * 1.1)
        await it.until(lambda: len(said(company, it)) == len(before) + 1)
        assert said(company, it)[-1] == "Да"


async def test_an_enter_right_after_a_paste_in_brackets_is_a_part_of_it(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.open("Анна")
        before = said(company, it)
        now = it.app._last_at + 1
        brackets, enter = events.Paste("строка"), events.Key("enter", "\r")
        brackets.time, enter.time = now, now + 0.002
        it.app.post_message(brackets)
        it.app.post_message(enter)
        await it.until(lambda: it.app.screen.query_one(Pen).text == "строка\n")
        assert said(company, it) == before


async def test_pasted_in_the_list_a_paste_in_brackets_does_nothing(window: Opener, company: Company) -> None:
    async with window() as it:
        it.app.post_message(events.Paste("b\ny\n"))
        await it.pilot.pause(0.1)
        assert isinstance(it.app.screen, InboxScreen)
