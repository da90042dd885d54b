"""The mouse does what hands expect of it, and everything without it."""

from __future__ import annotations

from functools import partial

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.services import dialogs
from chatapp_cli.tui.widgets.composer import Composer
from chatapp_cli.tui.widgets.dialog_list import DialogList
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.tui.conftest import Opener, Window


async def row_of(it: Window, words: str) -> int:
    await it.sees(words)
    return next(y for y, line in enumerate(it.text().split("\n")) if words in line)


@pytest.mark.req("S-118")
async def test_the_other_button_asks_what_can_be_done_with_the_dialog_under_it(
    window: Opener, company: Company
) -> None:
    async with window() as it:
        y = await row_of(it, "Дмитрий Орлов")
        await it.pilot.click(offset=(10, y), button=3)
        await it.sees("What to do", "Pin, or unpin")
        await it.press("p")
        shown = it.app.screen.query_one(DialogList)
        card = partial(company.read, lambda tx: dialogs.card(tx, shown.under_cursor))
        await it.until(lambda: card().pinned)
        assert "Дмитрий" in card().name


async def test_a_click_opens_and_two_clicks_on_a_message_answer_it(window: Opener) -> None:
    async with window() as it:
        y = await row_of(it, "Анна Кузнецова")
        await it.pilot.click(offset=(10, y))
        y = await row_of(it, "Отлично, оформляю")
        await it.pilot.click(offset=(70, y))
        said = it.app.screen.query_one(Transcript)
        await it.until(lambda: said.selected is not None and "оформляю" in said.selected.message.text)
        await it.pilot.click(offset=(70, y), times=2)
        await it.until(lambda: it.app.screen.query_one(Composer).state.reply_to is not None)
        await it.pilot.click(offset=(70, y), button=3)
        await it.sees("What to do", "Answer this message with a quote", "Copy the text")


async def test_the_thumb_shows_where_one_is_and_the_mouse_drags_it_without_opening_anything(window: Opener) -> None:
    async with window((100, 16)) as it:
        shown = it.app.screen.query_one(DialogList)
        column, top = shown.region.right - 1, shown.region.y
        await it.until(lambda: it.text().split("\n")[top][column] == "▐")
        await it.pilot.mouse_down(offset=(column, top))
        await it.pilot.hover(offset=(column, shown.region.bottom - 1))
        await it.until(lambda: shown.scroll_offset.y == shown.max_scroll_y > 0)
        await it.pilot.mouse_up(offset=(column, shown.region.bottom - 1))
        await it.until(lambda: it.text().split("\n")[shown.region.bottom - 1][column] == "▐")
        assert it.text().split("\n")[top][column] == " "
        await it.pilot.click(offset=(column, top))
        await it.until(lambda: shown.scroll_offset.y == 0)
        assert it.app.screen.opening is None
        assert it.app.mouse_captured is None
        await it.press("end")
        await it.until(lambda: it.text().split("\n")[shown.region.bottom - 1][column] == "▐")
