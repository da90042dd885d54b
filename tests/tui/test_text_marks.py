"""What clients' applications draw from signs in a text is drawn in a conversation too."""

from __future__ import annotations

from rich.style import Style

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.services import channels, notes
from tests.tui.conftest import SMALL, Opener, Window
from tests.tui.stage import ANNA, Stage

LENA = Profile(id="79160000055@s.whatsapp.net", name="Елена Ильина", phone="+79160000055")
PRICE = "Плед по ~3 200~ *2 900*, код `TEPLO_15`: *https://lavka.example/pled_2*, _+7 916 555-01-02_"


def written(stage: Stage, text: str) -> ChannelId:
    channel = stage.channel(stage.line("Зима"), "whatsapp_web", "79160000001", "+7 916 000-00-01")
    stage.hear(channel, LENA, text)
    return channel


def style_of(it: Window, words: str) -> Style:
    strips = it.app.screen._compositor.render_strips()
    return next(s.style for strip in strips for s in strip if words == s.text and s.style is not None)


async def test_signs_of_whatsapp_are_drawn_and_links_between_them_can_be_followed(window: Opener, stage: Stage) -> None:
    written(stage, PRICE)
    async with window() as it:
        await it.open("Ильина")
        await it.sees("Плед по ~3 200~ 2 900, код TEPLO_15:", " https://lavka.example/pled_2, +7 916 555-01-02 ")
        assert style_of(it, "3 200").strike
        assert style_of(it, "2 900").bold
        assert style_of(it, "TEPLO_15").bgcolor != style_of(it, "Плед по ").bgcolor
        link = style_of(it, "https://lavka.example/pled_2")
        assert (link.bold, link.link) == (True, "https://lavka.example/pled_2")
        await it.press("escape", "tab", "end", "o")
        await it.sees("Which one?", "1  https://lavka.example/pled_2", "2  +7 916 555-01-02")


async def test_what_belongs_to_a_quote_or_a_list_stands_in_one_column(window: Opener, stage: Stage) -> None:
    written(stage, "> Отправим в понедельник, если вы ответите до пятницы\n- четыре свечи, как в прошлый раз, и лампу")
    async with window(SMALL) as it:
        await it.open("Ильина")
        await it.sees("  ┃ Отправим в понедельник, если вы  ", "  ┃ ответите до пятницы  ")
        await it.sees("  • четыре свечи, как в прошлый раз, и  ", "    лампу  ")


async def test_where_a_channel_draws_nothing_and_in_notes_the_text_stands_as_it_was_written(
    window: Opener, company: Company, stage: Stage
) -> None:
    dialog = stage.dialog(written(stage, "Здравствуйте"), LENA)
    bot = next(one.id for one in company.read(channels.everything) if one.kind == "telegram_bot")
    stage.hear(bot, ANNA, "это *важно* и ~3 200~")
    company.write(lambda tx: notes.add(tx, dialog, "*проверить* склад"))
    async with window() as it:
        await it.open("Ильина")
        await it.sees("*проверить* склад")
        await it.press("escape")
        await it.open("Кузнецова")
        await it.sees("это *важно* и ~3 200~")
