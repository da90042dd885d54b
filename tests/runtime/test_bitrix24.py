"""A client in a messenger, an employee of a portal, and ``serve`` between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.runtime import crm_robots
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.stage import Customer, StageFile
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.services import channels, crm_intake, dialogs, employees, ledger, links, pairings, transcript
from chatapp_cli.store.rows.crm import LinkRow, PairingRow
from tests.runtime.desk import answer, attached, bound, eventually, serving, state_of, the_dialogs
from tests.runtime.portal_link import link_portal
from tests.stores import OWNER

ANNA = Customer(number=101, name="Анна", username="anna")
OLEG = Customer(number=102, name="Олег", username="oleg")
BORIS = Customer(number=102, name="Борис", username="boris")
CONNECTOR = "chatapp_tgbot"
LINE = 107
OTHER_LINE = 109


@dataclass(slots=True)
class Office:
    """A desk with a bot, a portal, and the daemon between them."""

    company: Company
    bot: TelegramBotSandbox
    portal: Portal
    channel: ChannelId
    link: LinkId

    def row(self) -> LinkRow:
        return self.company.read(lambda tx: links.one(tx, self.link))

    def paired(self) -> list[PairingRow]:
        return self.company.read(lambda tx: pairings.of_link(tx, self.link))

    def shown(self) -> list[str]:
        """What stands in the portal's chats."""
        return [message.text for chat in self.portal.chats for message in self.portal.messages(chat.id)]

    def tried(self) -> int:
        """How often the portal was told messages of clients."""
        return sum(call.method == "imconnector.send.messages" for call in self.portal.calls)

    async def sees(self, *texts: str) -> None:
        """Wait until the portal shows exactly these messages."""
        try:
            await eventually(lambda: self.shown() == list(texts))
        except TimeoutError:
            raise AssertionError((self.shown(), self.company.read(ledger.everything), self.row())) from None

    def has_shown(self, text: str) -> bool:
        """Whether the portal shows this, and was told everything."""
        return text in self.shown() and self.company.read(ledger.everything) == []

    async def received(self) -> list[str]:
        """What Anna got."""
        return [one.text for one in await self.bot.heard(ANNA)]

    async def client_gets(self, n: int) -> None:
        """Wait until Anna got so many messages."""

        async def has() -> bool:
            return len(await self.received()) >= n

        await eventually(has)

    def texts(self) -> list[str]:
        (dialog,) = the_dialogs(self.company)
        return [entry.message.text for entry in self.company.read(lambda tx: transcript.latest(tx, dialog.id))]


@asynccontextmanager
async def office(company: Company, *, name: str = "north") -> AsyncIterator[Office]:
    async with TelegramBotSandbox() as bot, Portal(name=name, rate=50.0) as portal, serving(company) as address:
        channel = await bound(company, bot)
        link = await link_portal(company, portal, address)
        desk = Office(company, bot, portal, channel, link)
        row = company.read(lambda tx: channels.one(tx, channel))
        await attached(company, desk.row(), row, str(LINE), {})
        await eventually(lambda: (CONNECTOR, LINE) in portal.active)
        yield desk
        await portal.settled()
        assert portal.problems == []


@pytest.fixture
async def desk(companies: Callable[..., Company]) -> AsyncIterator[Office]:
    company = companies(http_port=0)
    async with office(company) as found:
        yield found


@pytest.mark.req("S-006", "S-164", "C-02")
async def test_a_conversation_goes_both_ways_once_and_in_order(desk: Office) -> None:
    await desk.bot.say(ANNA, "Здравствуйте")
    await desk.bot.say(ANNA, "Сколько стоит?")
    await desk.sees("Здравствуйте", "Сколько стоит?")
    (chat,) = desk.portal.chats
    written = await desk.portal.staff.writes(CONNECTOR, LINE, chat.outside, "Сто рублей")
    await desk.client_gets(1)
    await eventually(lambda: written.delivered)
    assert desk.texts() == ["Здравствуйте", "Сколько стоит?", "Сто рублей"]
    await desk.sees("Здравствуйте", "Сколько стоит?", "Сто рублей")
    await eventually(lambda: desk.company.read(ledger.everything) == [])


async def test_an_employee_who_quotes_a_message_answers_it_in_the_messenger(desk: Office) -> None:
    ids = [await desk.bot.say(ANNA, text) for text in ("Сколько стоит?", "И есть ли доставка?")]
    await desk.sees("Сколько стоит?", "И есть ли доставка?")
    (chat,) = desk.portal.chats
    first, second = desk.portal.messages(chat.id)
    await desk.portal.staff.quotes(first, "Сто рублей")
    await desk.client_gets(1)
    await desk.portal.staff.quotes(second, "Есть", style="bbcode")
    await desk.client_gets(2)
    assert [(one.text, one.reply_to) for one in await desk.bot.heard(ANNA)] == [
        ("Сто рублей", ids[0]),
        ("Есть", ids[1]),
    ]


async def test_a_message_that_comes_right_after_the_pairing_waits_until_the_portal_knows_the_channel(
    desk: Office,
) -> None:
    (pairing,) = desk.paired()
    desk.company.write(lambda tx: pairings.detach(tx, pairing))
    await eventually(lambda: (CONNECTOR, LINE) not in desk.portal.active)
    desk.portal.misbehaviour.slow["event.get"] = 0.5
    channel = desk.company.read(lambda tx: channels.one(tx, desk.channel))
    await attached(desk.company, desk.row(), channel, str(LINE), {})
    await desk.bot.say(ANNA, "Здравствуйте")
    await eventually(lambda: [one.text for one in desk.company.read(ledger.everything)] == ["Здравствуйте"])
    assert (CONNECTOR, LINE) not in desk.portal.active
    await desk.sees("Здравствуйте")
    await eventually(lambda: desk.company.read(ledger.everything) == [])


async def test_a_doubled_event_reaches_the_client_once(desk: Office) -> None:
    await desk.bot.say(ANNA, "Здравствуйте")
    await desk.sees("Здравствуйте")
    desk.portal.misbehaviour.doubled_events = 2
    (chat,) = desk.portal.chats
    for text in ("раз", "два"):
        await desk.portal.staff.writes(CONNECTOR, LINE, chat.outside, text)
    await desk.portal.settled()
    await desk.client_gets(2)
    await asyncio.sleep(0.3)
    assert await desk.received() == ["раз", "два"]


async def test_an_employee_who_writes_the_same_words_as_the_operator_is_heard_at_once(desk: Office) -> None:
    await desk.bot.say(ANNA, "Здравствуйте")
    await desk.sees("Здравствуйте")
    svetlana = Employee(id="27", name="Светлана")
    desk.company.write(lambda tx: employees.map_to(tx, desk.link, OWNER.name, svetlana))
    (dialog,) = the_dialogs(desk.company)
    answer(desk.company, desk.channel, dialog, "да")
    await desk.sees("Здравствуйте", "да")
    (chat,) = desk.portal.chats
    await desk.portal.staff.writes(CONNECTOR, LINE, chat.outside, "да")
    await desk.client_gets(2)
    assert await desk.received() == ["да", "да"]


async def test_a_message_whose_answer_was_lost_is_shown_once(desk: Office) -> None:
    desk.portal.misbehaviour.lose_after["imconnector.send.messages"] = 1
    await desk.bot.say(ANNA, "Здравствуйте")
    await eventually(lambda: desk.shown() == ["Здравствуйте"])
    await eventually(lambda: desk.company.read(ledger.everything) == [], seconds=30)
    assert desk.shown() == ["Здравствуйте"]


async def test_what_an_employee_wrote_while_we_were_deaf_is_caught_up(desk: Office) -> None:
    await desk.bot.say(ANNA, "Здравствуйте")
    await desk.sees("Здравствуйте")
    (chat,) = desk.portal.chats
    desk.portal.misbehaviour.drop_events = 1
    await desk.portal.staff.writes(CONNECTOR, LINE, chat.outside, "Перезвоним")
    await desk.portal.settled()
    assert await desk.received() == []
    desk.company.write(lambda tx: links.ask_catch_up(tx, desk.link))
    await desk.client_gets(1)
    assert desk.row().gap is None
    assert desk.company.read(crm_intake.dead) == []


async def test_a_portal_that_is_away_is_told_everything_when_it_comes_back(desk: Office) -> None:
    await desk.bot.say(ANNA, "раз")
    await desk.sees("раз")
    await desk.portal.vanish()
    await desk.bot.say(ANNA, "два")
    await desk.bot.say(BORIS, "три")
    await eventually(lambda: desk.row().state == LinkState.LIMITED)
    assert desk.row().waiting == 2
    await desk.portal.come_back()
    desk.company.write(lambda tx: links.resume(tx, desk.link))
    await eventually(lambda: sorted(desk.shown()) == ["два", "раз", "три"], seconds=30)
    await eventually(lambda: desk.row().state == LinkState.OK)


async def test_tokens_that_are_refused_for_good_stop_the_link_and_its_queue_waits(desk: Office) -> None:
    desk.portal.authority.withdraw()
    await desk.bot.say(ANNA, "раз")
    await eventually(lambda: desk.row().state == LinkState.AUTH_LOST, seconds=30)
    assert desk.row().waiting == 1
    assert desk.shown() == []


async def test_a_message_that_does_not_reach_the_client_is_told_to_its_author(desk: Office) -> None:
    await desk.bot.say(ANNA, "Здравствуйте")
    await desk.sees("Здравствуйте")
    (chat,) = desk.portal.chats
    await desk.bot.block(ANNA)
    await desk.portal.staff.writes(CONNECTOR, LINE, chat.outside, "Вы здесь?")
    await eventually(lambda: desk.portal.notices)
    (notice,) = desk.portal.notices
    assert notice.user == 27
    assert await desk.received() == []


async def test_what_is_written_while_the_line_is_switched_off_waits_and_goes_out_in_order(desk: Office) -> None:
    desk.portal.lines[LINE].active = False
    for who, text in ((ANNA, "раз"), (OLEG, "два"), (ANNA, "три"), (ANNA, "четыре")):
        await desk.bot.say(who, text)
    await eventually(lambda: (desk.row().waiting, desk.tried() > 1) == (4, True))
    (pairing,), row = desk.paired(), desk.row()
    assert (pairing.code, pairing.held is None, row.refused, row.state) == ("line_inactive", False, 0, LinkState.OK)
    assert desk.tried() <= 4
    desk.portal.lines[LINE].active = True
    desk.company.write(lambda tx: links.resume(tx, desk.link))
    await desk.sees("раз", "три", "четыре", "два")
    await eventually(lambda: (desk.paired()[0].code, desk.paired()[0].held, desk.row().waiting) == ("", None, 0))


@pytest.mark.parametrize("gone", ["connector", "connection"])
async def test_a_connector_that_the_portal_forgot_is_registered_and_connected_anew_and_the_message_goes_out(
    desk: Office, gone: str
) -> None:
    desk.portal.active.clear()
    if gone == "connector":
        desk.portal.connectors.clear()
    await desk.bot.say(ANNA, "раз")
    await desk.sees("раз")
    await eventually(lambda: (desk.paired()[0].code, desk.company.read(ledger.everything)) == ("", []))


async def test_what_is_written_after_a_line_was_deleted_goes_out_once_the_channel_has_another(desk: Office) -> None:
    await desk.bot.say(ANNA, "раз")
    await desk.sees("раз")
    await desk.portal.staff.deletes_line(LINE)
    await eventually(lambda: [one.code for one in desk.paired()] == ["place_gone"])
    await desk.bot.say(ANNA, "два")
    await desk.bot.say(OLEG, "три")
    await eventually(lambda: desk.row().waiting == 2)
    channel = desk.company.read(lambda tx: channels.one(tx, desk.channel))
    await attached(desk.company, desk.row(), channel, str(OTHER_LINE), {})
    await desk.sees("раз", "два", "три")
    await eventually(lambda: desk.company.read(ledger.everything) == [])


async def test_a_channel_that_an_administrator_disconnects_is_no_longer_told_of(desk: Office) -> None:
    await desk.bot.say(ANNA, "раз")
    await desk.sees("раз")
    await desk.portal.staff.disconnects(CONNECTOR, LINE)
    await desk.portal.settled()
    await eventually(lambda: not desk.paired())
    await desk.bot.say(ANNA, "два")
    await eventually(lambda: desk.texts() == ["раз", "два"])
    assert desk.company.read(ledger.everything) == []


async def test_an_answer_from_the_desk_appears_in_the_portal_when_it_was_sent(desk: Office) -> None:
    await desk.bot.say(ANNA, "раз")
    await desk.sees("раз")
    (dialog,) = the_dialogs(desk.company)
    message = answer(desk.company, desk.channel, dialog, "Ответ со стойки")
    await eventually(lambda: state_of(desk.company, message) == "sent")
    await eventually(lambda: len(desk.shown()) == 2)
    assert "Ответ со стойки" in desk.shown()[1]


@pytest.mark.req("S-016", part="deals and contacts in Bitrix24")
async def test_each_client_who_writes_becomes_a_contact_with_one_deal_however_much_they_write(desk: Office) -> None:
    desk.portal.misbehaviour.tracker_delay = (0.0, 0.0)
    desk.portal.lines[LINE].settings.update(CRM_CREATE="deal", CRM_CREATE_THIRD="Y")
    said = ["Здравствуйте", "Есть доставка?", "Сколько стоит?"]
    for who, text in zip((ANNA, OLEG, ANNA), said, strict=True):
        await desk.bot.say(who, text)
        await eventually(partial(desk.has_shown, text))
    await desk.portal.settled()
    await eventually(lambda: len(desk.portal.cards) == 4)
    contacts = {card.id: card.title for card in desk.portal.cards if card.kind == "contact"}
    deals = [contacts[card.contact] for card in desk.portal.cards if card.kind == "deal"]
    assert (sorted(contacts.values()), sorted(deals)) == (["Анна", "Олег"], ["Анна", "Олег"])


@pytest.mark.req("S-176", part="a file of the disk, a document of the card, tags")
async def test_robots_send_the_client_files_of_the_portal_and_tag_the_dialog(desk: Office) -> None:
    await desk.bot.say(ANNA, "Пришлите счёт")
    await desk.sees("Пришлите счёт")
    await crm_robots.install(desk.company, desk.row())
    store, place = desk.portal.server.office, desk.portal.automation.place
    deal = store.add_card("deal", title="Заказ", responsible=1, stage="NEW")
    prices = StageFile(name="Прайс.txt", mime="text/plain", content="цены".encode())
    bill = StageFile(name="b.pdf", mime="application/pdf", content=b"%PDF-1.4 bill")
    document = store.add_document(deal, "Счёт 12", StageFile(name="b", mime="a/b", content=b"docx"), bill)
    whom = {"chat_id": "101"}
    place("chatapp_send_file", "PREPARATION", {**whom, "file": str(store.keep_file(prices)), "message": "Цены"})
    place("chatapp_send_document", "PREPARATION", {**whom, "document": str(document.id)})
    place("chatapp_set_tags", "PREPARATION", {**whom, "tags": "счёт; оплата"})
    place("chatapp_send_file", "PREPARATION", {**whom, "file": "1"})
    await desk.portal.staff.changes(deal, stageId="PREPARATION")
    runs = desk.portal.automation.runs
    await eventually(lambda: sum(run.ended.is_set() for run in runs) == 4)
    assert [run.returned["status"] for run in runs] == ["Y", "Y", "Y", "N"]
    assert [run.returned["detail"] for run in runs[:3]] == ["101:Y"] * 3
    await desk.client_gets(2)
    files = [file for one in await desk.bot.heard(ANNA) for file in one.files]
    assert [(file.name, file.content) for file in files] == [
        ("Прайс.txt", prices.content),
        ("Счёт 12.pdf", bill.content),
    ]
    (dialog,) = the_dialogs(desk.company)
    assert sorted(desk.company.read(lambda tx: dialogs.tags(tx, dialog.id))) == ["оплата", "счёт"]
