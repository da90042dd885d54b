"""The signature below a mail: a key leaves it out, and the page of our own mail shows it."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import channels, outbox, sent_beside, transcript
from chatapp_cli.store.tx import Tx
from tests.tui.conftest import Opener, Window
from tests.tui.stage import MINUTE, Stage, locked

OURS = "desk@shop.example"
FYODOR = Profile(id="fyodor@example.org", name="Фёдор Громов", email="fyodor@example.org")
SIGNATURE = "С уважением,\nТёплый дом"


def configured(company: Company, channel: ChannelId, **settings: str) -> None:
    row = company.read(lambda tx: channels.one(tx, channel))
    company.write(lambda tx: channels.configure(tx, row, company.manifest(row), settings))


@pytest.fixture
def channel(company: Company, stage: Stage) -> ChannelId:
    made = stage.channel(stage.line("Почта"), "email", OURS, OURS)
    configured(company, made, signature=SIGNATURE.replace("\n", "|"))
    stage.hear(made, FYODOR, "Где заказ?", ago=MINUTE, subject="Заказ")
    return made


def written(company: Company, dialog: DialogId) -> list[tuple[str, str]]:
    """The texts of our mails with their signatures."""

    def look(tx: Tx) -> list[tuple[str, str]]:
        ours = [one.message for one in transcript.latest(tx, dialog) if one.message.direction == "out"]
        return [(one.text, sent_beside.of(tx, one.id).signature) for one in ours]

    return company.read(look)


async def _writes(it: Window, text: str) -> None:
    await it.type(text)
    await it.press("enter")
    await it.until(lambda: it.app.screen.conversation.pen.text == "")
    await it.sees(text)


async def test_a_key_leaves_the_signature_out_of_one_mail_and_the_composer_says_so(
    window: Opener, company: Company, channel: ChannelId, stage: Stage
) -> None:
    async with window() as it:
        await it.open("Громов")
        assert "without signature" not in it.text()
        await it.press("f11")
        await it.sees("without signature")
        await _writes(it, "Едет")
        await it.sees_no("without signature")
        await _writes(it, "Приехал")
        await it.press("escape", "tab", "g", "x")
        await it.sees("without signature")
        await it.press("п", "ч")  # the same keys in the Russian layout
        await it.sees_no("without signature")
    assert written(company, stage.dialog(channel, FYODOR)) == [("Едет", ""), ("Приехал", SIGNATURE)]


async def test_a_mail_that_the_store_does_not_take_comes_back_without_signature_as_it_was(
    window: Opener, company: Company, channel: ChannelId, stage: Stage
) -> None:
    dialog, busy = stage.dialog(channel, FYODOR), "The store is being written by another process."
    async with window() as it:
        await it.open("Громов")
        await it.press("f11")
        await it.type("Едет")
        company.database.driver.hurry(0.05)
        with locked(company):
            await it.press("enter")
            await it.until(lambda: any(busy in note.message for note in it.app._notifications))
            await it.sees("without signature", "Едет")
        assert written(company, dialog) == []
        company.database.driver.hurry(30)
        await it.press("enter")
        await it.until(lambda: written(company, dialog))
    assert written(company, dialog) == [("Едет", "")]


async def test_a_messenger_has_no_signature_to_leave_out(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.press("f11")
        await it.until(lambda: any("puts no signature" in note.message for note in it.app._notifications))
        assert "without signature" not in it.text()


async def _reads_the_last(it: Window) -> None:
    await it.press("escape", "tab", "G", "g", "m")
    await it.until(lambda: type(it.app.screen).__name__ == "MailScreen")


async def test_the_page_of_our_mail_shows_signature_and_quotation_as_the_client_got_them(
    window: Opener, company: Company, channel: ChannelId, stage: Stage
) -> None:
    configured(company, channel, quote_original="on")
    async with window() as it:
        await it.open("Громов")
        await _writes(it, "Едет")
        sent_off(company, channel)
        stage.clock.at += MINUTE
        stage.hear(channel, FYODOR, "А теперь?", subject="Re: Заказ")
        await it.sees("А теперь?")
        await it.press("escape", "tab", "G", "k")
        await it.sees("▌", "Едет")
        await it.press("g", "m")
        await it.sees(
            "Едет",
            "С уважением,",
            "Тёплый дом",
            "2026-11-20 11:59, Фёдор Громов <fyodor@example.org> wrote:",
            "> Где заказ?",
        )
        assert "А теперь?" not in it.text(), "it came after the answer"
        assert "-- " not in it.text(), "mail programs hide all that stands below that line"


async def test_without_a_quotation_the_page_shows_the_line_before_the_signature(
    window: Opener, channel: ChannelId
) -> None:
    del channel
    async with window() as it:
        await it.open("Громов")
        await _writes(it, "Едет")
        await _reads_the_last(it)
        await it.sees("Едет", "-- ", "С уважением,", "Тёплый дом")
        assert "Где заказ?" not in it.text()
        await it.press("escape", "w", "f11")
        await _writes(it, "Без подписи")
        await _reads_the_last(it)
        await it.sees("Без подписи")
        assert "С уважением" not in it.text()


async def test_a_quoted_clients_links_stay_hidden_where_the_channel_hides_them(
    window: Opener, company: Company, channel: ChannelId, stage: Stage
) -> None:
    configured(company, channel, quote_original="on", remove_links="on")
    stage.hear(channel, FYODOR, "Вот https://spam.example/1 он", subject="Re: Заказ")
    async with window() as it:
        await it.open("Громов")
        await _writes(it, "Едет")
        await _reads_the_last(it)
        await it.sees("> Вот ", "wrote:")
        assert "spam.example" not in it.text()


def sent_off(company: Company, channel: ChannelId) -> None:
    claim = company.write(lambda tx: outbox.claim(tx, company.media, channel))
    assert claim is not None
    company.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=("<17@shop.example>",))))
