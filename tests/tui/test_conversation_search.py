"""Words are looked for in the open conversation: all of it, hit after hit, lit up."""

from __future__ import annotations

from functools import partial

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.ids import ContactId, DialogId
from chatapp_cli.services import channels, dialogs, persons
from chatapp_cli.tui.widgets.composer import Composer, Pen
from chatapp_cli.tui.widgets.hit_bar import HitBar
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.tui.conftest import Opener, Window
from tests.tui.stage import ANNA, Stage

ZOYA = Profile(id="777", name="Зоя Долгова", username="zoya_d")
ZOYA_OF_THE_SITE = Profile(id="k-31", name="Зоя с сайта")


@pytest.fixture
def long_talk(company: Company, stage: Stage) -> None:
    """Three hundred messages, three of them about samovars."""
    bot = next(c.id for c in company.read(channels.everything) if c.kind == "telegram_bot")
    for n in range(300):
        said = {20: "Самовары ещё есть?", 150: "Возьму самовар", 290: "Двух самоваров хватит"}.get(n, f"сообщение {n}")
        stage.hear(bot, ZOYA, said, ago=1000 * (300 - n))


def route(it: Window) -> str:
    return it.app.screen.query_one(Composer)._border_title.plain


def chosen(it: Window) -> str:
    return it.app.screen.query_one(Transcript).selected.message.text


@pytest.fixture
def two_ways(company: Company, stage: Stage, long_talk: None) -> None:
    """Зоя writes about samovars by another channel as well, and that she is one person has been said."""
    bot, shop = (
        next(c.id for c in company.read(channels.everything) if c.kind == kind) for kind in ("telegram_bot", "api")
    )
    stage.hear(shop, ZOYA_OF_THE_SITE, "Самовар с сайта ещё мой?", ago=200_000)
    stage.hear(shop, ZOYA_OF_THE_SITE, "Жду ответа", ago=2000)
    join(company, stage.dialog(bot, ZOYA), stage.dialog(shop, ZOYA_OF_THE_SITE))


def join(company: Company, *both: DialogId) -> None:
    kept, gone = (ContactId(company.read(partial(dialogs.card, dialog=one)).contact_id or 0) for one in both)
    company.write(lambda tx: persons.merge(tx, kept, gone))


async def look_for(it: Window, words: str) -> None:
    await it.press("'")
    await it.sees("Search in this conversation")
    await it.type(words)
    await it.press("enter")


@pytest.mark.req("S-116")
async def test_hits_are_gone_through_far_beyond_what_is_loaded(window: Opener, long_talk: None) -> None:
    async with window() as it:
        await it.open("Зоя")
        await it.press("escape")
        await look_for(it, "самовара")
        await it.sees("«самовара» 3 of 3")
        await it.until(lambda: chosen(it) == "Двух самоваров хватит")
        await it.press(",")
        await it.sees("2 of 3")
        await it.until(lambda: chosen(it) == "Возьму самовар")
        await it.press(",")
        await it.sees("1 of 3", "Самовары ещё есть?")
        await it.until(lambda: chosen(it) == "Самовары ещё есть?")
        await it.press(",")
        await it.sees("3 of 3")
        await it.press(";")
        await it.sees("1 of 3")


async def test_the_words_are_lit_until_the_search_ends(window: Opener, long_talk: None) -> None:
    async with window() as it:
        await it.open("Зоя")
        await it.press("escape")
        await look_for(it, "самовары")
        await it.sees("3 of 3")
        lit = [
            segment.text
            for strip in it.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.style.reverse and segment.style.bold
        ]
        assert "самоваров" in lit
        await it.press("'")
        await it.sees("Search in this conversation")
        await it.press("ctrl+u", "enter")
        await it.until(lambda: not it.app.screen.query(HitBar))


async def test_nothing_found_is_said_and_another_conversation_ends_the_search(window: Opener, long_talk: None) -> None:
    async with window() as it:
        await it.open("Зоя")
        await it.press("escape")
        await look_for(it, "пельмени")
        await it.until(lambda: any("Nothing is found." in note.message for note in it.app._notifications))
        assert not it.app.screen.query(HitBar)
        await look_for(it, "самовар")
        await it.sees("3 of 3")
        await it.press("escape")
        await it.open("Анна")
        await it.until(lambda: not it.app.screen.query(HitBar))


@pytest.mark.req("S-116")
@pytest.mark.req("S-119", part="by operators, not by robots")
async def test_a_joined_conversation_is_looked_through_in_all_its_dialogs(window: Opener, two_ways: None) -> None:
    async with window() as it:
        await it.open("Зоя Долгова")
        await it.press("escape")
        await look_for(it, "самовара")
        await it.sees("3 of 3")
        await it.press(",")
        await it.sees("2 of 3")
        await it.until(lambda: chosen(it) == "Возьму самовар")
        await it.press("J")
        await it.sees("«самовара» 3 of 4")
        await it.until(lambda: chosen(it) == "Возьму самовар")
        await it.press(",")
        await it.sees("2 of 4")
        await it.until(lambda: chosen(it) == "Самовар с сайта ещё мой?")


@pytest.mark.req("S-116")
@pytest.mark.req("S-119", part="by operators, not by robots")
async def test_another_way_and_an_answer_leave_the_search_where_it_is_and_parting_keeps_it_in_what_is_shown(
    window: Opener, two_ways: None
) -> None:
    async with window() as it:
        await it.open("Зоя Долгова")
        await it.press("escape", "J")
        await it.sees("Зоя с сайта  API", "Жду ответа")
        assert route(it).startswith("→ TG bot")
        await it.press("escape")
        await look_for(it, "самовара")
        await it.sees("«самовара» 4 of 4")
        await it.press(",")
        await it.sees("3 of 4")
        await it.press(",")
        await it.sees("2 of 4")
        await it.until(lambda: chosen(it) == "Самовар с сайта ещё мой?")
        await it.press("]")
        await it.until(lambda: route(it).startswith("→ API"))
        await it.sees("2 of 4")
        await it.type("Самовар отложен")
        await it.press("enter")
        await it.sees("Самовар отложен", "2 of 4")
        await it.press("escape", ";")
        await it.sees("3 of 4")
        await it.until(lambda: chosen(it) == "Возьму самовар")
        await it.press("J")
        await it.sees("2 of 2")
        await it.until(lambda: chosen(it) == "Самовар отложен")


async def test_a_dialog_that_comes_to_be_joined_takes_no_keys_from_whoever_writes(
    window: Opener, company: Company, stage: Stage, two_ways: None
) -> None:
    async with window() as it:
        await it.open("Зоя Долгова")
        await it.press("escape", "J")
        await it.sees("Зоя с сайта  API", "Жду ответа")
        await it.press("escape")
        await look_for(it, "самовара")
        await it.sees("«самовара» 4 of 4")
        await it.press("w")
        await it.type("Сейчас ")
        bot = next(c.id for c in company.read(channels.everything) if c.kind == "telegram_bot")
        join(company, stage.dialog(bot, ZOYA), stage.dialog(bot, ANNA))
        await it.until(lambda: len(it.app.screen.search_in_conversation.looked_in) == 3)
        await it.until(lambda: it.app.screen.query_one(Pen).has_focus)
        await it.type("посмотрю")
        await it.until(lambda: it.app.screen.query_one(Pen).text == "Сейчас посмотрю")
        await it.sees("«самовара» 4 of 4")
