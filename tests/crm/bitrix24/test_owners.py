"""Who is responsible for cards: what the portal is asked and told, and how little of it."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.domain.crm.entry import CrmChat, CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CardChanged, CardCommented
from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm.owner import ChatOwner
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import Rejected, Retryable
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.objects import PortalCard
from tests.crm.bitrix24.desk import LINE, SVETLANA, OfficeDesk, entry, pairing

OLEG = 29
TRACKED = 4.0


async def shown(session: Bitrix24Session, portal: Portal, world: World) -> CrmChat:
    """A client wrote, and the tracker made a contact and a deal."""
    (one,) = await session.deliver([entry()])
    assert isinstance(one, CrmReceipt)
    await world.clock.sleep(TRACKED)
    await portal.cards_made()
    return CrmChat(id="d-1", name="Иван Иванов", remote=one.chat)


def of_kind(portal: Portal, kind: str) -> PortalCard:
    (card,) = [card for card in portal.cards if card.kind == kind]
    return card


def both(**options: str) -> Pairing:
    return pairing(**{"owner_sync": "both", **options})


def owes(chat: CrmChat, employee: int = OLEG, **more: Any) -> LedgerEntry:
    said = {"pairing": both(), "chat": chat, "employee": str(employee), "key": "", "text": "", "at": 0, **more}
    return entry(act=Act.OWNER, **{"id": 1, **said})


def changes(portal: Portal) -> list[tuple[int, int, dict[str, str]]]:
    return [
        (int(call.params["entityTypeId"]), int(call.params["id"]), call.params["fields"])
        for call in portal.calls
        if call.method == "crm.item.update"
    ]


async def test_the_chosen_cards_of_a_chat_become_the_employees_and_those_that_are_theirs_are_left_alone(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    chat = await shown(session, portal, world)
    assert await session.deliver([owes(chat, pairing=both(owner_contact="off"))]) == [CrmReceipt()]
    deal, contact = of_kind(portal, "deal"), of_kind(portal, "contact")
    assert (deal.responsible, contact.responsible) == (OLEG, SVETLANA)
    assert await session.deliver([owes(chat)]) == [CrmReceipt()]
    assert changes(portal) == [(kind, card.id, {"assignedById": str(OLEG)}) for kind, card in ((2, deal), (3, contact))]


async def test_cards_that_the_tracker_has_not_made_yet_are_awaited_for_a_minute(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    (one,) = await session.deliver([entry()])
    assert isinstance(one, CrmReceipt)
    chat = CrmChat(id="d-1", name="x", remote=one.chat)
    (said,) = await session.deliver([owes(chat, at=world.clock.now())])
    assert isinstance(said, Retryable)
    assert said.code == "card_awaited"
    assert await session.deliver([owes(chat, at=world.clock.now() - 60_000)]) == [CrmReceipt()]
    assert changes(portal) == []


@pytest.mark.parametrize("employee", [OLEG, 4711])
async def test_who_left_or_never_worked_there_is_refused_and_changes_nothing(
    session: Bitrix24Session, portal: Portal, world: World, employee: int
) -> None:
    chat = await shown(session, portal, world)
    await portal.staff.dismisses(OLEG)
    (said,) = await session.deliver([owes(chat, employee)])
    assert isinstance(said, Rejected)
    assert (said.code, said.detail, changes(portal)) == ("employee_left", str(employee), [])


async def test_a_card_that_the_application_may_not_change_is_refused_and_the_others_are_changed(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    chat = await shown(session, portal, world)
    deal, contact = of_kind(portal, "deal"), of_kind(portal, "contact")
    portal.misbehaviour.denied_cards = {("contact", contact.id)}
    (said,) = await session.deliver([owes(chat)])
    assert isinstance(said, Rejected)
    assert (said.code, deal.responsible, contact.responsible) == ("card_denied", OLEG, SVETLANA)


async def test_a_changed_card_is_read_with_the_others_of_its_chat_and_the_newest_decides(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    await shown(session, portal, world)
    deal, contact = of_kind(portal, "deal"), of_kind(portal, "contact")
    await portal.staff.changes(deal, assignedById=OLEG)
    await world.clock.sleep(5)
    await portal.staff.changes(contact, title="Иван")
    late = [CardChanged(card="deal", id=str(deal.id)), CardChanged(card="contact", id=str(contact.id))]
    (one,) = await session.owners(late[:1], [both()])
    assert one == ChatOwner(
        kind="whatsapp_web", place=str(LINE), chat="d-1", remote_chat=str(portal.chats[0].id),
        employee=str(SVETLANA), at=contact.updated // 1000 * 1000, card=f"contact:{contact.id}",
    )  # fmt: skip
    assert await session.owners(list(reversed(late)), [both()]) == [one]
    (without,) = await session.owners(late, [both(owner_contact="off")])
    assert without.employee == str(OLEG)
    assert await session.owners(late, [both(owner_contact="off", owner_deal="off")]) == []
    assert await session.owners(late, [pairing(owner_sync="to_crm")]) == []
    assert await session.owners(late, [both(owner_deal="off"), pairing("telegram", number=2)]) == [one]


async def test_a_comment_counts_as_a_change_but_not_one_of_our_own(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    await shown(session, portal, world)
    deal, contact = of_kind(portal, "deal"), of_kind(portal, "contact")
    await portal.staff.changes(contact, assignedById=OLEG)
    await world.clock.sleep(5)
    for employee, who in ((1, []), (SVETLANA, [str(SVETLANA)])):
        await portal.staff.comments(deal, "Перезвонить", employee=employee)
        told = [CardCommented(comment=str(portal.comments[-1].id))]
        assert [one.employee for one in await session.owners(told, [both()])] == who


async def test_a_card_without_a_chat_of_ours_or_that_is_gone_is_nobodys(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    await shown(session, portal, world)
    deal = of_kind(portal, "deal")
    await portal.staff.deletes_card(deal)
    gone = [CardChanged(card="deal", id=str(deal.id)), CardChanged(card="lead", id="x"), CardCommented(comment="1")]
    assert await session.owners(gone, [both()]) == []


async def test_fifty_changed_cards_cost_few_requests(session: Bitrix24Session, portal: Portal, world: World) -> None:
    await shown(session, portal, world)
    before = portal.requests
    many = [CardChanged(card="deal", id=str(number)) for number in range(17, 67)]
    assert len(await session.owners(many, [both()])) == 1
    assert portal.requests - before == 3


async def test_after_a_gap_only_cards_that_changed_since_are_read(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    await shown(session, portal, world)
    await world.clock.sleep(100)
    since = world.clock.now()
    await portal.staff.changes(of_kind(portal, "deal"), assignedById=OLEG)
    before = portal.requests
    (found,) = await session.changed_cards(since, [both()])
    assert found.event == CardChanged(card="deal", id=str(of_kind(portal, "deal").id))
    assert portal.requests - before == 1
    assert await session.changed_cards(since, [pairing()]) == []


async def test_events_of_cards_arrive_each_time_and_without_tokens(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk, world: World
) -> None:
    assert await session.arrange([both()]) == {}
    await shown(session, portal, world)
    deal = of_kind(portal, "deal")
    await portal.staff.changes(deal, assignedById=OLEG)
    await portal.settled()
    await world.clock.sleep(0.01)
    await portal.staff.changes(deal, assignedById=SVETLANA)
    await portal.staff.comments(deal, "Вот")
    await portal.settled()
    arrivals = [one for reply in desk.replies for one in reply.arrivals if "card:" in one.provider_id]
    assert [one.event for one in arrivals] == [
        CardChanged(card="deal", id=str(deal.id)),
        CardChanged(card="deal", id=str(deal.id)),
        CardCommented(comment=str(portal.comments[-1].id)),
    ]
    assert len({one.provider_id for one in arrivals}) == 3
    assert desk.bound
    for one in arrivals:
        assert b"auth" not in one.raw
        assert desk.crm.understand(desk.bound, one.raw) == one.event
