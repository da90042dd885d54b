"""One person, many channels: suggested on the card, joined and parted by keys, answered by whichever way."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.services import channels, dialogs, persons, transcript
from chatapp_cli.settings import load
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.session.user_files import UserFiles
from chatapp_cli.tui.widgets.composer import Composer, Pen
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.tui.conftest import GOOD, Opener, Window
from tests.tui.stage import HOUR, MINUTE, Stage

DMITRY = Profile(id="777", name="Митя", username="orlov_d", phone="8 (916) 123-45-67")


def channel(company: Company, kind: str) -> ChannelRow:
    return next(row for row in company.read(channels.everything) if row.kind == kind)


@pytest.fixture
def elsewhere(company: Company, stage: Stage) -> DialogId:
    """Дмитрий Орлов of the site, whose phone a messenger tells as well."""
    bot = ChannelId(channel(company, "telegram_bot").id)
    stage.hear(bot, DMITRY, "Здравствуйте, это снова я про заказ 1841", ago=20 * MINUTE)
    stage.hear(bot, DMITRY, "Курьер опять не приехал", ago=19 * MINUTE)
    return stage.dialog(bot, DMITRY)


def site(company: Company, stage: Stage) -> DialogId:
    return stage.dialog(ChannelId(channel(company, "api").id), Profile(id="k-1841"))


def join(company: Company, stage: Stage, other: DialogId) -> None:
    kept, gone = (company.read(partial(dialogs.card, dialog=one)).contact_id for one in (site(company, stage), other))
    company.write(lambda tx: persons.merge(tx, kept, gone))


def texts(it: Window) -> list[str]:
    return [entry.message.text for entry in it.app.screen.query_one(Transcript).entries]


def route(it: Window) -> str:
    return it.app.screen.query_one(Composer)._border_title.plain


@pytest.mark.req("S-119", part="by operators, not by robots")
async def test_the_card_suggests_the_same_person_with_the_reason_and_a_key_joins_and_parts_them(
    window: Opener, company: Company, stage: Stage, elsewhere: DialogId
) -> None:
    async with window((120, 50)) as it:
        await it.open("Дмитрий Орлов")
        await it.press("escape", "i")
        await it.sees("Perhaps the same person", "Митя", "≈ the same number +79161234567", "= the same")
        await it.press("=")
        await it.sees("Their dialogs", "@orlov_d", "777", "k-1841", "✉ 2")
        await it.sees_no("Perhaps the same person")
        assert company.read(persons.everybody) == []
        await it.press("U")
        await it.sees("Perhaps the same person")
        await it.press("!")
        await it.sees_no("Perhaps the same person")
        await it.press("U")
        await it.sees("Perhaps the same person")


async def test_somebody_who_is_looked_for_is_joined_by_hand_and_parted_later(
    window: Opener, company: Company, elsewhere: DialogId
) -> None:
    async with window((120, 50)) as it:
        await it.open("Игорь")
        await it.press("escape", "i", "g", "=")
        await it.sees("Who is the same person?")
        await it.type("Митя")
        await it.press("enter")
        await it.sees("Their dialogs", "@igor_1984, @orlov_d")
        await it.press("g", "-")
        await it.sees("Who is a different person?")
        await it.press("enter")
        await it.sees_no("Their dialogs")
        await it.press("U")
        await it.sees("Their dialogs")


async def test_the_dialogs_of_a_person_are_shown_as_one_each_message_with_its_way(
    window: Opener, company: Company, stage: Stage, elsewhere: DialogId
) -> None:
    shop = site(company, stage)
    async with window() as it:
        await it.open("Дмитрий Орлов")
        join(company, stage, elsewhere)
        await it.until(lambda: "1 more" in route(it))
        assert route(it).startswith("→ API · Сайт")
        await it.press("escape", "J")
        await it.until(lambda: len(texts(it)) == 4, texts)
        assert texts(it) == [
            "Заказ 1841: курьер не дозвонился",
            "Дмитрий, перенесли доставку на завтра, с 10 до 14.",
            "Здравствуйте, это снова я про заказ 1841",
            "Курьер опять не приехал",
        ]
        await it.sees("Митя  TG bot", "Дмитрий Орлов  API")
        assert route(it).startswith("→ TG bot · @teply_dom_bot"), "where they wrote last"
        stage.hear(
            ChannelId(channel(company, "api").id), Profile(id="k-1841", name="Дмитрий Орлов"), "И на сайт напишу"
        )
        await it.sees("И на сайт напишу")
        assert route(it).startswith("→ TG bot"), "nobody's answer changes its way by itself"
        await it.press("f8")
        await it.until(lambda: route(it).startswith("→ API · Сайт"))
        await it.until(lambda: it.app.screen.query_one(Pen).has_focus)
        await it.type("Разберёмся")
        await it.press("enter")
        await it.sees("Разберёмся")
        said = company.read(lambda tx: transcript.latest(tx, shop))
        assert said[-1].message.text == "Разберёмся"
        await it.press("escape", "J")
        await it.until(lambda: "Курьер опять не приехал" not in texts(it))


async def test_a_window_begins_as_joined_as_the_last_one_was_left(company: Company, tmp_path: Path) -> None:
    kept = tmp_path / "config.toml"
    for before, after in (("off", "on"), ("on", "off")):
        settings = replace(company.settings, joined=load(env={"CHATAPP_CONFIG": str(kept)}).settings.joined)
        app = InboxApp(replace(company, settings=settings), alone=True, user_files=UserFiles(settings_file=kept))
        async with app.run_test(size=GOOD) as pilot:
            it = Window(app, pilot)
            await it.until(lambda app=app: app.screen.query_one("DialogList").order is not None)
            assert app.screen.conversation.joined == (before == "on")
            await it.press("J")
            await it.until(lambda after=after: kept.exists() and f'joined = "{after}"' in kept.read_text("utf-8"))


async def test_a_quote_goes_by_the_way_of_what_it_quotes_and_drafts_stay_where_they_were_begun(
    window: Opener, company: Company, stage: Stage, elsewhere: DialogId
) -> None:
    join(company, stage, elsewhere)
    shop = site(company, stage)
    async with window() as it:
        await it.press("J")
        await it.open("Митя")
        await it.until(lambda: len(texts(it)) == 4)
        await it.type("Начато здесь")
        await it.press("escape", "tab", "home", "enter")
        await it.until(lambda: route(it).startswith("→ API · Сайт"))
        await it.sees("answer to: Заказ 1841")
        assert it.app.screen.query_one(Pen).text == ""
        await it.type("Простите")
        await it.press("enter")
        await it.sees("Простите")
        last = company.read(lambda tx: transcript.latest(tx, shop))[-1].message
        assert (last.text, bool(last.reply_to)) == ("Простите", True)
        await it.press("f8")
        await it.until(lambda: it.app.screen.query_one(Pen).text == "Начато здесь")


async def test_a_dialog_that_cannot_be_written_to_leaves_the_others_to_answer_by(
    window: Opener, company: Company, stage: Stage, elsewhere: DialogId
) -> None:
    join(company, stage, elsewhere)
    company.write(lambda tx: dialogs.block(tx, elsewhere, blocked=True))
    async with window() as it:
        await it.press("J")
        await it.open("Дмитрий Орлов")
        assert route(it).startswith("→ API · Сайт")
        await it.press("f8")
        await it.sees("is on the blacklist")
        await it.press("f8")
        await it.until(lambda: not it.app.screen.query_one(Pen).disabled)


async def test_older_messages_of_all_dialogs_come_in_their_order(
    window: Opener, company: Company, stage: Stage, elsewhere: DialogId
) -> None:
    join(company, stage, elsewhere)
    bot, web = ChannelId(channel(company, "telegram_bot").id), ChannelId(channel(company, "api").id)
    for n in range(80):
        stage.hear(bot, DMITRY, f"бот {n}", ago=10 * HOUR - 2 * n * MINUTE)
        stage.hear(web, Profile(id="k-1841", name="Дмитрий Орлов"), f"сайт {n}", ago=10 * HOUR - (2 * n + 1) * MINUTE)
    async with window() as it:
        await it.press("J")
        await it.open("Митя")
        await it.until(lambda: it.app.screen.query_one(Pen).has_focus)
        await it.press("escape", "tab")
        for _page in range(4):
            await it.press("home")
            await it.pilot.pause(0.05)
        await it.until(lambda: len(texts(it)) == 164, lambda: len(texts(it)))
        assert texts(it)[:4] == ["бот 0", "сайт 0", "бот 1", "сайт 1"]


async def test_who_has_but_one_dialog_has_no_next_one(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.press("escape", "]")
        await it.until(lambda: any("no other dialog" in note.message for note in it.app._notifications))
