"""Messages are searched in the window as one types, and the dialog opens where it was said."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest
from textual.widgets import Input

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.services import channels, notes
from chatapp_cli.tui.screens.inbox import InboxScreen
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.stores import owner
from tests.tui.conftest import Opener, Window
from tests.tui.stage import ANNA, HeldClock, Stage

ZOYA = Profile(id="777", name="Зоя Долгова", username="zoya_d")


@pytest.fixture
def long_talk(company: Company, stage: Stage) -> None:
    """Three hundred messages, the hundredth about a samovar."""
    bot = next(c.id for c in company.read(channels.everything) if c.kind == "telegram_bot")
    for n in range(300):
        stage.hear(bot, ZOYA, "Самовары ещё есть?" if n == 100 else f"сообщение {n}", ago=1000 * (300 - n))


async def found(it: Window, words: str, *seen: str) -> None:
    await it.press("f7")
    await it.sees("Search in messages")
    await it.type(words)
    await it.sees(*seen)


@pytest.mark.req("S-116")
async def test_results_come_as_one_types_and_enter_opens_the_dialog_where_it_was_said(window: Opener) -> None:
    async with window() as it:
        await found(it, "тверь доставк", "Анна Кузнецова", "Молочный, пожалуйста. Доставка в Тверь сколько?")
        await it.press("enter", "enter")
        await it.until(lambda: isinstance(it.app.screen, InboxScreen) and it.app.screen.opening is not None)
        shown = it.app.screen.query_one(Transcript)
        await it.until(lambda: shown.selected is not None and "Тверь" in shown.selected.message.text)
        assert it.app.screen.opening.card.name == ANNA.name
        assert shown.has_focus


async def test_nothing_found_is_said_and_escape_leads_back(window: Opener) -> None:
    async with window() as it:
        await found(it, "пельмени", "Nothing is found.")
        await it.press("escape")
        await it.until(lambda: isinstance(it.app.screen, InboxScreen))


async def test_far_back_in_a_long_conversation_only_the_surroundings_are_read_and_the_rest_while_scrolling(
    window: Opener, long_talk: None, stage: Stage, company: Company
) -> None:
    async with window() as it:
        await found(it, "самовар", "Зоя Долгова", "Самовары ещё есть?")
        await it.press("enter", "enter")
        await it.until(lambda: isinstance(it.app.screen, InboxScreen) and it.app.screen.opening is not None)
        shown = it.app.screen.query_one(Transcript)
        await it.sees("Самовары ещё есть?")
        assert shown.selected.message.text == "Самовары ещё есть?"
        assert not shown.at_end
        assert len(shown.entries) < 300
        bot = next(c.id for c in company.read(channels.everything) if c.kind == "telegram_bot")
        stage.hear(bot, ZOYA, "самое новое")
        dialog = it.app.screen.opening.card.id
        company.write(lambda tx: notes.add(tx.by(owner("Ольга")), dialog, "а это заметка"))
        for _ in range(80):
            await it.press("pagedown")
            if shown.at_end:
                break
            await it.pilot.pause(0.01)
        await it.sees("самое новое")
        texts = [entry.message.text for entry in shown.entries]
        assert texts[-3:] == ["сообщение 299", "а это заметка", "самое новое"]
        assert texts.count("а это заметка") == 1
        numbers = [entry.message.id for entry in shown.entries if entry.message.id > 0]
        assert numbers == sorted(set(numbers))


async def test_the_latest_are_a_key_away_from_wherever_one_is(window: Opener, long_talk: None) -> None:
    async with window() as it:
        await found(it, "самовар", "Самовары ещё есть?")
        await it.press("enter", "enter")
        await it.until(lambda: isinstance(it.app.screen, InboxScreen) and it.app.screen.opening is not None)
        await it.sees("Самовары ещё есть?")
        it.app.screen.query_one(Transcript).focus()
        await it.press("G")
        await it.sees("сообщение 299")


async def test_more_is_read_when_it_is_asked_for(window: Opener, long_talk: None) -> None:
    async with window() as it:
        await found(it, "сообщения", "сообщение 299")
        await it.press("down", "end")
        await it.sees("More…")
        await it.press("enter")
        await it.sees("сообщение 249")
        assert len(it.app.screen._found) == 100


MANY = """
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 60000)
INSERT INTO message (dialog_id, channel_id, direction, origin, author, ext_id, state, text, at, stored_at,
  code, detail, subject, reply_to, album, automatic)
SELECT 1, 1, 'in', 'client', 'Анна', 'x' || n, 'received', 'Самовары по оптовой цене, партия ' || n || ' из Тулы',
  1780000000000 + n * 60000, 1, '', '', '', '', '', 0 FROM n
"""


class Slow(HeldClock):
    """A clock by which everything takes a second."""

    def __init__(self) -> None:
        super().__init__()
        self._looks = count()

    def monotonic(self) -> float:
        return float(next(self._looks))


@pytest.mark.req("S-116")
async def test_what_is_indexed_is_found_while_the_rest_is_still_to_come(window: Opener, company: Company) -> None:
    company.database.clock = Slow()
    company.database.write(lambda tx: tx.compose(str, MANY.strip(), {}))
    async with window() as it:
        it.app.simulate_key("f7")  # pressed by the pilot, the index would be complete before it returns
        while not it.app.screen.query(Input):
            await asyncio.sleep(0)
        page = it.app.screen
        while not it.app.workers.cancel_group(page, "index"):
            await asyncio.sleep(0)
        await it.sees("Search in messages")
        await it.type("самовары")
        await it.sees("are not in the index yet.", "Самовары по оптовой цене, партия 60000")
        page.do(page._begin, group="index")
        await it.sees_no("are not in the index yet.")
        await it.sees("Самовары по оптовой цене, партия 60000")
