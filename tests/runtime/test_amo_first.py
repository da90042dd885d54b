"""A manager writes first from a deal: to a value in one of its cards, by a channel that they choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.message import State
from chatapp_cli.sandbox.amocrm.objects import AmoChat
from chatapp_cli.sandbox.email import EmailSandbox
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.sandbox.telegram import TelegramSandbox
from chatapp_cli.services import ledger, transcript
from chatapp_cli.store.rows.messages import MessageRow
from tests.runtime.amo_desk import AmoChannel, amo_channel
from tests.runtime.desk import eventually, the_dialogs

ANNA = Customer(number=7001, name="Анна Петрова", username="anna_p", phone="79160000101", email="anna@example.org")
OLEG = Customer(number=7002, name="Олег", username="oleg", phone="79160000102")
NINA = Customer(number=7003, name="Нина", username="nina_sht", phone="79160000103")
FIRST = "Добрый день, это «Хвоя»"


async def deal(desk: AmoChannel, *, company: str = "", **contact: str) -> int:
    """A deal with one contact, and with a company if it has a phone."""
    office = desk.account._desk.office
    made = await desk.account.makes_deal(office.add_contact("Анна Петрова", **contact).id, "Ёлка")
    if company:
        firm = office.add_contact("ООО «Хвоя»", phone=company)
        office.companies[firm.id] = office.contacts.pop(firm.id)
        made.companies.append(firm.id)
    return made.id


async def writes(desk: AmoChannel, lead: int, value: str, text: str = FIRST) -> AmoChat:
    [source] = desk.account.sources
    return await desk.account.staff.writes_from_card(lead, value, text, source=source.external_id)


async def texts_of(desk: AmoChannel, who: Customer) -> list[str]:
    return [one.text.strip() for one in await desk.town.heard(who)]


def told(desk: AmoChannel) -> bool:
    return desk.company.read(ledger.everything) == []


@pytest.mark.req("S-186")
@pytest.mark.req("S-196")
@pytest.mark.parametrize(
    ("town", "card", "value"),
    [
        (TelegramSandbox, {"phone": "8 (916) 000-01-01"}, "8 (916) 000-01-01"),
        (TelegramSandbox, {"phone": "@anna_p"}, "@anna_p"),
        (TelegramSandbox, {"phone": "+7 495 000-00-00", "company": "+79160000101"}, "+79160000101"),
        (EmailSandbox, {"email": "Anna@example.org"}, "Anna@example.org"),
    ],
    ids=["the working phone", "a @username in its place", "a number of the company", "the working e-mail"],
)
async def test_it_goes_out_once_by_the_channel_that_was_chosen_and_the_conversation_goes_on_in_that_chat(
    companies: Callable[..., Company], town: Callable[[], Any], card: dict[str, str], value: str
) -> None:
    async with amo_channel(companies(http_port=0), town()) as desk:
        if isinstance(desk.town, TelegramSandbox):
            desk.town.stage.person(ANNA)
        lead = await deal(desk, **card)
        desk.account.misbehaviour.double_hooks = 1
        chat = await writes(desk, lead, value)
        await eventually(lambda: chat.messages[0].status == 1)
        assert await texts_of(desk, ANNA) == [FIRST]
        await desk.town.say(ANNA, "Сколько стоит?")
        await eventually(lambda: len(chat.messages) == 2)
        answer = await desk.account.manager_writes(chat, "Сто рублей")
        await eventually(lambda: answer.status == 1 and told(desk))
        assert await texts_of(desk, ANNA) == [FIRST, "Сто рублей"]
        assert (len(desk.account.chats), len(the_dialogs(desk.company))) == (1, 1)
        assert [one.by_client for one in chat.messages] == [False, True, False]


@pytest.mark.req("S-186", part="to somebody who has a chat")
@pytest.mark.parametrize(
    ("town", "card", "value"),
    [
        (TelegramSandbox, {"phone": "@anna_p"}, "@anna_p"),
        (EmailSandbox, {"email": "anna@example.org"}, "anna@example.org"),
    ],
    ids=["whom the messenger finds to be the same", "whose address is known"],
)
async def test_who_has_a_chat_gets_it_there_and_a_note_in_the_deal_tells_the_manager_where_it_goes_on(
    companies: Callable[..., Company], town: Callable[[], Any], card: dict[str, str], value: str
) -> None:
    async with amo_channel(companies(http_port=0), town()) as desk:
        if isinstance(desk.town, TelegramSandbox):
            desk.town.stage.person(ANNA)
        await desk.town.say(ANNA, "Сколько стоит?")
        await eventually(lambda: len(desk.account.chats) == 1 and told(desk))
        old, lead = desk.chat, await deal(desk, **card)
        chat = await writes(desk, lead, value)
        await eventually(lambda: chat.messages[0].status == 1 and told(desk))
        assert await texts_of(desk, ANNA) == [FIRST]
        await desk.town.say(ANNA, "Спасибо")
        await eventually(lambda: len(old.messages) == 2 and told(desk))
        again = await desk.account.manager_writes(chat, "Жду вас")
        await eventually(lambda: again.status == 1 and told(desk))
        assert await texts_of(desk, ANNA) == [FIRST, "Жду вас"]
        [note] = desk.account.notes
        assert (note.kind, note.card) == ("leads", chat.lead)
        assert note.params["text"].startswith("Анна Петрова has a chat in this channel already.")
        assert (len(chat.messages), len(the_dialogs(desk.company))) == (2, 1)


async def test_after_a_new_link_of_the_account_what_was_delivered_stays_so_and_the_old_chat_goes_on(
    companies: Callable[..., Company],
) -> None:
    async with amo_channel(companies(http_port=0), TelegramSandbox()) as desk:
        desk.town.stage.person(ANNA)
        lead = await deal(desk, phone="@anna_p")
        chat = await writes(desk, lead, "@anna_p")
        await eventually(lambda: chat.messages[0].status == 1)
        await desk.town.say(ANNA, "Сколько стоит?")
        await eventually(lambda: len(chat.messages) == 2 and told(desk))
        await desk.link_again()
        answer = await desk.account.manager_writes(chat, "Сто рублей")
        await eventually(lambda: answer.status == 1 and told(desk))
        await desk.town.say(ANNA, "Спасибо")
        await desk.sees(FIRST, "Сколько стоит?", "Сто рублей", "Спасибо")
        assert await texts_of(desk, ANNA) == [FIRST, "Сто рублей"]
        assert (len(desk.account.chats), chat.messages[0].status) == (1, 1)


@pytest.mark.req("S-186", part="the rate rule")
@pytest.mark.req("S-055", part="written first from a deal")
async def test_by_phone_the_second_waits_three_minutes_and_who_has_a_username_does_not(
    companies: Callable[..., Company],
) -> None:
    async with amo_channel(companies(http_port=0), TelegramSandbox()) as desk:
        for who in (ANNA, OLEG, NINA):
            desk.town.stage.person(who)
        leads = [await deal(desk, phone=one) for one in ("+79160000101", "+79160000102", "@nina_sht")]
        first = await writes(desk, leads[0], "+79160000101")
        await eventually(lambda: first.messages[0].status == 1)
        begun = desk.company.world.clock.now()
        second = await writes(desk, leads[1], "+79160000102")
        third = await writes(desk, leads[2], "@nina_sht")
        await eventually(lambda: third.messages[0].status == 1)
        assert (await texts_of(desk, OLEG), second.messages[0].status) == ([], 0)
        [waits] = [row for row in _written(desk) if row.state == State.QUEUED]
        row = desk.company.read(lambda tx: transcript.entry(tx, waits.id)).waiting
        assert row is not None
        assert row.wait_code == "pace"
        assert 175_000 < row.not_before - begun < 190_000


async def test_a_value_that_nobody_can_be_written_to_at_is_told_to_its_author(
    companies: Callable[..., Company],
) -> None:
    async with amo_channel(companies(http_port=0), TelegramSandbox()) as desk:
        lead = await deal(desk, phone="доб. 7")
        with pytest.raises(LookupError):
            await writes(desk, lead, "+79160000101")
        for value, words in (("доб. 7", "is no phone number"), ("@nobody_here", "")):
            contact = desk.account.leads[lead].contacts[0]
            desk.account.contacts[contact].values[193201] = [{"value": value, "enum_code": "WORK"}]
            chat = await writes(desk, lead, value)
            await eventually(lambda: chat.messages[0].status == -1)  # noqa: B023
            assert words in chat.messages[0].error
            assert chat.messages[0].error


def _written(desk: AmoChannel) -> list[MessageRow]:
    """What stands in all dialogs."""
    entries = [
        desk.company.read(lambda tx, one=one: transcript.latest(tx, one.id)) for one in the_dialogs(desk.company)
    ]
    return [entry.message for found in entries for entry in found]
