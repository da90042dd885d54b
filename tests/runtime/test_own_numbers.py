"""A number of our own that writes, writes in a group, or is shared as a contact: nobody is joined and nothing loops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.runtime.binding import bind
from chatapp_cli.sandbox.stage import Customer, Sandbox
from chatapp_cli.sandbox.telegram import TelegramSandbox
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from chatapp_cli.services import channels, lines, persons
from tests.contract.connector_contract import BORIS, ScriptedAsker
from tests.runtime.brisk import BriskClock
from tests.runtime.desk import attached, eventually, the_dialogs
from tests.runtime.owner_desk import ANNA, SALES, OwnerDesk, owner_desk
from tests.runtime.portal_link import row_of

OURS = "79160004200"
LINE = 109
SHOP = Customer(number=9001, name="Наш второй телефон", phone=f"+{OURS}")


async def _bound(company: Company, sandbox: Sandbox, line: str) -> ChannelId:
    number = company.write(lambda tx: lines.add(tx, line))
    return await bind(company, ScriptedAsker(sandbox.answers), line=number, kind=sandbox.kind)


async def _paired(company: Company, link: LinkId, channel: ChannelId, place: str) -> None:
    row = company.read(lambda tx: channels.one(tx, channel))
    await attached(company, row_of(company, link), row, place, {"groups": "on"})


def _phones(said: Any) -> Iterator[str]:
    """What is told as somebody's phone, at any depth."""
    if isinstance(said, dict):
        yield from (str(value) for name, value in said.items() if str(name).lower() == "phone" and value)
        said = list(said.values())
    for one in said if isinstance(said, list) else ():
        yield from _phones(one)


def _told_phones(desk: OwnerDesk) -> set[str]:
    calls = [*(call.params for call in desk.portal.calls), *(call.body for call in desk.account.calls)]
    return {"".join(filter(str.isdecimal, phone)) for phone in _phones(calls)}


async def test_our_own_numbers_join_no_contacts_in_either_crm_and_it_comes_to_rest(
    companies: Callable[..., Company],
) -> None:
    company = companies(http_port=0, clock=BriskClock())
    async with (
        owner_desk(company, "north", amo=True) as desk,
        WhatsAppWebSandbox() as phone,
        TelegramSandbox() as second,
    ):
        office, amo = desk.portal.server.office, desk.account
        supplier = office.add_card("contact", title="Мы", responsible=1, phone=f"+{OURS}")
        whatsapp = await _bound(company, phone, "Опт")
        await _bound(company, second, "Запасная")
        await _paired(company, desk.links[0], whatsapp, str(LINE))
        await _paired(company, desk.account_links[0], whatsapp, SALES)
        await desk.bot.say(ANNA, "Здравствуйте")
        shared = {"phone_number": OURS, "first_name": ANNA.name, "user_id": ANNA.number}
        await desk.bot.arrive(desk.bot.town.private(ANNA), ANNA, {"contact": shared})
        await phone.say(BORIS, "Сколько стоит?")
        await phone.say(SHOP, "Проверка связи")
        circle = phone.town.gather("Оптовики", [SHOP.phone[1:], BORIS.phone[1:]])
        phone.hears(circle.jid, SHOP, "Всем привет")
        await eventually(lambda: len(the_dialogs(company)) == 4)
        await eventually(lambda: len(desk.portal.chats) == 4 and len(amo.chats) == 4)
        await desk.rests()
        assert _told_phones(desk) == {BORIS.phone[1:]}
        assert supplier.codes == []
        assert company.read(persons.everybody) == []
        before = len(desk.portal.calls), len(amo.calls), len(phone.town.said), len(the_dialogs(company))
        desk.passes(60)
        await desk.rests()
        after = len(desk.portal.calls), len(amo.calls), len(phone.town.said), len(the_dialogs(company))
        assert after == before
