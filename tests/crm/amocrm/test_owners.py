"""Who is responsible for cards: what the account is asked and told, with a chat channel of ours and without."""

from __future__ import annotations

import pytest

from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.domain.crm.entry import CrmChat, CrmReceipt
from chatapp_cli.domain.crm.events import CardChanged
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import ADMIN, MANAGER, AmoContact, AmoLead
from tests.crm.amocrm.desk import AmoDesk, entry, pairing

BOTH = {"owner_sync": "both", "owner_deal": "on", "owner_contact": "on", "owner_company": "on"}


@pytest.fixture(params=["session", "noting"])
def either(request: pytest.FixtureRequest) -> AmoSession:
    """With a chat channel of ours, and without."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, AmoSession)
    return found


async def shown(session: AmoSession, account: Account) -> tuple[CrmChat, AmoLead, AmoContact]:
    """A client wrote, and has a lead with a contact; it has a company as well."""
    [receipt] = await session.deliver([entry()])
    assert isinstance(receipt, CrmReceipt)
    (lead,), _ = account.leads.values(), account.contacts.values()
    office = account._desk.office
    company = office.add_contact("Ель")
    company.kind = "companies"
    office.companies[company.id] = office.contacts.pop(company.id)
    lead.companies.append(company.id)
    return CrmChat(id="chat-1", name="", remote=receipt.chat), lead, company


async def test_the_card_that_was_given_to_somebody_last_decides_whatever_else_changed(
    either: AmoSession, account: Account, world: World
) -> None:
    chat, lead, company = await shown(either, account)
    await account.staff.assigns(lead, MANAGER)
    given = account._desk.office.seconds()
    await world.clock.sleep(5)
    for card in (lead, company):
        await account.staff.changes(card, name="Сосна")
    changed = [CardChanged(card="deal", id=str(lead.id)), CardChanged(card="company", id=str(company.id))]
    [one] = await either.owners(changed[:1], [pairing(**BOTH)])
    assert (one.remote_chat, one.employee, one.card) == (chat.remote, str(MANAGER), f"deal:{lead.id}")
    assert one.at == given * 1000
    await world.clock.sleep(5)
    await account.staff.assigns(company, MANAGER)
    await account.staff.assigns(company, ADMIN)
    given = account._desk.office.seconds()
    [later] = await either.owners(changed, [pairing(**BOTH)])
    assert (later.employee, later.card, later.at) == (str(ADMIN), f"company:{company.id}", given * 1000)
    [without] = await either.owners(changed, [pairing(**{**BOTH, "owner_company": "to_crm"})])
    assert without == one
    assert await either.owners(changed[1:], [pairing(**{**BOTH, "owner_company": "off"})]) == []
    assert await either.owners([CardChanged(card="deal", id="999")], [pairing(**BOTH)]) == []


async def test_cards_are_given_to_the_employee_and_those_that_are_theirs_are_left_alone(
    either: AmoSession, account: Account
) -> None:
    chat, lead, company = await shown(either, account)
    await account.staff.assigns(company, MANAGER)
    said = entry("m-2", act=Act.OWNER, chat=chat, employee=str(MANAGER), pairing=pairing(**BOTH))
    assert await either.deliver([said]) == [CrmReceipt()]
    assert {lead.responsible, company.responsible, *(one.responsible for one in account.contacts.values())} == {MANAGER}
    written = [call.path for call in account.calls if call.method == "PATCH"]
    assert await either.deliver([said]) == [CrmReceipt()]
    assert written == ["/api/v4/leads", "/api/v4/contacts"]
    assert [call.path for call in account.calls if call.method == "PATCH"] == written


async def test_who_left_is_refused_before_and_after_it_is_known(either: AmoSession, account: Account) -> None:
    chat, lead, _company = await shown(either, account)
    await account.staff.dismisses(MANAGER)
    for _ in range(2):
        [said] = await either.deliver(
            [entry("m-2", act=Act.OWNER, chat=chat, employee=str(MANAGER), pairing=pairing(**BOTH))]
        )
        assert isinstance(said, Rejected)
        assert (said.code, lead.responsible) == ("employee_left", ADMIN)


async def test_without_the_list_of_events_a_changed_card_counts_from_when_it_was_written(
    session: AmoSession, account: Account
) -> None:
    _chat, lead, _company = await shown(session, account)
    account.misbehaviour.refuse["GET /api/v4/events"] = (403, {"title": "Forbidden", "status": 403})
    await account.staff.assigns(lead, MANAGER)
    [one] = await session.owners([CardChanged(card="deal", id=str(lead.id))], [pairing(**BOTH)])
    assert (one.employee, one.at) == (str(MANAGER), lead.updated_at * 1000)


async def test_cards_that_were_given_away_meanwhile_are_found_and_hooks_are_asked_for_only_while_they_count(
    session: AmoSession, account: Account, desk: AmoDesk, world: World
) -> None:
    _chat, lead, company = await shown(session, account)
    await session.arrange([pairing(**{**BOTH, "owner_contact": "to_crm"})])
    [webhook] = account.webhooks
    assert webhook.settings == ["responsible_lead", "responsible_company"]
    for card in (lead, company):
        await account.staff.assigns(card, MANAGER)
    await account.settled()
    told = [CardChanged(card="deal", id=str(lead.id)), CardChanged(card="company", id=str(company.id))]
    assert [event for event in desk.events if isinstance(event, CardChanged)] == told
    found = await session.changed_cards(world.clock.now() - 60_000, [pairing(**BOTH)])
    assert {(one.event.card, one.event.id) for one in found if isinstance(one.event, CardChanged)} == {
        (one.card, one.id) for one in told
    }
    assert [desk.crm.understand(desk.bound, one.raw) for one in found] == [one.event for one in found]
    assert await session.changed_cards(0, [pairing(owner_sync="to_crm")]) == []
    await session.arrange([pairing()])
    assert account.webhooks == []


async def test_where_a_lead_stands_is_told_for_its_chat_and_asked_for_only_while_a_pairing_wants_it(
    either: AmoSession, account: Account, desk: AmoDesk
) -> None:
    _chat, lead, _company = await shown(either, account)
    watching = pairing(stages="on")
    await either.arrange([watching])
    [webhook] = account.webhooks
    assert "status_lead" in webhook.settings
    await account.staff.moves(lead, 142)
    await account.settled()
    [moved] = [event for event in desk.events if isinstance(event, CardChanged)]
    assert (moved.card, moved.id) == ("deal", str(lead.id))
    [told] = await either.stages([moved], [watching])
    assert (told.card, told.stage_id, told.pipeline_id) == (f"deal:{lead.id}", "142", str(lead.pipeline))
    assert told.called in await either.stage_names()
    assert await either.stages([moved], [pairing()]) == []
