"""A person at a shell who asks for the card of a dialog, and writes to the client of a card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.sandbox.bitrix24.objects import PortalCard
from chatapp_cli.sandbox.sms import SmsSandbox
from tests.commands.conftest import Program, Shell
from tests.commands.crm_office import Office, eventually

Write = Callable[..., None]


@pytest.fixture
def paired_there(chatapp: Shell, office: Office, installed: LinkId, bound: ChannelId) -> LinkId:
    """The shop's channel in an open line of a portal that makes cards at once."""
    office.portal.misbehaviour.tracker_delay = (0.0, 0.0)
    chatapp("crm", "attach", bound, "107")
    eventually(lambda: office.portal.active)
    return installed


def new_card(office: Office, kind: str, title: str, **more: Any) -> PortalCard:
    return office.portal.server.office.add_card(kind, title=title, responsible=29, **more)


def until_carded(chatapp: Shell, office: Office, cards: int) -> None:
    """Wait until the portal has so many cards, and we know that it was told everything."""
    eventually(lambda: len(office.portal.cards) == cards)
    eventually(lambda: chatapp("crm", "outbox", "list", "--json").json == [])


@pytest.mark.req("S-165", part="the cards of a dialog on the command line")
def test_the_cards_of_a_dialog_are_shown_with_stage_responsible_and_address(
    chatapp: Shell, office: Office, paired_there: LinkId, client_writes: Write
) -> None:
    client_writes("Где ёлка?")
    until_carded(chatapp, office, 2)
    address, firm = office.portal.address, office.portal.domain
    assert chatapp("crm", "card", 1).rows == [
        [firm, "deal", "deal:17", "Анна", "Общая", "Новая", "Светлана Белова", f"{address}/crm/deal/details/17/"],
        [firm, "contact", "contact:2301", "Анна", "", "", "Светлана Белова",
         f"{address}/crm/contact/details/2301/"],
    ]  # fmt: skip
    (found,) = chatapp("crm", "card", 1, "--json").json
    assert (found["link"], found["code"], found["why"]) == (paired_there, "", None)
    assert found["cards"][0] == {
        "card": "deal:17",
        "kind": "deal",
        "id": "17",
        "title": "Анна",
        "pipeline": "Общая",
        "stage": "Новая",
        "responsible": "Светлана Белова",
        "url": f"{address}/crm/deal/details/17/",
    }


def test_why_there_is_no_card_is_said_with_what_to_do(
    chatapp: Shell, office: Office, installed: LinkId, bound: ChannelId, client_writes: Write
) -> None:
    client_writes("Раз")
    assert chatapp.run("crm", "card", 1).code == 1
    assert chatapp.run("crm", "card", 1).err == (
        f"{office.portal.domain}: Its channel is not paired with the CRM.\n"
        "→ Pair it: chatapp crm attach CHANNEL PLACE --link 1\n"
    )
    chatapp("crm", "attach", bound, "107")
    eventually(lambda: office.portal.active)
    none = chatapp.run("crm", "card", 1, "--json")
    assert (none.code, none.json[0]["code"], none.json[0]["cards"]) == (1, "nothing_written", [])
    office.do(office.portal.vanish())
    client_writes("Два", ext_id="in-2")
    eventually(lambda: chatapp.run("crm", "list").code == 3)
    waits = chatapp.run("crm", "card", 1)
    assert waits.code == 3
    assert waits.err.startswith(f"{office.portal.domain}: Its messages wait to be told: The portal cannot be reached.")
    office.do(office.portal.come_back())
    office.portal.lines[107].settings["CRM_CREATE"] = "none"
    chatapp("crm", "resume")
    eventually(lambda: office.portal.chats and chatapp.run("crm", "list").code == 0)
    eventually(lambda: chatapp.run("crm", "card", 1, "--json").json[0]["code"] == "no_card")
    unknown = chatapp.run("crm", "card", 99)
    assert (unknown.code, unknown.out) == (1, "")


@pytest.mark.req("S-165", part="writing to the client of a card on the command line")
def test_the_client_of_a_card_is_written_to_in_their_dialog_once_for_a_key(
    chatapp: Shell, office: Office, program: Program, paired_there: LinkId, client_writes: Write
) -> None:
    client_writes("Где ёлка?")
    until_carded(chatapp, office, 2)
    for name in ("deal:17", "contact:2301", " Deal:0017 "):
        said = chatapp("crm", "write", name, "-", "--idempotency-key", "k1", "--json", stdin="Едет\n")
        assert (said.json["dialog"], said.json["state"]) == (1, "sent")
    other = chatapp.run("crm", "write", "deal:17", "Другое", "--idempotency-key", "k1")
    assert (other.code, other.err.splitlines()[0]) == (
        1, "This key was used for another message: with other words, or to somebody else.",
    )  # fmt: skip
    assert [row[-1] for row in chatapp("dialog", "show", 1).rows if "Едет" in row[-1]] != []
    eventually(lambda: [one.text for one in office.portal.messages(1767)] == ["Где ёлка?", "Ольга: Едет"])


def test_nobody_is_guessed_when_a_card_belongs_to_several(
    chatapp: Shell, office: Office, paired_there: LinkId, client_writes: Write
) -> None:
    client_writes("Раз")
    client_writes("Два", ext_id="in-2", key="client-8", name="Борис")
    until_carded(chatapp, office, 4)
    deal = next(one for one in office.portal.cards if one.kind == "deal")
    deal.codes.extend(chat.code for chat in office.portal.chats if chat.code not in deal.codes)
    said = chatapp.run("crm", "write", "deal:17", "Кому?")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "Анна belongs to several dialogs or people: 1: Анна, Ёлочный базар; 2: Борис, Ёлочный базар\n"
        "→ Say which one: --dialog NUMBER\n"
    )
    assert chatapp("crm", "write", "deal:17", "Борису", "--dialog", 2, "--json").json["dialog"] == 2
    wrong = chatapp.run("crm", "write", "deal:17", "Никому", "--dialog", 3)
    assert (wrong.code, wrong.err.splitlines()[0]) == (1, "Dialog 3 does not belong to Анна.")


def test_two_people_of_one_name_are_two(
    chatapp: Shell, office: Office, paired_there: LinkId, client_writes: Write
) -> None:
    client_writes("Раз")
    until_carded(chatapp, office, 2)
    talked = next(one for one in office.portal.cards if one.kind == "contact")
    other = new_card(office, "contact", talked.title, phone="+79160000009")
    deal = new_card(office, "deal", "Ёлки", contact=other.id, stage="NEW")
    deal.more_contacts.append(talked.id)
    said = chatapp.run("crm", "write", f"deal:{deal.id}", "Кому?")
    assert (said.code, said.out) == (2, "")
    assert "Ёлки belongs to several dialogs or people: 1: Анна" in said.err
    nobody = new_card(office, "contact", talked.title)
    deal.contact = nobody.id
    assert chatapp.run("crm", "write", f"deal:{deal.id}", "Кому?").code == 2


def test_a_client_without_a_dialog_is_written_to_by_phone_once_also_after_their_dialog_is_there(
    chatapp: Shell, office: Office, program: Program, installed: LinkId
) -> None:
    office.portal.misbehaviour.tracker_delay = (0.0, 0.0)
    gateway = SmsSandbox()
    program.do(gateway.__aenter__())
    try:
        chatapp("line", "add", "Магазин")
        answers = [word for name, value in gateway.answers.items() for word in ("--set", f"{name}={value}")]
        channel = chatapp("line", "bind", "sms", *answers).out.strip()
        chatapp("crm", "attach", channel, "107")
        eventually(lambda: office.portal.active)
        contact = new_card(office, "contact", "Яна", phone="+79160000001")
        words = ("crm", "write", f"contact:{contact.id}", "Готово", "--idempotency-key", "k1", "--json")
        first = chatapp(*words)
        assert [(short.phone, short.text) for short in gateway.sent] == [("79160000001", "Готово")]
        until_carded(chatapp, office, 2)
        assert chatapp(*words).json["message"] == first.json["message"]
        assert [(short.phone, short.text) for short in gateway.sent] == [("79160000001", "Готово")]
        contact.more_phones.append("+79160000002")
        contact.codes.clear()
        several = chatapp.run("crm", "write", f"contact:{contact.id}", "Кому?")
        assert (several.code, several.err) == (
            2,
            "Яна has several phones: +79160000001 (Яна); +79160000002 (Яна)\n→ Say which one: --phone PHONE\n",
        )
        assert chatapp.run("crm", "write", f"contact:{contact.id}", "Ей", "--phone", "89160000002").code == 0
        assert [short.phone for short in gateway.sent] == ["79160000001", "79160000002"]
    finally:
        program.do(gateway.__aexit__(None, None, None))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["17", "Привет"], 2, "17 names no card.\n→ Write it so: deal:17, lead:17, contact:17 or company:17\n"),
        (["deal:-1", "Привет"], 2, "deal:-1 names no card."),
        (["😀:1", "Привет"], 2, "😀:1 names no card."),
        (["deal:99", "Привет"], 1, "There is no such card: it was deleted, or merged into another one. (deal:99)\n"),
        (["contact:2301", "Привет"], 1, "Яна has no dialog here and no phone.\n→ Add a phone to the card in the CRM."),
    ],
)
def test_what_cannot_be_written_is_refused_with_what_to_do(
    chatapp: Shell, office: Office, paired_there: LinkId, words: list[str], code: int, said: str
) -> None:
    new_card(office, "contact", "Яна")
    found = chatapp.run("crm", "write", *words)
    assert (found.code, found.out) == (code, "")
    assert said in found.err
