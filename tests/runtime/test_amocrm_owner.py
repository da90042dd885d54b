"""Who answers, and who is responsible in an account of amoCRM: they become the same person, and it rests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.sandbox.amocrm.objects import ADMIN, MANAGER, AmoContact, AmoLead
from chatapp_cli.services import crm_intake, ledger, links
from tests.runtime.brisk import BriskClock
from tests.runtime.desk import eventually
from tests.runtime.owner_desk import OLEG, SVETLANA, OwnerDesk, owner_desk

PEOPLE = {"анна": ADMIN, "борис": MANAGER}
HOOKS = ("responsible_lead", "responsible_contact")


@pytest.fixture
async def desk(companies: Callable[..., Company]) -> AsyncIterator[OwnerDesk]:
    async with owner_desk(companies(http_port=0, clock=BriskClock()), amo=True) as found:
        found.joins(PEOPLE, found.account_links)
        yield found


async def heeding(desk: OwnerDesk, way: str, *hooks: str, **more: str) -> tuple[AmoLead, AmoContact]:
    """The lead and the contact of the client, whose pairing synchronises who is responsible."""
    desk.configure(owner_sync=way, **more)
    await desk.called(*hooks)
    await desk.client_writes()
    await desk.rests()
    (lead,), (contact,) = desk.account.leads.values(), desk.account.contacts.values()
    return lead, contact


@pytest.mark.req("K-04")
@pytest.mark.req("S-128", part="access by lines, assignees")
async def test_whoever_is_given_a_card_answers_the_dialog_and_no_other_change_of_a_card_counts(desk: OwnerDesk) -> None:
    lead, contact = await heeding(desk, "from_crm", *HOOKS)
    await desk.account.staff.assigns(lead, MANAGER)
    await desk.becomes("борис")
    desk.passes(1.1)
    await desk.account.staff.changes(contact, name="Анна Иванова")
    await desk.account.staff.notes(lead, "Перезвонить")
    await desk.rests()
    assert desk.assignee() == "борис"
    await desk.account.staff.assigns(contact, MANAGER)
    await desk.account.staff.assigns(contact, ADMIN)
    await desk.becomes("анна")
    await desk.rests()
    assert (desk.amo_writes(), desk.amo_responsible()) == (0, {"contact": ADMIN, "deal": MANAGER})


@pytest.mark.req("K-04")
async def test_whoever_answers_becomes_responsible_for_the_chosen_cards_and_for_those_alone(desk: OwnerDesk) -> None:
    await heeding(desk, "both", "responsible_contact", owner_deal="to_crm", owner_contact="from_crm")
    desk.assign("борис")
    await eventually(lambda: desk.amo_responsible()["deal"] == MANAGER)
    await desk.rests()
    assert (desk.amo_responsible(), desk.amo_writes()) == ({"contact": ADMIN, "deal": MANAGER}, 1)


async def test_of_two_deals_the_newest_is_given_to_the_operator(desk: OwnerDesk) -> None:
    lead, contact = await heeding(desk, "to_crm")
    newest = await desk.account.makes_deal(contact.id, user=ADMIN)
    await desk.client_writes("Ещё вопрос")
    await eventually(lambda: desk.account.chats[0].lead == newest.id)
    desk.assign("борис")
    await eventually(lambda: newest.responsible == MANAGER)
    await desk.rests()
    assert lead.responsible == ADMIN


async def test_a_dismissed_employee_is_made_responsible_for_nothing_and_a_person_is_told(desk: OwnerDesk) -> None:
    await heeding(desk, "to_crm")
    await desk.account.staff.dismisses(MANAGER)
    desk.assign("борис")
    await eventually(lambda: [one.code for one in desk.company.read(ledger.everything)] == ["employee_left"])
    assert desk.amo_responsible() == {"contact": ADMIN, "deal": ADMIN}


async def test_a_card_that_was_given_away_while_we_were_deaf_is_caught_up(desk: OwnerDesk) -> None:
    lead, _contact = await heeding(desk, "from_crm", *HOOKS)
    desk.passes(1.1)
    desk.account.misbehaviour.drop_hooks = 1
    await desk.account.staff.assigns(lead, MANAGER)
    await desk.account.settled()
    assert desk.assignee() == ""
    desk.company.write(lambda tx: links.ask_catch_up(tx, desk.account_links[0]))
    await desk.becomes("борис")
    assert desk.company.read(lambda tx: crm_intake.waiting_cards(tx, desk.account_links[0], n=9)) == []


@pytest.mark.req("K-04")
async def test_between_a_portal_and_an_account_it_comes_to_rest_with_one_write_for_each_card(
    companies: Callable[..., Company],
) -> None:
    async with owner_desk(companies(http_port=0, clock=BriskClock()), "north", amo=True) as desk:
        desk.joins({"анна": SVETLANA, "борис": OLEG})
        desk.joins(PEOPLE, desk.account_links)
        await heeding(desk, "both", *HOOKS)
        desk.assign("борис")
        await eventually(lambda: set(desk.responsible().values()) == {OLEG})
        await eventually(lambda: set(desk.amo_responsible().values()) == {MANAGER})
        await desk.rests()
        assert (desk.writes(), desk.amo_writes()) == (2, 2)
        desk.passes(1.1)
        await desk.account.staff.assigns(next(iter(desk.account.leads.values())), ADMIN)
        await desk.becomes("анна")
        await eventually(lambda: set(desk.responsible().values()) == {SVETLANA})
        await desk.rests()
        before = len(desk.account.calls), len(desk.portal.calls)
        desk.passes(60)
        await desk.rests()
        assert (len(desk.account.calls), len(desk.portal.calls)) == before
        assert (desk.assignee(), desk.writes(), desk.amo_writes()) == ("анна", 4, 2)
        assert desk.amo_responsible() == {"contact": MANAGER, "deal": ADMIN}
