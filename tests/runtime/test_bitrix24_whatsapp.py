"""Groups, what is written in the phone, and SMS of the portal: WhatsApp Web in an open line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.message import Origin
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from chatapp_cli.sandbox.whatsapp_web.town import OWNER_NAME, OWNER_PHONE
from chatapp_cli.services import duties, employees, ledger, transcript
from tests.runtime.desk import bound, eventually, serving, the_dialogs
from tests.runtime.portal_link import link_portal, paired

ANNA = Customer(number=101, name="Анна", phone="+79161112233")
OLEG = Customer(number=102, name="Олег", phone="+79162223344")
ONE_OF_US = Customer(number=103, name="Склад", phone=f"+{OWNER_PHONE}")
INSTALLER, SVETLANA = 1, 27


@dataclass(slots=True)
class WhatsAppDesk:
    """A desk with WhatsApp Web in an open line, and the daemon between them."""

    company: Company
    whatsapp: WhatsAppWebSandbox
    portal: Portal
    link: LinkId
    choose: Callable[[Mapping[str, str]], None]

    def shown(self) -> list[tuple[int, str]]:
        """Authors and texts of what stands in the portal's chats."""
        return [(one.author, one.text) for chat in self.portal.chats for one in chat.messages]

    async def sees(self, *texts: str) -> None:
        """Wait until the portal shows exactly these texts, and was told everything."""

        def does() -> bool:
            told_all = self.company.read(ledger.everything) == []
            return told_all and [text for _, text in self.shown()] == list(texts)

        try:
            await eventually(does)
        except TimeoutError:
            raise AssertionError(self.shown()) from None


@pytest.fixture
async def desk(companies: Callable[..., Company]) -> AsyncIterator[WhatsAppDesk]:
    company = companies(http_port=0)
    async with WhatsAppWebSandbox() as whatsapp, Portal(rate=50.0) as portal, serving(company) as address:
        channel = await bound(company, whatsapp)
        link = await link_portal(company, portal, address)
        choose = await paired(company, portal, link, channel, {"sms": "on"})
        yield WhatsAppDesk(company, whatsapp, portal, link, choose)
        await portal.settled()
        assert portal.problems == []


@pytest.mark.req("S-160")
async def test_a_members_phone_stands_before_their_words_only_if_chosen_and_never_a_number_of_ours(
    desk: WhatsAppDesk,
) -> None:
    desk.whatsapp.town.settle(ANNA, OLEG, ONE_OF_US)
    group = desk.whatsapp.town.gather("Стройка", [ANNA.phone[1:], OLEG.phone[1:], OWNER_PHONE]).jid
    desk.whatsapp.hears(group, ANNA, "Везём")
    await desk.sees("Анна: Везём")
    desk.choose({"group_phones": "on"})
    desk.whatsapp.hears(group, OLEG, "Ждём")
    desk.whatsapp.hears(group, ONE_OF_US, "Отгружено")
    await desk.sees("Анна: Везём", "Олег (+79162223344): Ждём", "Склад: Отгружено")


async def test_what_is_written_in_the_phone_appears_as_the_dialogs_operators_and_else_as_the_installers(
    desk: WhatsAppDesk,
) -> None:
    svetlana = Employee(id=str(SVETLANA), name="Светлана")
    desk.company.write(lambda tx: employees.map_to(tx, desk.link, "Света", svetlana))
    chat = ANNA.phone[1:]
    await desk.whatsapp.say(ANNA, "Где заказ?")
    await desk.sees("Где заказ?")
    desk.whatsapp.hears(chat, None, "Смотрю")
    await desk.sees("Где заказ?", f"{OWNER_NAME}: Смотрю")
    (dialog,) = the_dialogs(desk.company)
    for name, text in (("Света", "Едет"), ("Пётр", "Приехал")):
        desk.company.write(lambda tx, name=name: duties.assign(tx, dialog.id, name))
        desk.whatsapp.hears(chat, None, text)
        await eventually(lambda text=text: desk.shown()[-1][1].endswith(text))
    assert desk.shown()[1:] == [
        (INSTALLER, f"{OWNER_NAME}: Смотрю"),
        (SVETLANA, "Едет"),
        (INSTALLER, "Пётр: Приехал"),
    ]


@pytest.mark.req("S-158")
async def test_an_sms_from_a_card_goes_by_whatsapp_once_and_the_card_is_told_that_it_arrived(
    desk: WhatsAppDesk,
) -> None:
    await eventually(lambda: len(desk.portal.senders) == 1)
    (code,) = desk.portal.senders
    desk.portal.misbehaviour.doubled_sms = 1
    desk.whatsapp.town.settle(ANNA)
    number, answered = await desk.portal.sends_sms(code, ANNA.phone, "Заказ готов")
    assert answered.status == 200
    await eventually(lambda: desk.portal.sms_statuses[number][-1:] == ["delivered"])
    assert [one.text for one in await desk.whatsapp.heard(ANNA)] == ["Заказ готов"]
    (dialog,) = the_dialogs(desk.company)
    (entry,) = desk.company.read(lambda tx: transcript.latest(tx, dialog.id))
    assert (entry.message.text, entry.message.origin) == ("Заказ готов", Origin.CRM)
    desk.choose({"sms": "off"})
    await eventually(lambda: not desk.portal.senders)
