"""Open lines that work without the CRM: the rules of the desk make the cards, once, before the message is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.outcome import CardOutcome
from chatapp_cli.domain.errors import OutcomeUnknown, Retryable
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.objects import PortalCard
from tests.contract.connector_contract import ScriptedAsker
from tests.crm.bitrix24.desk import LINE, OfficeDesk, entry, pairing

IVAN = CrmPerson(id="person-1", name="Иван", phone="+79161234567")


def said(key: str = "m-1", remote: str = "", **more: Any) -> LedgerEntry:
    decided = CardOutcome(number=5, pipeline="deal-9", employees=("29",))
    shown = entry(key, person=IVAN, outcome=decided, chat=CrmChat(id="d-1", name="Иван", remote=remote))
    return replace(shown, **more)


@pytest.fixture
async def off(desk: OfficeDesk, portal: Portal) -> AsyncIterator[Bitrix24Session]:
    """The open line works without the CRM."""
    portal.server.office.funnels |= {9: "Опт"}
    portal.lines[LINE].settings["CRM"] = "N"
    await desk.install()
    async with desk.session() as session:
        assert await session.arrange([pairing()]) == {}
        yield session


def deals(portal: Portal) -> list[PortalCard]:
    return [card for card in portal.cards if card.kind == "deal"]


async def told(session: Bitrix24Session, *entries: LedgerEntry) -> CrmReceipt:
    answers = await session.deliver(entries)
    assert isinstance(answers[-1], CrmReceipt)
    return answers[-1]


async def test_the_deal_is_made_as_was_decided_before_the_message_and_shown_with_the_chat(
    off: Bitrix24Session, portal: Portal
) -> None:
    first = await told(off, said())
    (deal,) = deals(portal)
    assert (deal.category, deal.stage, deal.responsible) == (9, "C9:NEW", 29)
    assert (first.card, first.outcome, first.turn, bool(first.chat)) == (f"deal:{deal.id}", 5, 1, True)
    methods = [call.method for call in portal.calls]
    assert methods.index("crm.item.add") < methods.index("imconnector.send.messages")
    chat = CrmChat(id="d-1", name="Иван", remote=first.chat)
    assert [(card.kind, card.id, card.pipeline) for card in await off.cards(chat)] == [("deal", str(deal.id), "Опт")]
    assert (await told(off, said("m-2", remote=first.chat))).card == ""
    assert len(deals(portal)) == 1
    found = await off.find(said(remote=first.chat))
    assert found is not None
    assert (found.card, found.outcome, found.turn) == (first.card, 5, 1)
    assert [one.id for one in await off.pipelines()] == ["deal-0", "deal-9", "lead"]


async def test_the_tracker_of_a_line_with_the_crm_makes_its_cards_alone(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    portal.server.office.funnels |= {9: "Опт"}
    assert (await told(session, said())).card == ""
    await desk.world.clock.sleep(4)
    await portal.cards_made()
    assert [deal.category for deal in deals(portal)] == [0]


@pytest.mark.parametrize(
    "other", [{"ours": True}, {"outcome": None}, {"chat": CrmChat(id="g-1", name="Группа", kind="group")}]
)
async def test_what_no_rule_decides_makes_no_card(off: Bitrix24Session, portal: Portal, other: dict[str, Any]) -> None:
    await told(off, said(**other))
    assert deals(portal) == []


async def test_a_line_that_loses_its_crm_goes_on_with_the_contact_and_the_open_deal_that_its_tracker_made(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    first = await told(session, said(person=replace(IVAN, phone="")))
    await desk.world.clock.sleep(4)
    await portal.cards_made()
    portal.lines[LINE].settings["CRM"] = "N"
    again = said("m-2", remote=first.chat, person=replace(IVAN, phone=""))
    await desk.world.clock.sleep(61)
    assert (await told(session, again)).card == ""
    assert len(deals(portal)) == 1


async def test_a_lost_answer_makes_no_second_deal(off: Bitrix24Session, portal: Portal) -> None:
    portal.server.office.add_card("contact", title="Иван", responsible=29, phone=IVAN.phone)
    portal.misbehaviour.lose_after = {"crm.item.add": 1}
    with pytest.raises(Retryable):
        await off.deliver([said()])
    assert portal.messages("d-1") == []
    shown = await told(off, said())
    (deal,) = deals(portal)
    assert (shown.card, shown.outcome, shown.turn) == (f"deal:{deal.id}", 5, 1)
    assert len(portal.messages("d-1")) == 1


async def test_a_message_whose_answer_was_lost_is_found_and_no_deal_made(off: Bitrix24Session, portal: Portal) -> None:
    first = await told(off, said())
    portal.misbehaviour.lose_after = {"imconnector.send.messages": 1}
    again = said("m-2", remote=first.chat)
    (answer,) = await off.deliver([again])
    assert isinstance(answer, OutcomeUnknown)
    found = await off.find(again)
    assert found is not None
    assert (found.card, len(deals(portal)), len(portal.messages("d-1"))) == ("", 1, 2)


async def test_a_card_that_the_portal_refuses_keeps_no_message(off: Bitrix24Session, portal: Portal) -> None:
    portal.misbehaviour.answer_with["crm.item.add"] = [(400, "ACCESS_DENIED")]
    shown = await told(off, said())
    assert (shown.card, bool(shown.chat), deals(portal)) == ("", True, [])


async def test_a_link_that_becomes_an_application_goes_on_with_the_deals_that_its_webhook_made(
    desk: OfficeDesk, portal: Portal
) -> None:
    nameless, key = replace(IVAN, phone=""), desk.world.chance.key()
    asker = ScriptedAsker({"way": "webhook", "webhook": portal.webhook})
    lite = await desk.crm.link(asker, hook_key=key, public_url="")
    async with desk.crm.open(LinkId(1), lite, public_url="") as session:
        await session.deliver([said(person=nameless, pairing=replace(pairing(), place="deal-0"))])
    portal.lines[LINE].settings["CRM"] = "N"
    await desk.link(lite)
    await desk.install()
    async with desk.session() as after:
        await after.arrange([pairing()])
        assert (await told(after, said("m-2", person=nameless))).card == ""
    assert len(deals(portal)) == 1
