"""The form of a new dialog: what is told while it is filled in, what is refused, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Profile
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.recipients import Recipients
from chatapp_cli.domain.template import Template
from chatapp_cli.services import approvals, channels, dialogs, lines, reaching, transcript
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.tui.questions.contact_pick import ContactPick
from chatapp_cli.tui.screens.begin import BeginScreen, Start
from chatapp_cli.tui.screens.inbox import InboxScreen
from tests.tui.beginning import chooses, opens
from tests.tui.conftest import Opener, Window
from tests.tui.stage import ME, Stage, locked

RITA = Profile(id="RU.77", name="Рита Лебедева", phone="+79160000077")


@pytest.fixture
def messengers(company: Company, stage: Stage) -> dict[str, ChannelId]:
    """Channels of the second line that write first, beside its mailbox."""
    line = company.read(lines.everything)[1].id
    return {kind: stage.channel(line, kind, kind, f"Опт {kind}") for kind in ("telegram", "sms", "whatsapp")}


async def fills(page: BeginScreen, **boxes: str) -> None:
    for name, words in boxes.items():
        box = page.query_one(f"#{name}")
        if name == "text":
            box.load_text(words)
        else:
            box.value = words


@pytest.mark.parametrize("fails", [False, True])
async def test_what_is_begun_is_sent_once_and_not_left_while_it_goes(
    window: Opener, company: Company, stage: Stage, messengers: dict[str, ChannelId], fails: bool
) -> None:
    """As it happened behind a busy store: a second press sent it twice, and whoever left never heard of a failure."""
    count = "SELECT COUNT(*) FROM message WHERE text = 'Добрый день'"
    async with window() as it:
        page = await opens(it)
        await chooses(it, page, messengers["sms"])
        await fills(page, to=RITA.phone, text="Добрый день")
        with locked(company) as store:
            for _ in range(3):
                page.action_begin()
            page.action_back()
            await it.until(lambda: any(note.message == "One moment…" for note in it.app._notifications))
            assert it.app.screen is page
            if fails:
                store.execute("DELETE FROM channel WHERE id = ?", [messengers["sms"]])
        if fails:
            await it.until(lambda: any("One moment" not in note.message for note in it.app._notifications))
            assert it.app.screen is page
            assert page._form.values.text == "Добрый день"
        else:
            await opened(it)
        with company.database.driver.connect() as store:
            assert store.execute(count).fetchone()[0] == (0 if fails else 1)


async def opened(it: Window) -> DialogCard:
    """The dialog that is in front."""
    await it.until(lambda: isinstance(it.app.screen, InboxScreen) and it.app.screen.opening is not None)
    found: DialogCard = it.app.screen.opening.card
    await it.until(lambda: not any(work.is_running for work in it.app.workers if work.node is it.app.screen))
    return found


def said(company: Company, card: DialogCard) -> list[tuple[str, str]]:
    entries = company.read(lambda tx: transcript.latest(tx, card.id, n=9))
    return [(one.message.subject, one.message.text) for one in entries]


@pytest.mark.req("S-100", "S-121", "S-122", "S-126")
async def test_a_mail_is_begun_by_keys_alone_and_its_dialog_opens(
    window: Opener, company: Company, tmp_path: Path
) -> None:
    price = tmp_path / "прайс.txt"
    price.write_text("плед 900")
    async with window() as it:
        await it.press("D")
        await it.sees("Add a dialog", "Line", "Messenger", "Choose who answers", "Assignee")
        await it.press(*"Nina@Example.org", "enter")
        await it.sees("e-mail address nina@example.org · goes at once")
        await it.press(*"Цены", "enter", *str(price), "enter", *"Добрый день")
        await it.press("f8")
        card = await opened(it)
        assert (card.address, card.assignee, card.line) == ("nina@example.org", "", "Розница")
        assert said(company, card) == [("Цены", "Добрый день")]
        (entry,) = company.read(lambda tx: transcript.latest(tx, card.id, n=9))
        assert [file.name for file in entry.files] == ["прайс.txt"]


async def test_a_mail_is_begun_with_copies_which_a_messenger_does_not_have(
    window: Opener, company: Company, messengers: dict[str, ChannelId]
) -> None:
    async with window() as it:
        page = await opens(it)
        await chooses(it, page, messengers["telegram"])
        await it.until(lambda: page.query_one("#row-cc").has_class("-gone"))
        row = next(one for one in company.read(channels.everything) if one.kind == "email")
        await chooses(it, page, row.id)
        await fills(page, to="nina@example.org", text="Цены", cc="Вера <vera@e.org>; b@e.org", bcc="gleb@e.org")
        await it.press("f8")
        card = await opened(it)
        (entry,) = company.read(lambda tx: transcript.latest(tx, card.id, n=9))
    assert entry.mail is not None
    copies = Recipients.parse(entry.mail.recipients)
    assert [one.address for one in (*copies.cc, *copies.bcc)] == ["vera@e.org", "b@e.org", "gleb@e.org"]


@pytest.mark.req("S-120", "S-122", "S-054", "S-056")
async def test_a_messenger_gets_phone_assignee_and_name(
    window: Opener, company: Company, messengers: dict[str, ChannelId]
) -> None:
    async with window() as it:
        page = await opens(it)
        await chooses(it, page, messengers["telegram"])
        await it.sees("@example or 7 999 999 99 99", "First name", "Import a contact")
        await fills(page, to="8 (916) 000-00-01", first="Рита", last="Лебедева", text="Здравствуйте")
        await it.sees("phone number +79160000001 · goes at once")
        page.query_one("#assignee").value = ME
        await it.press("ctrl+enter")
        card = await opened(it)
        assert (card.phone, card.assignee, card.name) == ("+79160000001", ME, "Рита Лебедева")
        await it.press("escape", "1")
        await it.sees("Рита Лебедева")
        page = await opens(it)
        await chooses(it, page, messengers["sms"])
        await it.sees_no("First name")


@pytest.mark.req("S-054")
@pytest.mark.req("S-055")
async def test_the_form_tells_when_a_number_would_go_and_what_goes_at_once(
    window: Opener, company: Company, stage: Stage, messengers: dict[str, ChannelId]
) -> None:
    async with window() as it:
        page = await opens(it)
        await chooses(it, page, messengers["telegram"])
        await fills(page, to="+79160000001", text="Здравствуйте")
        await it.press("f8")
        await opened(it)
        page = await opens(it)
        await chooses(it, page, messengers["telegram"])
        await fills(page, to="+79160000002")
        await it.sees("by phone: not before 2026-11-20", "a @username goes at once")
        await fills(page, to="@rita")
        await it.sees("@rita · goes at once")
        await fills(page, to="+79160000002", text="И вам")
        await it.sees("by phone: not before 2026-11-20")
        await it.press("f8")
        await opened(it)
        stage.health(messengers["telegram"], "ok")
        await it.press("escape", "f3")
        await it.sees("+79160000002", "By phone one message in three minutes goes out")


@pytest.mark.req("S-055")
async def test_who_wrote_to_the_bot_today_is_begun_with_by_their_username_though_their_phone_is_typed(
    window: Opener, company: Company, stage: Stage, messengers: dict[str, ChannelId]
) -> None:
    row = company.read(lambda tx: channels.one(tx, messengers["telegram"]))
    bot = stage.channel(row.line_id, "telegram_bot", "bot", "Опт бот")
    stage.hear(bot, Profile(id="77", name="Рита", username="Rita_L", phone=RITA.phone), "Есть пледы?")
    async with window() as it:
        page = await opens(it)
        await chooses(it, page, messengers["telegram"])
        await fills(page, to=RITA.phone, text="Есть")
        await it.sees("@rita_l · goes at once")
        await it.press("f8")
        assert (await opened(it)).channel_id == messengers["telegram"]


async def test_another_channel_that_gets_there_is_taken_unless_one_was_chosen(
    window: Opener, messengers: dict[str, ChannelId]
) -> None:
    async with window() as it:
        page = await opens(it, Start(messengers["sms"]))
        await fills(page, to="@rita")
        await it.until(lambda: page._form.channel.id == messengers["telegram"])
        await chooses(it, page, messengers["sms"])
        await it.sees("@rita is not what Опт sms can begin with: phone number.", "These can: Telegram")


async def test_short_messages_are_counted_and_a_refusal_stands_there_before_it_is_sent(
    window: Opener, company: Company, messengers: dict[str, ChannelId]
) -> None:
    async with window() as it:
        page = await opens(it, Start(messengers["sms"], "+79160000001"))
        await fills(page, text="я" * 71)
        await it.sees("2 parts")
        await fills(page, text="я" * 1000)
        await it.sees("The text takes 15 short messages")
        await it.press("f8")
        await it.until(lambda: any("15 short" in note.message for note in it.app._notifications))
        assert it.app.screen is page
        row = company.read(lambda tx: channels.one(tx, messengers["sms"]))
        assert company.read(lambda tx: reaching.known(tx, row, "+79160000001")) is None


async def test_the_dialog_that_there_is_already_is_offered_and_opened(window: Opener, company: Company) -> None:
    async with window() as it:
        page = await opens(it)
        await fills(page, to="zakup@sever-hotel.example")
        await chooses(it, page, company.read(lambda tx: channels.find(tx, "opt@teply-dom.example")).id)
        await it.sees("There is a dialog with Гостиница «Север» already; F10 opens it.")
        await it.press("f10")
        assert (await opened(it)).name == "Гостиница «Север»"


@pytest.mark.req("S-120", "S-090")
async def test_where_only_a_template_may_go_first_one_is_chosen_and_sent(
    window: Opener, company: Company, messengers: dict[str, ChannelId]
) -> None:
    row = company.read(lambda tx: channels.one(tx, messengers["whatsapp"]))
    hello = Template(name="ready", language="ru", body="Заказ {{number}} готов", state="approved")
    company.write(lambda tx: approvals.learn(tx, company.capabilities, row, [hello]))
    async with window() as it:
        await opens(it, Start(row.id, "+79160000001"))
        await it.sees("Only an approved template may go first: F12 chooses one.")
        await it.press("f12", "enter", *"15", "enter")
        await it.sees("Заказ 15 готов", "goes at once")
        await it.press("f8")
        assert said(company, await opened(it)) == [("", "Заказ 15 готов")]


async def test_leaving_asks_only_when_something_was_typed(window: Opener) -> None:
    async with window() as it:
        page = await opens(it)
        await it.press("escape")
        await it.until(lambda: isinstance(it.app.screen, InboxScreen))
        page = await opens(it)
        await fills(page, text="Здравствуйте")
        await it.press("escape")
        await it.sees("Leave without sending?")
        await it.press("n")
        await it.until(lambda: it.app.screen is page)
        await it.press("escape", "y")
        await it.until(lambda: isinstance(it.app.screen, InboxScreen))


@pytest.mark.req("S-122")
async def test_the_address_book_is_searched_while_a_name_is_typed(window: Opener) -> None:
    people = [
        {"id": "1", "name": "Анна Белова", "phone": "+79160000001", "username": ""},
        {"id": "2", "name": "Рита Лебедева", "phone": "", "username": "rita"},
    ]
    async with window() as it:
        chosen: list[object] = []
        await it.app.push_screen(ContactPick(people), chosen.append)
        await it.sees("Анна Белова", "Рита Лебедева", "@rita")
        anna, rita = (line for line in it.text().split("\n") if "Белова" in line or "@rita" in line)
        assert anna.index("+7916") == rita.index("@rita")
        await it.type("леб")
        await it.sees_no("Анна Белова")
        await it.press("enter")
        await it.until(lambda: chosen == [people[1]])


@pytest.mark.parametrize("size", [(120, 35), (80, 24), (50, 24)])
async def test_the_form_stands_in_every_window_and_its_buttons_take_a_click(
    window: Opener, company: Company, size: tuple[int, int]
) -> None:
    async with window(size) as it:
        page = await opens(it)
        await fills(page, to="nina@example.org", text="Добрый день")
        await it.sees("e-mail address nina@example.org")
        button = page.query_one("#begin")
        await it.until(lambda: page.query_one("#row-subject").region.height)

        def is_shown() -> bool:
            button.scroll_visible(animate=False)
            return button.region in page.query_one("BeginForm").region

        await it.until(is_shown)
        await it.pilot.click(button)
        assert (await opened(it)).address == "nina@example.org"


async def test_the_blacklist_is_told_before_anything_is_written(
    window: Opener, company: Company, stage: Stage, messengers: dict[str, ChannelId]
) -> None:
    stage.hear(messengers["sms"], RITA, "Добрый день")
    dialog = stage.dialog(messengers["sms"], RITA)
    company.write(lambda tx: dialogs.block(tx, dialog, blocked=True))
    async with window() as it:
        await opens(it, Start(messengers["sms"], "+79160000077"))
        await it.sees("is on the blacklist")


async def test_the_page_of_people_leads_to_the_same_form(window: Opener, company: Company, stage: Stage) -> None:
    line = company.read(lines.everything)[1].id
    stage.channel(line, "sms", "sms", "Опт sms")
    async with window() as it:
        await it.press("f4", *"8 916 000-00-01", "enter")
        await it.sees("Опт sms", "can be written to")
        await it.press("enter")
        await it.until(lambda: isinstance(it.app.screen, BeginScreen) and it.app.screen.query("#channel #label"))
        await it.sees("phone number +79160000001 · goes at once")
        await it.type("Готово")
        await it.press("f8")
        card = await opened(it)
        assert (card.phone, card.line) == ("+79160000001", "Опт")
