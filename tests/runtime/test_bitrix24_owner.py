"""Who answers: the operator here and the employee who is responsible there become the same person, and it rests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.journal.links import CardStageChanged
from chatapp_cli.kit.crms import manifest
from chatapp_cli.services import crm_intake, crm_owners, journal, ledger, links
from tests.runtime.brisk import BriskClock
from tests.runtime.desk import eventually
from tests.runtime.owner_desk import ANNA, OLEG, SVETLANA, OwnerDesk, owner_desk

CARDS = ("ONCRMDEALUPDATE", "ONCRMLEADUPDATE", "ONCRMCONTACTUPDATE", "ONCRMTIMELINECOMMENTADD")
PEOPLE = {"света": SVETLANA, "олег": OLEG}


@pytest.fixture
async def desk(companies: Callable[..., Company]) -> AsyncIterator[OwnerDesk]:
    async with owner_desk(companies(http_port=0, clock=BriskClock())) as found:
        found.joins(PEOPLE)
        yield found


async def heeding(desk: OwnerDesk, way: str, *events: str, **more: str) -> None:
    desk.configure(owner_sync=way, **more)
    await desk.arranged(*events)
    await desk.client_writes()
    await desk.rests()


@pytest.mark.req("K-04")
@pytest.mark.req("S-162", part="owner synchronisation")
@pytest.mark.req("S-163", part="owner synchronisation")
async def test_whoever_becomes_responsible_for_a_card_answers_the_dialog(desk: OwnerDesk) -> None:
    await heeding(desk, "from_crm", *CARDS)
    await desk.portal.staff.changes(desk.card("deal"), assignedById=OLEG)
    await desk.becomes("олег")
    await desk.portal.staff.changes(desk.card("contact"), assignedById=SVETLANA)
    await desk.becomes("света")
    await desk.rests()
    assert (desk.writes(), desk.responsible()) == (0, {"contact": SVETLANA, "deal": OLEG})


@pytest.mark.req("K-04")
async def test_the_card_that_changed_last_decides_by_a_field_or_a_comment(desk: OwnerDesk) -> None:
    await heeding(desk, "from_crm", *CARDS)
    await desk.portal.staff.changes(desk.card("deal"), assignedById=OLEG)
    await desk.becomes("олег")
    desk.passes(1.1)
    await desk.portal.staff.changes(desk.card("contact"), title="Анна Иванова")
    await desk.becomes("света")
    desk.passes(1.1)
    await desk.portal.staff.comments(desk.card("deal"), "Перезвонить", employee=OLEG)
    await desk.becomes("олег")


@pytest.mark.req("K-04")
@pytest.mark.req("S-162", part="owner synchronisation")
@pytest.mark.req("S-163", part="owner synchronisation")
async def test_whoever_answers_the_dialog_becomes_responsible_for_the_chosen_cards(desk: OwnerDesk) -> None:
    await heeding(desk, "to_crm", owner_contact="off")
    desk.assign("олег")
    await eventually(lambda: desk.card("deal").responsible == OLEG)
    await desk.rests()
    assert desk.responsible() == {"contact": SVETLANA, "deal": OLEG}
    await desk.portal.staff.changes(desk.card("deal"), assignedById=SVETLANA)
    await desk.rests()
    assert (desk.assignee(), desk.writes()) == ("олег", 1)


async def test_of_two_open_deals_the_newest_is_given_to_the_operator(desk: OwnerDesk) -> None:
    await heeding(desk, "to_crm")
    older, contact = desk.card("deal"), desk.card("contact")
    about = {"title": "Второй заказ", "responsible": SVETLANA, "stage": "NEW", "contact": contact.id}
    newest = desk.portal.server.office.add_card("deal", **about)
    (chat,) = desk.portal.chats
    await desk.portal.staff.finishes(chat.outside)
    await desk.bot.say(ANNA, "Ещё вопрос")
    await eventually(lambda: chat.code in newest.codes)
    desk.assign("олег")
    await eventually(lambda: newest.responsible == OLEG)
    await desk.rests()
    assert (older.responsible, contact.responsible, desk.writes()) == (SVETLANA, OLEG, 2)


async def test_an_operator_who_was_there_before_the_cards_becomes_responsible_when_they_are(desk: OwnerDesk) -> None:
    desk.configure(owner_sync="to_crm")
    desk.portal.misbehaviour.tracker_delay = (1.0, 1.0)
    await desk.bot.say(ANNA, "Здравствуйте")
    await eventually(lambda: len(desk.portal.chats) == 1)
    desk.assign("олег")
    await eventually(lambda: set(desk.responsible().values()) == {OLEG})


@pytest.mark.req("K-04")
async def test_with_both_ways_on_it_comes_to_rest_at_two_portals(companies: Callable[..., Company]) -> None:
    async with owner_desk(companies(http_port=0, clock=BriskClock()), "north", "south") as desk:
        desk.joins(PEOPLE)
        await heeding(desk, "both", *CARDS)
        north, south = desk.portals
        desk.assign("олег")
        await eventually(lambda: all(set(desk.responsible(one).values()) == {OLEG} for one in desk.portals))
        await desk.rests()
        assert [desk.writes(one) for one in desk.portals] == [2, 2]
        desk.passes(1.1)
        await north.staff.changes(desk.card("deal", north), assignedById=SVETLANA)
        await desk.becomes("света")
        await eventually(lambda: set(desk.responsible(south).values()) == {SVETLANA})
        await desk.rests()
        desk.passes(60)
        await desk.rests()
        assert desk.assignee() == "света"
        assert desk.responsible(north) == {"contact": OLEG, "deal": SVETLANA}
        assert [desk.writes(one) for one in desk.portals] == [2, 4]


async def test_an_employee_who_is_nobody_here_leaves_the_dialog_as_it_is_and_is_named(
    companies: Callable[..., Company],
) -> None:
    async with owner_desk(companies(http_port=0, clock=BriskClock())) as desk:
        desk.joins({"света": SVETLANA})
        await heeding(desk, "both", *CARDS)
        await desk.portal.staff.changes(desk.card("deal"), assignedById=SVETLANA)
        await desk.becomes("света")
        desk.passes(1.1)
        await desk.portal.staff.changes(desk.card("deal"), assignedById=OLEG)
        about, link = manifest("bitrix24"), desk.links[0]
        await eventually(lambda: desk.company.read(lambda tx: crm_owners.unknown_employees(tx, about, link)) == ["29"])
        assert desk.assignee() == "света"
        desk.assign("пётр")
        await desk.rests()
        assert desk.card("deal").responsible == OLEG
        assert desk.company.read(lambda tx: crm_owners.unknown_operators(tx, about, link)) == ["пётр"]


async def test_an_employee_who_left_is_not_made_responsible_and_a_person_is_told(desk: OwnerDesk) -> None:
    await heeding(desk, "to_crm")
    await desk.portal.staff.dismisses(OLEG)
    desk.assign("олег")
    await eventually(lambda: [one.code for one in desk.company.read(ledger.everything)] == ["employee_left"])
    assert desk.responsible() == {"contact": SVETLANA, "deal": SVETLANA}
    await desk.bot.say(ANNA, "Ау")
    await eventually(lambda: len(desk.portal.messages(desk.portal.chats[0].id)) == 2)


async def test_what_changed_while_we_were_deaf_is_caught_up(desk: OwnerDesk) -> None:
    await heeding(desk, "from_crm", *CARDS)
    desk.passes(1.1)
    desk.portal.misbehaviour.drop_events = 1
    await desk.portal.staff.changes(desk.card("deal"), assignedById=OLEG)
    await desk.portal.settled()
    assert desk.assignee() == ""
    desk.company.write(lambda tx: links.ask_catch_up(tx, desk.links[0]))
    await desk.becomes("олег")
    assert desk.company.read(lambda tx: crm_intake.waiting_cards(tx, desk.links[0], n=9)) == []


async def test_events_of_cards_are_bound_only_while_a_pairing_heeds_them(desk: OwnerDesk) -> None:
    await desk.arranged()
    desk.configure(owner_sync="both", owner_lead="off", owner_contact="off", owner_company="on")
    await desk.arranged("ONCRMDEALUPDATE", "ONCRMCOMPANYUPDATE", "ONCRMTIMELINECOMMENTADD")
    desk.configure(owner_sync="to_crm")
    await desk.arranged()


@pytest.mark.req("S-035", part="a rule waits for a stage of a CRM")
async def test_a_card_that_goes_to_another_stage_is_told_once_for_each_change(desk: OwnerDesk) -> None:
    desk.configure(stages="on")
    await desk.arranged("ONCRMDEALUPDATE", "ONCRMLEADUPDATE")
    await desk.client_writes()
    await desk.rests()
    deal = desk.card("deal")
    for change in ({"title": "Заказ"}, {"stageId": "WON"}, {"title": "Заказ №2"}, {"stageId": "LOSE"}):
        await desk.portal.staff.changes(deal, **change)
        await desk.rests()
    told = [one.event for one in desk.company.read(lambda tx: journal.after(tx, 0, n=1000))]
    went = [(one.before, one.stage) for one in told if isinstance(one, CardStageChanged)]
    won, lost = (stage for _before, stage in went)
    assert went == [(went[0][0], won), (won, lost)]
    assert len({went[0][0], won, lost}) == 3
