"""What we show as an employee's, and the portal tells back as if the employee had written it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.crm.bitrix24.record import COPY
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CopyCame, CrmWrote, MirroredChat
from chatapp_cli.domain.message import Origin
from chatapp_cli.ports.memory import ShortMemory
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.talk import message_event
from tests.crm.bitrix24.desk import LINE, SVETLANA, WHATSAPP, OfficeDesk, entry


def yes(key: str) -> LedgerEntry:
    return entry(key, "Да", ours=True, origin=Origin.PHONE, employee=str(SVETLANA))


class CountedMemory(ShortMemory):
    """A memory that knows what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def known(self, prefix: str = "") -> Mapping[str, str]:
        self.asked.append(prefix)
        return await super().known(prefix)


async def shown(session: Bitrix24Session, *entries: LedgerEntry) -> None:
    assert [type(one) for one in await session.deliver(entries)] == [CrmReceipt] * len(entries)


def written(desk: OfficeDesk) -> list[CrmWrote]:
    return [one for one in desk.events if isinstance(one, CrmWrote)]


@pytest.mark.parametrize("first", ["the copy", "the employee"])
async def test_a_copy_that_the_portal_tells_back_is_not_sent_again_and_an_employees_same_words_are(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk, first: str
) -> None:
    await shown(session, entry("m-1"))
    await shown(session, yes("m-2"))
    (chat,) = portal.chats
    copy = message_event(chat, chat.messages[-1], [])
    tell = portal.server.courier.tell
    if first == "the copy":
        tell("OnImConnectorMessageAdd", copy, user=SVETLANA)
    employees = await portal.staff.writes(WHATSAPP, LINE, "d-1", "Да")
    tell("OnImConnectorMessageAdd", copy, user=SVETLANA)
    await portal.settled()
    assert written(desk) == []
    where = MirroredChat(kind="whatsapp_web", place=str(LINE), chat="d-1", remote=str(chat.id))
    looked = [one.event for some in [some async for some in session.catch_up([where])] for one in some]
    assert [one.remote for one in looked if isinstance(one, CrmWrote)] == [str(employees.id)]


async def test_a_copy_that_the_portal_tells_twice_is_not_sent_either(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    portal.misbehaviour.copies_return, portal.misbehaviour.doubled_events = True, 9
    await shown(session, entry("m-1"))
    await shown(session, yes("m-2"))
    await portal.settled()
    assert written(desk) == []
    came = [one for reply in desk.replies for one in reply.arrivals if isinstance(one.event, CopyCame)]
    assert (len(came), len({one.provider_id for one in came})) == (2, 1)


@pytest.mark.parametrize(
    "told", ["Добрый день![br]Цена 100", "Добрый день!\r\nЦена 100", "[b]Светлана:[/b] [br]Добрый день!\nЦена 100 "]
)
async def test_a_copy_is_known_however_the_portal_breaks_its_lines_and_whether_it_signs_it(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk, told: str
) -> None:
    said = entry("m-2", "Добрый день!\nЦена 100", ours=True, origin=Origin.PHONE, employee=str(SVETLANA))
    await shown(session, entry("m-1"))
    await shown(session, said)
    (chat,) = portal.chats
    copy = message_event(chat, chat.messages[-1], [])
    copy["MESSAGES"][0]["message"]["text"] = told
    portal.server.courier.tell("OnImConnectorMessageAdd", copy, user=SVETLANA)
    await portal.settled()
    assert written(desk) == []


async def test_thousands_of_messages_in_one_event_take_one_look_for_copies_and_let_other_work_go_on(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    await shown(session, entry("m-1"))
    await shown(session, yes("m-2"))
    assert desk.bound
    memory, turns = CountedMemory(), 0
    await memory.save(await desk.bound.memory.known())
    desk.bound = replace(desk.bound, memory=memory)

    async def other_work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    working = asyncio.create_task(other_work())
    reply = await desk.accept("event", urlencode(event_of(portal, 2000)).encode())
    working.cancel()
    assert [type(one.event) for one in reply.arrivals] == [CopyCame, *[CrmWrote] * 1999]
    assert [name for name in memory.asked if name.startswith(COPY)] == [COPY]
    assert turns >= 20


def event_of(portal: Portal, messages: int) -> dict[str, str]:
    """An event with so many messages of an employee, the first of which seems to be ours."""
    (chat,) = portal.chats
    form = {
        "event": "ONIMCONNECTORMESSAGEADD",
        "ts": "1795000000",
        "auth[member_id]": portal.member_id,
        "auth[application_token]": portal.application_token,
        "data[CONNECTOR]": WHATSAPP,
        "data[LINE]": str(LINE),
    }
    for number in range(messages):
        said = {
            "im][chat_id": chat.id,
            "im][message_id": 900_000 + number,
            "message][user_id": SVETLANA,
            "message][text": f"{number}" if number else "Да",
            "chat][id": "d-1",
        }
        form |= {f"data[MESSAGES][{number}][{name}]": str(value) for name, value in said.items()}
    return form
