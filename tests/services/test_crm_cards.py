"""Who is written to when a person names a card: never somebody who was only guessed."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp_cli.domain.arrival import MessagesDeleted, Peer, Profile
from chatapp_cli.domain.border import at, external_id
from chatapp_cli.domain.crm.cards import CardChat, CardPhone, CardVisit, ClientOfCard
from chatapp_cli.domain.crm.link import Card, Place
from chatapp_cli.domain.errors import ChatappError, NotFound, Refused, UsageError
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.own_phone import digest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import acting, channels, crm_cards, duties, ledger, lines, operators, pairings
from chatapp_cli.services.crm_cards import CardWay
from chatapp_cli.services.message_request import InDialog, ToAddress
from tests.services.paired import CRM, Paired, able, linked
from tests.stores import Shop

DEAL = Card(kind="deal", id="17", title="Ёлки")
ANNA, BORIS = CardPhone(phone="8 (916) 000-00-01", whose="Анна"), CardPhone(phone="+79160000002", whose="Борис")

EVERY_WAY = CardWay()


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


def heard(desk: Paired, who: str, remote: str) -> DialogId:
    """A client writes, and the CRM has a chat for it."""
    dialog = desk.dialog(desk.shop.hear(desk.channel, who=who))
    (row,) = desk.entries()
    assert desk.told(row, chat=remote)
    return dialog


def target(
    desk: Paired,
    *,
    chats: tuple[CardChat, ...] = (),
    phones: tuple[CardPhone, ...] = (),
    people: tuple[str, ...] = (),
    **way: object,
) -> object:
    client = ClientOfCard(card=DEAL, chats=chats, phones=phones, people=people)
    chosen = CardWay(**way)  # type: ignore[arg-type]
    return desk.shop.read(lambda tx: crm_cards.target(tx, able, desk.link, client, chosen))


def refusal(desk: Paired, kind: type[ChatappError], **said: object) -> str:
    with pytest.raises(kind) as error:
        target(desk, **said)  # type: ignore[arg-type]
    return f"{error.value.what} → {error.value.next_step}"


def test_the_dialog_of_a_card_is_written_to_and_chats_of_other_programs_are_none_of_ours(desk: Paired) -> None:
    anna = heard(desk, "anna", "55")
    assert target(desk, chats=(CardChat(remote="55"), CardChat(remote="99"))) == InDialog(anna)
    assert target(desk, chats=(CardChat(remote="55", whose="Анна"),), phones=(ANNA,)) == InDialog(anna)
    assert target(desk, chats=(CardChat(remote="99"),), phones=(ANNA,)) == ToAddress(desk.channel, "+79160000001")


def test_a_chat_of_one_of_several_people_is_not_taken_for_the_others(desk: Paired) -> None:
    anna = heard(desk, "anna", "55")
    both = {"chats": (CardChat(remote="55", whose="Анна"),), "phones": (ANNA, BORIS)}
    assert "belongs to several dialogs or people: 1: Anna" in refusal(desk, UsageError, **both)
    assert target(desk, **both, dialog=anna) == InDialog(anna)  # type: ignore[arg-type]
    assert target(desk, **both, phone="89160000002") == ToAddress(desk.channel, "+79160000002")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("people", "asks"), [(("Анна",), False), (("Анна", "Борис"), True), (("Борис", "Вера"), False), ((), False)]
)
def test_the_phone_of_one_of_several_people_is_not_taken_for_the_others(
    desk: Paired, people: tuple[str, ...], asks: bool
) -> None:
    written = {"phones": (ANNA, CardPhone(phone="+79160000001", whose="Яна")), "people": people}
    if asks:
        said = refusal(desk, UsageError, **written)
        assert "not all of them have this phone: +79160000001 (Анна); without it: Борис" in said
        assert said.endswith("→ Say which one: --phone PHONE")
    else:
        assert target(desk, **written) == ToAddress(desk.channel, "+79160000001")  # type: ignore[arg-type]
    assert target(desk, **written, phone="+79160000001") == ToAddress(desk.channel, "+79160000001")  # type: ignore[arg-type]


def test_a_chat_of_somebody_who_left_the_card_is_asked_about(desk: Paired) -> None:
    anna = heard(desk, "anna", "55")
    chats = (CardChat(remote="55", whose="contact:7", of_card=True),)
    assert "1: Anna" in refusal(desk, UsageError, chats=chats, phones=(BORIS,), people=("Борис",))
    assert target(desk, chats=chats, people=("Борис",), dialog=anna) == InDialog(anna)
    assert target(desk, chats=chats, people=("contact:7", "Борис")) == InDialog(anna)


def test_what_cannot_be_written_in_does_not_hide_the_dialogs_of_a_cards_people(desk: Paired) -> None:
    anna = heard(desk, "anna", "55")
    theirs = CardChat(remote="55", whose="Анна")
    for own in (CardChat(remote="99"), CardChat(remote="99", whose="Анна", of_card=True)):
        assert target(desk, chats=(own, theirs), people=("Анна",)) == InDialog(anna)
    boris = heard(desk, "boris", "56")
    both = (CardChat(remote="56", whose="Борис", of_card=True), theirs)
    people = ("Анна", "Борис")
    assert target(desk, chats=both, people=people) == InDialog(boris)
    assert target(desk, chats=both, people=people, dialog=anna) == InDialog(anna)


@pytest.mark.req("S-128", part="access limited to the dialogs that are theirs")
def test_of_a_card_with_a_hidden_dialog_or_phone_only_ones_own_dialog_is_written_to_and_nothing_is_told(
    shop: Shop, desk: Paired
) -> None:
    anna, boris = heard(desk, "anna", "55"), heard(desk, "boris", "66")
    met = Profile(id="olga", phone="+79160000002")
    shop.hear(desk.channel, peer=Peer(key="olga", address="olga"), sender=met)
    shop.write(lambda tx: operators.add(tx, "Вера", "", (), only_own=True))
    shop.write(lambda tx: duties.assign(tx, anna, "Вера"))
    who = shop.read(lambda tx: acting.who_acts(tx, token="", owner=True, name="Вера"))._replace(owner=False)
    seen = acting.visibility(who, shop.driver.dialect)
    chats = (CardChat(remote="55", whose="Анна"), CardChat(remote="66", whose="Борис"))

    def found(way: CardWay = EVERY_WAY, **said: Any) -> object:
        client = ClientOfCard(card=DEAL, **said)
        try:
            return shop.read(lambda tx: crm_cards.target(tx.through(seen, who), able, desk.link, client, way))
        except ChatappError as error:
            return str(error.what)

    refused = "The client of this card is not yours."
    assert found(chats=chats) == found(CardWay(dialog=boris), chats=chats) == refused
    assert found(phones=(ANNA, BORIS)) == found(CardWay(phone="+7999"), phones=(BORIS,)) == refused
    assert found(CardWay(dialog=anna), chats=chats) == found(chats=chats[:1]) == InDialog(anna)
    assert found(phones=(ANNA,)) == ToAddress(desk.channel, "+79160000001")


def test_among_several_dialogs_one_has_to_be_named_and_it_has_to_be_the_cards(desk: Paired) -> None:
    anna, boris = heard(desk, "anna", "55"), heard(desk, "boris", "56")
    chats = (CardChat(remote="55"), CardChat(remote="56"))
    assert refusal(desk, UsageError, chats=chats).endswith("→ Say which one: --dialog NUMBER")
    assert target(desk, chats=chats, dialog=boris) == InDialog(boris)
    assert refusal(desk, NotFound, chats=chats[:1], dialog=boris).startswith(f"Dialog {boris} does not belong to Ёлки.")
    assert anna != boris


def test_among_several_phones_one_has_to_be_named_and_the_same_written_twice_is_one(desk: Paired) -> None:
    assert "Ёлки has several phones: +79160000001 (Анна); +79160000002 (Борис)" in refusal(
        desk, UsageError, phones=(ANNA, BORIS)
    )
    same = CardPhone(phone="+7 916 000-00-01", whose="Анна")
    assert target(desk, phones=(ANNA, same)) == ToAddress(desk.channel, "+79160000001")
    for wrong in ("+79169999999", "😀", "-"):
        assert "is not a phone of Ёлки. → Its phones: +79160000001 (Анна)" in refusal(
            desk, UsageError, phones=(ANNA,), phone=wrong
        )


def test_our_own_number_and_what_is_no_number_are_nobodys_phone(desk: Paired) -> None:
    desk.shop.channel(kind="email", account="+79160000001")
    assert "no dialog here and no phone" in refusal(desk, Refused, phones=(ANNA, CardPhone(phone="звонить Яне")))


def test_among_several_channels_that_can_write_first_one_has_to_be_named(shop: Shop, desk: Paired) -> None:
    other = shop.channel(kind="email", account="second")
    assert target(desk, phones=(ANNA,)) == ToAddress(desk.channel, "+79160000001")
    elsewhere = Place(id="109", name="Опт")
    shop.write(lambda tx: pairings.attach(tx, CRM, desk.link, channels.one(tx, other), elsewhere, {}))
    assert "Several channels can write first to +79160000001" in refusal(desk, UsageError, phones=(ANNA,))
    assert target(desk, phones=(ANNA,), channels=frozenset({other})) == ToAddress(other, "+79160000001")
    assert "no paired channel can write first" in refusal(desk, Refused, phones=(ANNA,), channels=frozenset())


def test_a_card_shows_the_last_twenty_messages_of_the_five_dialogs_in_which_somebody_wrote_last(desk: Paired) -> None:
    people = ["anna", "boris", "vera", "gleb", "dina", "egor"]
    for number, who in enumerate(people):
        desk.shop.clock.at += 1000
        heard(desk, who, str(number))
    for text in (*(f"раз {number}" for number in range(20)), "я" * 3000, "Не то"):
        desk.shop.clock.at += 1000
        last = desk.shop.hear(desk.channel, text, who="boris")
    desk.tell_all()
    ext_id = external_id(desk.shop.message(last).ext_id or "")
    gone = MessagesDeleted(
        peer_key=external_id("boris"), ext_ids=(ext_id,), at=at(desk.shop.clock.at, desk.shop.clock.at)
    )
    desk.shop.take(desk.channel, gone)
    desk.shop.hear(desk.channel, "Ещё не показано", who="boris")
    client = ClientOfCard(card=DEAL, chats=[CardChat(remote=one) for one in ("55", *map(str, range(len(people))))])
    sheet = desk.shop.read(lambda tx: crm_cards.sheet(tx, able, desk.link, CardVisit(employee="27", client=client)))
    assert [(one.name, len(one.messages)) for one in sheet.dialogs] == [
        ("Boris", 20), ("Egor", 1), ("Dina", 1), ("Gleb", 1), ("Vera", 1), ("Anna", 0),
    ]  # fmt: skip
    texts = [one.text for one in sheet.dialogs[0].messages]
    assert texts == [*(f"раз {number}" for number in range(1, 20)), "я" * 1999 + "…"]


def test_what_stands_in_the_way_of_a_card_is_told_by_a_code(shop: Shop, desk: Paired) -> None:
    def code(dialog: DialogId) -> str:
        (found,) = shop.read(lambda tx: crm_cards.standing(tx, dialog))
        return found.code

    other = shop.channel(kind="email", account="second")
    assert code(desk.dialog(shop.hear(other, who="boris"))) == "not_paired"
    dialog = desk.dialog(shop.hear(desk.channel))
    assert code(dialog) == "waits"
    (row,) = desk.entries()
    shop.write(lambda tx: (ledger.begin(tx, [row]), ledger.die(tx, row, "refused", "25 букв")))
    assert code(dialog) == "refused"
    shop.write(lambda tx: ledger.retry(tx, row.id))
    desk.tell_all()
    (found,) = shop.read(lambda tx: crm_cards.standing(tx, dialog))
    assert (found.code, found.chat and found.chat.remote) == ("", "55")


@pytest.mark.parametrize(
    "about",
    [
        {"account": "79160004200"},
        {"account": "5000000042", "settings": {"phone_digest": digest("+7 916 000-42-00")}},
        {"account": "104", "title": "+7 916 000-42-00"},
    ],
)
def test_a_number_of_our_own_is_nobodys_phone(desk: Paired, about: dict[str, Any]) -> None:
    ours = Bound(**{"title": "Наш", **about})
    line = desk.shop.read(lambda tx: lines.find(tx).id)
    desk.shop.write(lambda tx: channels.save(tx, desk.shop.vault, ours, line=line, kind="telegram"))
    with pytest.raises(Refused, match="a number of the desk itself"):
        desk.shop.read(lambda tx: crm_cards.require_phone(tx, "8 916 000-42-00"))
    assert desk.shop.read(lambda tx: crm_cards.require_phone(tx, "8 916 000-42-01")) == "+79160004201"
