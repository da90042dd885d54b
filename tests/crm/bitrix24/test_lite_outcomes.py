"""A portal linked by a webhook alone: deals are made as was decided, and what it refuses costs itself alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.outcome import CardOutcome
from chatapp_cli.domain.errors import OutcomeUnknown, Retryable
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.ports.crm import CrmSession, MakesCards
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.objects import PortalCard
from tests.contract.connector_contract import ScriptedAsker
from tests.crm.bitrix24.desk import entry, pairing

IVAN = CrmPerson(id="person-1", name="Иван", phone="+79161234567")


def said(key: str = "m-1", place: str = "deal-0", person: CrmPerson = IVAN, **outcome: Any) -> LedgerEntry:
    decided = CardOutcome(**{"number": 5, "pipeline": "deal-9", **outcome})
    return entry(key, "Добрый день", pairing=replace(pairing(), place=place), person=person, outcome=decided)


@pytest.fixture
async def lite(world: World, portal: Portal) -> AsyncIterator[CrmSession]:
    portal.server.office.funnels |= {9: "Опт", 11: "Поддержка"}
    portal.server.office.own_fields["ufCrm_1721"] = "Откуда"
    asker = ScriptedAsker({"way": "webhook", "webhook": portal.webhook})
    bound = await Bitrix24(world).link(asker, hook_key="k" * 22, public_url="")
    async with Bitrix24(world).open(LinkId(1), bound, public_url="") as session:
        yield session


def deals(portal: Portal) -> list[PortalCard]:
    return [card for card in portal.cards if card.kind == "deal"]


async def test_a_deal_is_made_as_was_decided_and_the_receipt_names_it(lite: CrmSession, portal: Portal) -> None:
    decided = {"stage": "C9:PREPARATION", "fields": {"ufCrm_1721": "чат"}, "employees": ("29",)}
    (answer,) = await lite.deliver([said(**decided)])
    (deal,) = deals(portal)
    assert (deal.category, deal.stage, deal.responsible, deal.fields["ufCrm_1721"]) == (9, "C9:PREPARATION", 29, "чат")
    assert answer == CrmReceipt(card=f"deal:{deal.id}", outcome=5, turn=1)
    (again,) = await lite.deliver([said("m-2", **decided)])
    assert (again, len(deals(portal))) == (CrmReceipt(), 1)


async def test_an_open_deal_in_another_pipeline_is_used_as_it_is(lite: CrmSession, portal: Portal) -> None:
    office = portal.server.office
    contact = office.add_card("contact", title="Иван", responsible=29, phone=IVAN.phone)
    deal = office.add_card("deal", title="Идёт", responsible=27, stage="C11:NEW", category=11, contact=contact.id)
    (answer,) = await lite.deliver([said(place="lead", employees=("29",))])
    assert answer == CrmReceipt()
    assert [(card.id, card.category, card.responsible) for card in deals(portal)] == [(deal.id, 11, 27)]
    assert [one.entity for one in portal.comments] == [deal.id]


@pytest.mark.parametrize(("owner_works", "responsible"), [(True, 29), (False, 27)])
async def test_whoever_is_responsible_for_the_contact_is_so_for_the_deal_while_they_work_there(
    lite: CrmSession, portal: Portal, owner_works: bool, responsible: int
) -> None:
    contact = portal.server.office.add_card("contact", title="Иван", responsible=29, phone=IVAN.phone)
    portal.server.office.employees[29].active = owner_works
    await lite.deliver([said(like_contact=True, employees=("27",))])
    assert deals(portal)[0].responsible == responsible
    assert contact.responsible == 29


async def test_the_turn_is_counted_among_those_who_work_there(lite: CrmSession, portal: Portal) -> None:
    portal.server.office.employees[29].active = False
    some = [
        said(f"m-{n}", person=CrmPerson(id=f"person-{n}", name="Х"), employees=("27", "29", "1"), turn=n)
        for n in range(4)
    ]
    await lite.deliver(some)
    assert [deal.responsible for deal in deals(portal)] == [27, 1, 27, 1]


async def test_those_who_are_told_together_are_each_the_next_ones_and_an_open_deal_takes_no_turn(
    lite: CrmSession, portal: Portal
) -> None:
    """Clients with one reservation of the ledger: all were loaded before the first deal was made."""
    office = portal.server.office
    contact = office.add_card("contact", title="Иван", responsible=29, phone=IVAN.phone)
    office.add_card("deal", title="Идёт", responsible=27, stage="C9:NEW", category=9, contact=contact.id)
    others = [CrmPerson(id=f"person-{n}", name="Х") for n in (2, 3)]
    some = [
        replace(said(f"m-{n}", person=one, employees=("1", "29"), turn=4), chat=CrmChat(id=f"chat-{n}", name=""))
        for n, one in enumerate([IVAN, *others], 1)
    ]
    answers = await lite.deliver(some)
    assert [answer.turn for answer in answers if isinstance(answer, CrmReceipt)] == [0, 5, 6]
    assert [deal.responsible for deal in deals(portal)] == [27, 1, 29]


async def test_a_message_that_is_found_there_tells_the_deal_that_was_made_for_it(
    lite: CrmSession, portal: Portal
) -> None:
    (shown,) = await lite.deliver([said(employees=("29",), turn=2)])
    await lite.deliver([replace(said("m-2", employees=("29",), turn=3, moves=""), text="Ау")])
    (deal,) = deals(portal)
    assert shown == CrmReceipt(card=f"deal:{deal.id}", outcome=5, turn=3)
    assert await lite.find(said(employees=("29",), turn=2)) == shown
    assert await lite.find(said("m-2")) == CrmReceipt()


@pytest.mark.parametrize("lost", ["crm.item.add", "batch"])
async def test_a_deal_whose_answer_was_lost_is_told_as_made_for_its_message(
    lite: CrmSession, portal: Portal, lost: str
) -> None:
    portal.server.office.add_card("contact", title="Иван", responsible=29, phone=IVAN.phone)
    told = said(employees=("29",), turn=2)
    portal.misbehaviour.lose_after = {lost: 1}
    if lost == "batch":
        (answer,) = await lite.deliver([told])
        assert isinstance(answer, OutcomeUnknown)
        shown = await lite.find(told)
    else:
        with pytest.raises(Retryable):
            await lite.deliver([told])
        shown = next(one for one in await lite.deliver([told]) if isinstance(one, CrmReceipt))
    (deal,) = deals(portal)
    assert shown == CrmReceipt(card=f"deal:{deal.id}", outcome=5, turn=3)


async def test_a_deal_moves_to_the_pipeline_that_was_decided_later(lite: CrmSession, portal: Portal) -> None:
    await lite.deliver([said()])
    (deal,) = deals(portal)
    (answer,) = await lite.deliver([said("m-2", number=7, pipeline="deal-11", moves=f"deal:{deal.id}")])
    assert (deal.category, deal.stage) == (11, "C11:NEW")
    assert answer == CrmReceipt(card=f"deal:{deal.id}", outcome=7, turn=1)
    (answer,) = await lite.deliver([said("m-3", pipeline="lead", moves=f"deal:{deal.id}")])
    assert (answer, deal.category) == (CrmReceipt(), 11)


@pytest.mark.parametrize(
    ("gone", "category", "stage"),
    [("stage", 9, "C9:NEW"), ("pipeline", 0, "NEW"), ("field", 9, "C9:PREPARATION")],
)
async def test_what_was_deleted_there_costs_itself_and_not_the_deal(
    lite: CrmSession, portal: Portal, gone: str, category: int, stage: str
) -> None:
    office = portal.server.office
    if gone == "stage":
        office.gone_stages.add("C9:PREPARATION")
    elif gone == "pipeline":
        del office.funnels[9]
    else:
        office.own_fields.clear()
    (answer,) = await lite.deliver([said(stage="C9:PREPARATION", fields={"ufCrm_1721": "чат"})])
    (deal,) = deals(portal)
    assert answer == CrmReceipt(card=f"deal:{deal.id}", outcome=5, turn=1)
    assert (deal.category, deal.stage) == (category, stage)
    assert len(portal.comments) == 1


async def test_the_portal_tells_its_pipelines_with_stages_and_the_fields_that_can_be_filled(lite: CrmSession) -> None:
    assert isinstance(lite, MakesCards)
    found = {one.id: one for one in await lite.pipelines()}
    assert list(found) == ["deal-0", "deal-9", "deal-11", "lead"]
    assert [stage.id for stage in found["deal-9"].stages][:2] == ["C9:NEW", "C9:PREPARATION"]
    assert next(stage.id for stage in found["lead"].stages) == "NEW"
    fields = {field.id: field.name for field in found["deal-9"].fields}
    assert fields["ufCrm_1721"] == "Откуда"
    assert not {"id", "stageId", "assignedById"} & fields.keys()
    assert not any(one.has_tags for one in found.values())
