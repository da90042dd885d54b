"""What we show as an employee's, and the portal tells back as if the employee had written it."""

from __future__ import annotations

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CopyCame, CrmWrote, MirroredChat
from chatapp_cli.domain.message import Origin
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.talk import message_event
from tests.crm.bitrix24.desk import LINE, SVETLANA, WHATSAPP, OfficeDesk, entry


def yes(key: str) -> LedgerEntry:
    return entry(key, "Да", ours=True, origin=Origin.PHONE, employee=str(SVETLANA))


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
