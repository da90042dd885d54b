"""Lines, channels and binding on their page."""

from __future__ import annotations

import re

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, lines, outbox
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.screens.bind import BindScreen
from chatapp_cli.tui.screens.lines import LinesScreen
from tests.tui.conftest import Opener, Window
from tests.tui.stage import Stage


@pytest.mark.req("S-030")
async def test_lines_show_their_channels_with_health_in_words_and_the_next_step(window: Opener) -> None:
    async with window() as it:
        await it.press("f2")
        await it.sees("Розница  11 dialogs", "@teply_dom_bot", "Опт  1 dialog", "stopped 17 min")
        await it.press("end")
        await it.sees(
            "The mail server does not accept this login and password", "→ Check the address and the password."
        )
        await it.press("escape")
        await it.sees("Анна Кузнецова")


async def test_what_does_not_work_is_read_before_a_name_that_is_cut(window: Opener) -> None:
    async with window((80, 24)) as it:
        await it.press("f2")
        await it.sees("● Mail stopped 17 min")


@pytest.mark.req("S-061")
async def test_a_channel_shows_the_facts_that_its_binding_found(window: Opener) -> None:
    async with window() as it:
        await it.press("f2", "down")
        await it.sees("Link to the bot: t.me/teply_dom_bot")


async def test_a_line_is_added_and_news_of_health_appear_by_themselves(
    window: Opener, company: Company, stage: Stage
) -> None:
    async with window() as it:
        await it.press("f2")
        await it.until(lambda: isinstance(it.app.screen, LinesScreen))
        await it.press("a")
        await it.type("Поддержка")
        await it.press("enter")
        await it.sees("Поддержка  0 dialogs")
        site = next(c for c in company.read(channels.everything) if c.kind == "api")
        stage.health(site.id, "retrying", "unreachable")
        await it.sees("tries again 0 s")


@pytest.mark.req("S-111")
async def test_a_form_that_was_refused_is_asked_again_with_the_error_in_place_and_what_was_typed(
    window: Opener, company: Company
) -> None:
    async with window() as it:
        await it.press("f2", "end", "home")
        company.write(lambda tx: lines.add(tx, "Склад"))
        await it.sees("Склад")
        await it.press("end", "b")
        await it.sees("Which channel?")
        await it.press("end", "enter")
        chosen = ["home"]
        await it.until(lambda: isinstance(it.app.screen, BindScreen), chosen)
        await it.press("escape")
        await it.until(lambda: isinstance(it.app.screen, LinesScreen))
        await it.press("b")
        await it.sees("Which channel?")
        options = it.app.screen.query_one("OptionList")
        at = next(n for n in range(options.option_count) if options.get_option_at_index(n).id == "api")
        options.highlighted = at
        await it.press("enter")
        await it.sees("Name of the program")
        await it.type("Касса")
        await it.press("tab")
        await it.type("ftp://kassa.example")
        it.app.screen.query_one("#continue").focus()
        await it.press("enter")
        await it.until(lambda: it.app.screen.query(".-wrong"))
        assert [row.field.name for row in it.app.screen.query(".-wrong")] == ["url"]
        values = it.app.screen.query_one("FormView").typed()
        assert (values["name"], values["url"]) == ("Касса", "ftp://kassa.example")
        box = it.app.screen.query(".-wrong Input").first()
        assert box.has_focus
        box.value = ""
        it.app.screen.query_one("#continue").focus()
        await it.press("enter")
        await it.until(lambda: any(c.title == "Касса" for c in company.read(channels.everything)))
        await it.until(lambda: isinstance(it.app.screen, LinesScreen))
        await it.sees("Касса")


async def test_a_needed_answer_that_is_missing_is_blamed_without_asking_the_provider(
    window: Opener, company: Company
) -> None:
    async with window() as it:
        await it.press("f2", "down", "down", "b")
        await it.sees("Username (e-mail address)")
        it.app.screen.query_one("#continue").focus()
        await it.sees("Continue")
        await it.press("enter")
        await it.sees("This is needed.")


async def test_unbinding_asks_first(window: Opener, company: Company) -> None:
    async with window() as it:
        await it.press("f2", "down", "u")
        await it.sees("Unbind @teply_dom_bot?")
        await it.press("n")
        await it.until(lambda: isinstance(it.app.screen, LinesScreen))
        assert len(company.read(channels.everything)) == 4
        await it.press("u", "y")
        await it.until(lambda: len(company.read(channels.everything)) == 3)


@pytest.mark.req("S-069", part="pools of accounts")
async def test_a_line_shows_the_link_for_the_next_client(window: Opener, company: Company) -> None:
    bot = next(c for c in company.read(channels.everything) if c.kind == "telegram_bot")
    bound = Bound(account="77", title="@teply_dom_2_bot", facts={"Link": "https://t.me/teply_dom_2_bot"})

    def add(tx: Tx) -> None:
        channels.save(tx, company.vault, bound, line=bot.line_id, kind=bot.kind, pool=True)

    company.write(add)
    async with window() as it:
        await it.press("f2")
        await it.sees("The next client: @teply_dom_2_bot", "https://t.me/teply_dom_2_bot")


async def test_proxies_are_tried_and_exchanged_on_the_page_without_showing_a_password(
    window: Opener, company: Company
) -> None:
    line = company.write(lambda tx: lines.add(tx, "Яма"))
    bound = Bound(
        account="9",
        title="Сообщество",
        settings={"api_url": "http://127.0.0.1:9", "intake": "polling"},
        secrets={"token": "t", "proxies": "socks5://anna:geheim@127.0.0.1:9"},
    )
    vk = company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="vk"))
    row = company.read(lambda tx: channels.one(tx, vk))
    async with window() as it:
        await it.press("f2")
        await it.sees("Сообщество")
        await it.press("end", "p", "t")
        await it.sees("socks5://127.0.0.1:9 does not lead to the")
        await it.press("p", "n")
        await it.sees("Proxies of Сообщество", "socks5://127.0.0.1:9")
        assert "geheim" not in it.text()
        it.app.screen.query_one("Input").value = "http://127.0.0.1:9"
        await it.press("enter")
        await it.sees("Save them anyway?")
        await it.press("y")
        await it.until(lambda: company.bound(row).secrets.get("proxies") == "http://127.0.0.1:9")
        await it.press("p", "0")
        await it.until(lambda: "proxies" not in company.bound(row).secrets)


async def test_a_channel_that_rests_says_until_when_and_why_and_goes_on_by_a_key(
    window: Opener, company: Company, stage: Stage
) -> None:
    bot = company.read(lambda tx: channels.find(tx, named="@teply_dom_bot")).id
    company.write(lambda tx: outbox.pause(tx, bot, seconds=1800, code="rate_limited", detail="FLOOD_WAIT"))
    async with window((160, 40)) as it:
        await it.sees("paused until 12:30")
        await it.open("Анна")
        await it.sees("@teply_dom_bot sends nothing until 12:30: ", "FLOOD_WAIT")
        await it.press("escape", "f2", "down")
        await it.sees("paused until 12:30", "FLOOD_WAIT", "r resumes it now")
        await it.press("r")
        await it.sees_no("paused until")
        assert company.read(lambda tx: channels.one(tx, bot)).paused_until == 0
        await it.press("r")
        await it.until(lambda: any("is not paused" in note.message for note in it.app._notifications))


async def test_the_account_s_own_pace_is_no_rest(window: Opener, company: Company) -> None:
    bot = company.read(lambda tx: channels.find(tx, named="@teply_dom_bot")).id
    company.write(lambda tx: outbox.show_pause(tx, bot, seconds=60))
    async with window() as it:
        await it.press("f2", "down")
        await it.sees("works; last sign of life")
        assert "paused until" not in it.text()


@pytest.mark.parametrize(
    ("typed", "kind"), [("13", "whatsapp_web"), ("12", "vk_notify"), ("3", "vk"), ("1", "telegram_bot")]
)
async def test_a_channel_is_chosen_by_all_digits_of_its_number(
    window: Opener, company: Company, typed: str, kind: str
) -> None:
    company.write(lambda tx: lines.add(tx, "Склад"))
    async with window() as it:
        await it.press("f2")
        await it.sees("Склад")
        await it.press("end", "b")
        await it.sees("13  [WEB] WhatsApp")
        await it.type(typed)
        await it.until(lambda: isinstance(it.app.screen, BindScreen))
        assert it.app.screen._kind == kind


async def test_in_a_theme_without_colours_no_letter_has_the_colour_behind_it(window: Opener, company: Company) -> None:
    company.write(lambda tx: lines.add(tx, "Склад"))
    async with window() as it:
        it.app.theme = "mono"
        await it.press("f2")
        await it.sees("Склад")
        await it.press("end", "b")
        await it.sees("11  Email")
        await it.type("11")
        await it.sees("Username")
        for _field in range(5):
            await it.press("x", "tab")
            assert invisible(it) == []
        await it.press("escape", "escape", "D")
        await it.sees("Add a dialog")
        for _field in range(5):
            await it.press("x", "tab")
            assert invisible(it) == []


def invisible(it: Window) -> list[str]:
    """What stands on the screen in the colour of its background."""
    pieces = (piece for strip in it.app.screen._compositor.render_strips() for piece in strip)
    return [
        text for text, style, _control in pieces if re.search(r"\w", text) and style and style.color == style.bgcolor
    ]
