"""A portal linked by an incoming webhook alone: a contact and a deal once, the conversation as comments."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, LedgerEntry, SharedFile
from chatapp_cli.domain.crm.link import Pairing, Place
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import Misconfigured, NeedsRebind, OutcomeUnknown, Rejected, Retryable, UsageError
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.message import Origin
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookRequest
from chatapp_cli.ports.crm import CrmSession
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import Portal
from tests.contract.connector_contract import ScriptedAsker
from tests.crm.bitrix24.desk import entry, pairing

DEALS, LEADS = "deal-0", "lead"


def at(place: str, **options: str) -> Pairing:
    return replace(pairing(**options), place=place)


def said(key: str = "m-1", text: str = "Добрый день", place: str = DEALS, **more: Any) -> LedgerEntry:
    return entry(key, text, **{"pairing": at(place), **more})


async def linked(world: World, portal: Portal) -> Bound:
    asker = ScriptedAsker({"way": "webhook", "webhook": portal.webhook})
    return await Bitrix24(world).link(asker, hook_key="k" * 22, public_url="")


async def refusal(world: World, address: str) -> str:
    """What is said against an address."""
    asker = ScriptedAsker({"way": "webhook", "webhook": address})
    with pytest.raises(UsageError):
        await Bitrix24(world).link(asker, hook_key="k" * 22, public_url="")
    return asker.blamed["webhook"]


@pytest.fixture
async def bound(world: World, portal: Portal) -> Bound:
    return await linked(world, portal)


@asynccontextmanager
async def opened(world: World, bound: Bound, public_url: str = "") -> AsyncIterator[CrmSession]:
    async with Bitrix24(world).open(LinkId(1), bound, public_url=public_url) as session:
        yield session


@pytest.fixture
async def lite(world: World, bound: Bound) -> AsyncIterator[CrmSession]:
    async with opened(world, bound) as session:
        yield session


def cards(portal: Portal, kind: str) -> list[Any]:
    return [card for card in portal.cards if card.kind == kind]


def comments(portal: Portal) -> list[tuple[str, int, str]]:
    """Where each stands, and its words below the head."""
    return [(one.kind, one.entity, one.text.partition("\n")[2]) for one in portal.comments]


# Linking


async def test_a_webhook_is_linked_without_a_public_address_and_its_secret_is_shown_nowhere(
    world: World, portal: Portal
) -> None:
    bound = await linked(world, portal)
    secret = portal.webhook.rstrip("/").rpartition("/")[2]
    assert bound.account == portal.domain
    assert secret not in f"{bound!r}{bound.settings}{bound.facts}"
    assert {call.context for call in portal.calls} == {"webhook"}


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "An address like"),
        ("firma.bitrix24.ru", "An address like"),
        ("https://firma.bitrix24.ru/rest/", "An address like"),
        ("https://firma.bitrix24.ru/rest/1/", "An address like"),
        ("http://firma.bitrix24.ru/rest/1/secret/", "It has to begin with https://."),
        ("https://u:p@firma.bitrix24.ru/rest/1/secret/", "An address like"),
        ("😀", "An address like"),
    ],
)
async def test_what_is_no_webhook_is_refused(world: World, portal: Portal, address: str, words: str) -> None:
    assert words in await refusal(world, address)
    assert portal.calls == []


async def test_a_webhook_that_the_portal_does_not_know_or_that_lacks_the_crm_is_refused(
    world: World, portal: Portal
) -> None:
    assert "does not know this webhook" in await refusal(world, f"{portal.address}/rest/1/guessed/")
    portal.misbehaviour.missing_scopes = {"crm"}
    assert "lacks the right crm" in await refusal(world, portal.webhook)


async def test_a_webhook_that_was_removed_ends_the_link(world: World, portal: Portal, bound: Bound) -> None:
    portal.employees[1].active = False
    async with opened(world, bound) as session:
        with pytest.raises(NeedsRebind) as ended:
            await session.prove()
    assert ended.value.code == "webhook_refused"
    assert bound.secrets["webhook"] not in f"{ended.value!r}{ended.value.detail}"
    (found,) = await Bitrix24(world).check(bound)
    assert (found.name, found.ok) == ("tokens", False)


async def test_what_needs_an_application_is_refused_to_a_webhook(lite: CrmSession, portal: Portal) -> None:
    for method in ("imconnector.list", "event.bind", "event.get", "placement.get"):
        with pytest.raises(Misconfigured) as refused:
            await lite._api.call(method)  # type: ignore[attr-defined]
        assert refused.value.code == "wrong_context"
    assert [call.error for call in portal.calls[-4:]] == ["WRONG_AUTH_TYPE"] * 4


async def test_nothing_is_taken_from_outside(world: World, bound: Bound) -> None:
    request = HookRequest(method="POST", path="event", query={}, headers={}, body=b"event=ONAPPTEST")
    reply = await Bitrix24(world).accept(bound, request)
    assert (reply.status, reply.arrivals) == (404, ())


async def test_a_doctor_says_that_nothing_comes_back(world: World, portal: Portal, bound: Bound) -> None:
    found = {one.name: one.ok for one in await Bitrix24(world).check(bound)}
    assert found == {"tokens": True, "scopes": True, "clock": True, "uncalled": True}


# Places


async def test_pipelines_and_leads_are_the_places(lite: CrmSession, portal: Portal) -> None:
    portal.server.office.funnels[9] = "Опт"
    assert list(await lite.places()) == [
        Place(id="deal-0", name="Deals: Общая"),
        Place(id="deal-9", name="Deals: Опт"),
        Place(id="lead", name="Leads"),
    ]
    assert await lite.arrange([at("deal-9")]) == {}
    gone = await lite.arrange([at("deal-8"), replace(at("107"), id=2)])
    assert {number: error.code for number, error in gone.items()} == {1: "place_gone", 2: "other_way"}


# Cards, each once


async def test_a_first_message_makes_a_contact_and_a_deal_and_is_written_down(lite: CrmSession, portal: Portal) -> None:
    (answer,) = await lite.deliver([said()])
    assert not isinstance(answer, Exception)
    (contact,), (deal,) = cards(portal, "contact"), cards(portal, "deal")
    assert (contact.title, contact.phone, contact.origin[0]) == ("Иван Иванов", "+79161234567", "chatapp")
    assert (deal.contact, deal.category, deal.title) == (
        contact.id, 0, "ChatApp - WhatsApp (external provider): Иван Иванов",
    )  # fmt: skip
    assert comments(portal) == [("deal", deal.id, "Добрый день")]
    assert portal.comments[0].text.startswith("Иван Иванов · ")
    await lite.deliver([said("m-2", "Где ёлка?")])
    assert [len(cards(portal, kind)) for kind in ("contact", "deal", "lead")] == [1, 1, 0]
    assert comments(portal)[-1] == ("deal", deal.id, "Где ёлка?")


async def test_a_deal_is_made_in_the_chosen_pipeline(lite: CrmSession, portal: Portal) -> None:
    portal.server.office.funnels[9] = "Опт"
    await lite.deliver([said(place="deal-9")])
    (deal,) = cards(portal, "deal")
    assert (deal.category, deal.stage) == (9, "C9:NEW")


async def test_a_lead_is_made_where_leads_are_chosen(lite: CrmSession, portal: Portal) -> None:
    await lite.deliver([said(place=LEADS)])
    await lite.deliver([said("m-2", "Ау", place=LEADS)])
    (lead,) = cards(portal, "lead")
    assert lead.contact == cards(portal, "contact")[0].id
    assert cards(portal, "deal") == []
    assert [place for *place, _ in comments(portal)] == [["lead", lead.id]] * 2


@pytest.mark.parametrize("phone", ["+79161234567", "79161234567", "89161234567"])
async def test_a_contact_with_the_phone_and_an_open_deal_of_theirs_are_used(
    lite: CrmSession, portal: Portal, phone: str
) -> None:
    office = portal.server.office
    contact = office.add_card("contact", title="Иван", responsible=29, phone=phone)
    office.add_card("deal", title="Старая", responsible=29, stage="WON", contact=contact.id)
    deal = office.add_card("deal", title="Идёт", responsible=29, stage="C9:PREPARATION", category=9, contact=contact.id)
    await lite.deliver([said()])
    assert [len(cards(portal, kind)) for kind in ("contact", "deal")] == [1, 2]
    assert comments(portal) == [("deal", deal.id, "Добрый день")]
    assert (contact.title, contact.responsible) == ("Иван", 29)


async def test_a_contact_is_found_by_the_e_mail_address(lite: CrmSession, portal: Portal) -> None:
    contact = portal.server.office.add_card("contact", title="Анна", responsible=1, email="anna@firma.test")
    person = CrmPerson(id="person-7", name="Анна", email="anna@firma.test")
    await lite.deliver([said(person=person)])
    assert [card.id for card in cards(portal, "contact")] == [contact.id]
    assert cards(portal, "deal")[0].contact == contact.id


async def test_a_new_deal_is_made_only_when_the_last_one_is_closed(
    lite: CrmSession, portal: Portal, world: World
) -> None:
    await lite.deliver([said()])
    cards(portal, "deal")[0].stage = "WON"
    await world.clock.sleep(700)
    await lite.deliver([said("m-2", "Ещё одну")])
    assert [card.stage for card in cards(portal, "deal")] == ["WON", "NEW"]
    assert len(cards(portal, "contact")) == 1


async def test_two_dialogs_of_one_person_at_once_share_a_deal(lite: CrmSession, portal: Portal) -> None:
    other = said("m-2", "И тут", chat=CrmChat(id="d-2", name="Иван"))
    await lite.deliver([said(), other])
    assert [len(cards(portal, kind)) for kind in ("contact", "deal")] == [1, 1]
    assert [words for *_, words in comments(portal)] == ["Добрый день", "И тут"]
    fresh = CrmPerson(id="p-9", name="Пётр")
    both = [said(f"m-{n}", "Ау", person=fresh, chat=CrmChat(id=f"d-{n}", name="Пётр")) for n in (8, 9)]
    await asyncio.gather(*(lite.deliver([one]) for one in both))
    assert [len(cards(portal, kind)) for kind in ("contact", "deal")] == [2, 2]


async def test_two_people_with_one_phone_at_once_are_one_contact(lite: CrmSession, portal: Portal) -> None:
    both = [
        said(f"m-{n}", f"№ {n}", person=CrmPerson(id=f"p-{n}", name="Х", phone="+79165550000"),
             chat=CrmChat(id=f"d-{n}", name="Х"))
        for n in (1, 2)
    ]  # fmt: skip
    await lite.deliver(both)
    assert [len(cards(portal, kind)) for kind in ("contact", "deal")] == [1, 1]
    assert sorted(words for *_, words in comments(portal)) == ["№ 1", "№ 2"]


async def test_a_card_that_the_portal_refuses_keeps_none_of_those_made_with_it_back(
    lite: CrmSession, portal: Portal
) -> None:
    portal.misbehaviour.answer_with = {"crm.item.add": [(400, "ERROR_ARGUMENT")] * 2}
    some = [
        said(f"m-{n}", f"№ {n}", person=CrmPerson(id=f"p-{n}", name="Х"), chat=CrmChat(id=f"d-{n}", name="Х"))
        for n in range(4)
    ]
    assert not any(isinstance(one, Exception) for one in await lite.deliver(some))
    assert [words for *_, words in comments(portal)] == ["№ 2", "№ 3", "№ 0", "№ 1"]


async def test_what_we_write_first_makes_no_card_and_stands_in_one_that_is_there(
    lite: CrmSession, portal: Portal
) -> None:
    ours = said(text="Акция", ours=True, origin=Origin.OPERATOR, author="Ольга")
    await lite.deliver([ours])
    assert (portal.cards, portal.comments) == ([], [])
    await lite.deliver([said("m-2")])
    await lite.deliver([replace(ours, key="m-3", text="Отвечаю")])
    assert comments(portal)[-1][2] == "Отвечаю"
    assert portal.comments[-1].text.startswith("Ольга · ")


async def test_groups_and_what_the_options_hide_are_not_written_down(lite: CrmSession, portal: Portal) -> None:
    await lite.deliver([said()])
    hidden = said("m-2", "скрыто", pairing=at(DEALS, show_desk="off"), ours=True, origin=Origin.OPERATOR)
    group = said("m-3", "всем", chat=CrmChat(id="d-9", name="Двор", kind="group"))
    await lite.deliver([hidden, group])
    assert [words for *_, words in comments(portal)] == ["Добрый день"]


# Lost answers


@pytest.mark.parametrize("kind", ["contact", "deal"])
async def test_a_lost_answer_makes_no_second_card(lite: CrmSession, portal: Portal, kind: str) -> None:
    if kind == "deal":
        portal.server.office.add_card("contact", title="Иван", responsible=1, phone="+79161234567")
    portal.misbehaviour.lose_after = {"crm.item.add": 1}
    with pytest.raises(Retryable):
        await lite.deliver([said()])
    assert len(cards(portal, kind)) == 1
    await lite.deliver([said()])
    assert [len(cards(portal, one)) for one in ("contact", "deal")] == [1, 1]
    assert len(portal.comments) == 1


async def test_a_comment_whose_answer_was_lost_is_found_and_one_that_never_came_is_not(
    lite: CrmSession, portal: Portal
) -> None:
    await lite.deliver([said()])
    portal.misbehaviour.lose_after = {"batch": 1}
    (unknown,) = await lite.deliver([said("m-12", "Дошло")])
    assert isinstance(unknown, OutcomeUnknown)
    assert await lite.find(said("m-12", "Дошло")) is not None
    portal.misbehaviour.lose_before = {"batch": 1}
    (unknown,) = await lite.deliver([said("m-2", "Не дошло")])
    assert isinstance(unknown, OutcomeUnknown)
    assert await lite.find(said("m-2", "Не дошло")) is None


async def test_what_is_written_down_is_not_told_again_because_something_else_failed(
    lite: CrmSession, portal: Portal
) -> None:
    many = [said(f"m-{n}", f"№ {n}", chat=CrmChat(id=f"d-{n}", name="Х")) for n in range(60)]
    await lite.deliver(many[:1])
    portal.comments.clear()
    portal.misbehaviour.answer_with = {"crm.timeline.comment.add": [(400, "ERROR_ARGUMENT")]}
    portal.misbehaviour.lose_before = {"crm.item.list": 1}
    answers = await lite.deliver(many)
    assert [n for n, one in enumerate(answers) if isinstance(one, Exception)] == [0]
    assert isinstance(answers[0], Retryable)
    assert sorted(words for *_, words in comments(portal)) == sorted(f"№ {n}" for n in range(1, 60))
    portal.misbehaviour.lose_before = {}
    await lite.deliver(many[:1])
    assert len(portal.comments) == 60


async def test_another_session_goes_on_in_the_same_card(world: World, portal: Portal, bound: Bound) -> None:
    async with opened(world, bound) as session:
        await session.deliver([said()])
    async with opened(world, bound) as session:
        await session.deliver([said("m-2", "Снова я", person=CrmPerson(id="u-1", name="Иван"))])
        (card,) = await session.cards(CrmChat(id="d-1", name="Иван"))
    assert [len(cards(portal, kind)) for kind in ("contact", "deal")] == [1, 1]
    assert (card.kind, card.id, card.url) == (
        "deal", str(cards(portal, "deal")[0].id), f"{portal.address}/crm/deal/details/{card.id}/",
    )  # fmt: skip


# What changes later, and what is odd


async def test_an_edit_and_a_deletion_change_the_comment(lite: CrmSession, portal: Portal) -> None:
    await lite.deliver([said(), said("m-2", "Вторая", chat=CrmChat(id="d-2", name="Иван"))])
    await lite.deliver([said(text="Добрый вечер", act=Act.EDIT)])
    assert [words for *_, words in comments(portal)] == ["Добрый вечер", "Вторая"]
    await lite.deliver([said(act=Act.DELETE)])
    assert [words for *_, words in comments(portal)] == ["Вторая"]
    (gone,) = await lite.deliver([said(act=Act.DELETE)])
    assert not isinstance(gone, Exception)


async def test_files_are_named_and_linked_only_under_our_own_address(
    world: World, portal: Portal, bound: Bound
) -> None:
    files = (
        SharedFile(name="ёлка.png", url="https://desk.example.ru/media/t/1"),
        SharedFile(name="внутри.png", url="http://10.0.0.1/media/t/2"),
    )
    async with opened(world, bound, "https://desk.example.ru") as session:
        await session.deliver([said(text="", files=files)])
    assert comments(portal)[0][2] == "ёлка.png: https://desk.example.ru/media/t/1\nвнутри.png"


async def test_a_name_of_emoji_and_markup_do_no_harm(lite: CrmSession, portal: Portal) -> None:
    person = CrmPerson(id="person-9", name="😀")
    await lite.deliver([said(text="[url=javascript:alert(1)]x[/url]", person=person)])
    assert cards(portal, "contact")[0].title == "Клиент"
    assert "[url=" not in portal.comments[0].text


async def test_a_pipeline_that_is_gone_is_refused(lite: CrmSession, portal: Portal) -> None:
    refused, fine = await lite.deliver([said(place="deal-8"), said("m-2", person=CrmPerson(id="p-2", name="Х"))])
    assert isinstance(refused, Rejected)
    assert not isinstance(fine, Exception)
    assert comments(portal) == [("deal", cards(portal, "deal")[0].id, "Добрый день")]


async def test_after_its_deal_was_deleted_a_conversation_goes_on_in_another(lite: CrmSession, portal: Portal) -> None:
    await lite.deliver([said()])
    gone = cards(portal, "deal")[0]
    portal.server.office.cards.remove(gone)
    (answer,) = await lite.deliver([said("m-2", "Ау")])
    assert not isinstance(answer, Exception)
    (deal,) = cards(portal, "deal")
    assert deal.id != gone.id
    assert comments(portal)[-1] == ("deal", deal.id, "Ау")
    portal.misbehaviour.answer_with = {"crm.timeline.comment.add": [(400, "ERROR_ARGUMENT")] * 9}
    (refused,) = await lite.deliver([said("m-3", "Нет")])
    assert isinstance(refused, Rejected)
    assert len(cards(portal, "deal")) == 1


@pytest.mark.parametrize("fault", ["overloaded", "unpaid"])
async def test_what_concerns_the_portal_as_a_whole_is_raised_after_one_request(
    lite: CrmSession, portal: Portal, fault: str
) -> None:
    setattr(portal.misbehaviour, fault, True)
    before = portal.requests
    with pytest.raises(Misconfigured) as stopped:
        await lite.deliver([said(f"m-{n}", person=CrmPerson(id=f"p-{n}", name="Х")) for n in range(9)])
    assert stopped.value.code == ("payment" if fault == "unpaid" else "suspended")
    assert portal.requests - before == 1


async def test_many_dialogs_are_written_down_in_few_requests(lite: CrmSession, portal: Portal) -> None:
    some = [
        said(f"m-{n}", f"№ {n}", chat=CrmChat(id=f"d-{n}", name="Х"), person=CrmPerson(id=f"p-{n}", name="Х"))
        for n in range(1, 9)
    ]
    before = portal.requests
    await lite.deliver(some)
    assert [len(cards(portal, kind)) for kind in ("contact", "deal")] == [8, 8]
    assert portal.requests - before == 4
    before = portal.requests
    await lite.deliver([replace(one, key=f"m-{n}", text="ещё") for n, one in enumerate(some, 100)])
    assert portal.requests - before == 1
    assert len(portal.comments) == 16
