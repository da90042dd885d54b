"""A text of any length is laid out at once and can be read to its end: a mail of megabytes freezes no window."""

from __future__ import annotations

from time import perf_counter

from textual.widgets import Static

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.excerpt import LONGEST, MOST_LINES
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.tui.reading.cells import cut, fit
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.tui.conftest import Opener
from tests.tui.stage import Stage

LENA = Profile(id="lena", name="Елена Ильина")
MANY = 5_000_000
SENTENCE = "Цена пледа 3200 рублей. "
BUDGET = 1.0
"""Seconds for what took half a minute; a machine under load needs a tenth of it."""


def _site(stage: Stage) -> ChannelId:
    return stage.channel(stage.line("Зима"), "api", "winter", "Зимний сайт")


def _note(company: Company, dialog: int, text: str) -> None:
    """As an earlier version stored it, which had no limit."""
    company.write(lambda tx: tx.insert("notes.add", dialog=dialog, author="Пётр", text=text, now=tx.now))


async def test_a_message_and_a_note_of_five_million_characters_are_laid_out_within_the_budget(
    window: Opener, company: Company, stage: Stage
) -> None:
    channel, long = _site(stage), SENTENCE * (MANY // len(SENTENCE)) + "конец"
    quoted = stage.hear(channel, LENA, long)
    stage.hear(channel, LENA, "и ещё", reply_to=quoted)
    _note(company, stage.dialog(channel, LENA), "ы" * MANY)
    async with window() as it:
        await it.open("Ильина")
        await it.press("up", "end")
        await it.sees("more characters: g m read to the end", "и ещё")
        transcript = it.app.screen.query_one(Transcript)
        began = perf_counter()
        transcript.repaint()
        assert perf_counter() - began < BUDGET
        assert transcript.virtual_size.height < 2 * MOST_LINES


async def test_a_long_text_says_how_much_is_left_and_a_key_shows_all_of_it_in_parts(
    window: Opener, company: Company, stage: Stage
) -> None:
    stage.hear(channel := _site(stage), LENA, "Здравствуйте")
    _note(company, stage.dialog(channel, LENA), "начало " + "ы" * MANY + "\nконец")
    async with window() as it:
        await it.open("Ильина")
        await it.sees(f"… {MANY + 13 - LONGEST} more characters: read to the end")
        await it.press("escape", "tab", "home")
        began = perf_counter()
        await it.press("g", "m")
        await it.sees("Part 1 of 501: ← → turn to the others", "начало")
        assert perf_counter() - began < 3 * BUDGET
        await it.press("left", "right")
        await it.sees("Part 2 of 501")
        shown = it.app.screen.query_one("#part", Static)
        assert str(shown.content) == "ы" * 10_000
        for _ in range(600):
            it.app.screen.action_turn(1)
        await it.sees("Part 501 of 501", "конец")
        await it.press("escape")
        await it.sees_no("Part 501")


async def test_a_text_of_a_messengers_length_is_shown_whole(window: Opener, stage: Stage) -> None:
    stage.hear(_site(stage), LENA, SENTENCE * 170 + "конец")
    async with window() as it:
        await it.open("Ильина")
        await it.press("escape", "tab", "end")
        await it.sees("конец")
        assert "more characters" not in it.text()
        await it.press("g", "m")
        await it.until(
            lambda: [note.message for note in it.app._notifications] == ["The conversation shows all of it."]
        )


def test_a_line_of_megabytes_is_cut_at_once() -> None:
    began = perf_counter()
    assert cut("ы" * MANY, 10) == fit("ы" * MANY, 10) == "ыыыыыыыыы…"
    assert cut("e\u0301" * 8 + "!", 9) == "e\u0301" * 8 + "!"
    assert perf_counter() - began < BUDGET
