"""Names change hands: nobody is written to because they bore a name once, and a name is not lost to a number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatapp_cli.domain.address import called, is_name
from chatapp_cli.domain.arrival import Peer, PeerChanged, PeerMoved, Profile
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, DialogId, Millis
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.services import beginning, channels, contacts, dialogs, persons, reaching, routes, sending
from chatapp_cli.store.rows.channels import ChannelRow
from tests.stores import EVERYTHING, Shop, hand_over

ASKING = Capabilities(intake="poll", write_first=("username", "phone", "chat_id"), chat_ids=r"-?\d+")
ABILITIES = {
    "messenger": ASKING,
    "bot": Capabilities(intake="poll"),
    "sms": Capabilities(intake="poll", write_first=("phone",)),
}
DAY = 86_400_000


def able(row: ChannelRow) -> Capabilities:
    return ABILITIES[row.kind]


def bound(shop: Shop, kind: str) -> ChannelRow:
    number = shop.channel(kind=kind, title=kind)
    return shop.read(lambda tx: channels.one(tx, number))


def write(shop: Shop, channel: ChannelId, number: str, username: str, *, at: Millis = 0, phone: str = "") -> DialogId:
    """Somebody writes from a chat of their own, under a name that they bear then."""
    who = Profile(id=number, name=f"Клиент {number}", username=username, phone=phone)
    message = shop.hear(channel, who=number, sender=who, at=shop.clock.now() - at)
    return shop.message(message).dialog_id


def reached(shop: Shop, row: ChannelRow, to: str) -> DialogId | None:
    return shop.read(lambda tx: reaching.reach(tx, row, able(row), to)).dialog


@pytest.mark.parametrize("said", ["@ivan", "@Ivan", "@IVAN"])
def test_a_name_goes_to_the_messenger_that_knows_whose_it_is_now(shop: Shop, said: str) -> None:
    row = bound(shop, "messenger")
    former = write(shop, row.id, "501", "ivan")
    found = shop.read(lambda tx: reaching.reach(tx, row, able(row), said))
    assert (found.address, found.kind, found.dialog) == ("ivan", "username", None)
    dialog = shop.begin(able, row.id, said, Draft(text="Счёт"))
    card = shop.read(lambda tx: dialogs.card(tx, dialog))
    assert (card.address, card.id != former) == ("ivan", True)
    assert card.contact_id != shop.read(lambda tx: dialogs.card(tx, former)).contact_id


def test_a_name_that_was_asked_for_suggests_nobody_as_the_same_person(shop: Shop) -> None:
    row = bound(shop, "messenger")
    write(shop, row.id, "501", "ivan")
    shop.begin(able, row.id, "@ivan", Draft(text="Счёт"))
    assert shop.read(persons.everybody) == []


def test_a_chat_is_written_to_by_its_number_whoever_bears_the_name(shop: Shop) -> None:
    row = bound(shop, "messenger")
    former = write(shop, row.id, "501", "ivan")
    assert reached(shop, row, "501") == former


def test_a_username_means_its_last_writer_if_the_provider_cannot_be_asked(shop: Shop) -> None:
    row = bound(shop, "bot")
    former = write(shop, row.id, "501", "ivan", at=9 * DAY)
    owner = write(shop, row.id, "502", "ivan", at=DAY)
    shop.write(lambda tx: sending.enqueue(tx, able(row), former, Draft(text="Ещё"), shop.order()))
    assert reached(shop, row, "@ivan") == owner
    assert [one.id for one in shop.read(lambda tx: contacts.at(tx, "@ivan"))] == [
        shop.read(lambda tx: dialogs.card(tx, owner)).contact_id
    ]


def test_the_same_name_in_two_channels_is_two_peoples(shop: Shop) -> None:
    one, other = bound(shop, "bot"), bound(shop, "messenger")
    write(shop, one.id, "501", "ivan")
    write(shop, other.id, "601", "ivan", at=DAY)
    assert len(shop.read(lambda tx: contacts.at(tx, "@ivan"))) == 2


@pytest.mark.parametrize(("ago", "fallback"), [(3_600_000, ("+79160000001",)), (2 * DAY, ())])
def test_a_chain_does_not_lead_to_the_phone_of_who_bore_the_name_long_ago(
    shop: Shop, ago: Millis, fallback: tuple[str, ...]
) -> None:
    first, second = bound(shop, "messenger"), bound(shop, "sms")
    write(shop, first.id, "501", "ivan", at=ago, phone="+79160000001")
    steps = shop.read(lambda tx: routes.named(tx, able, first, "@ivan", [(second, "")]))
    assert [step.addresses for step in steps] == [("@ivan",), fallback]


def test_a_chain_that_is_kept_asks_whose_the_name_is_before_an_old_chat_is_taken(shop: Shop) -> None:
    row = bound(shop, "messenger")
    write(shop, row.id, "501", "ivan", at=2 * DAY)
    shop.write(lambda tx: contacts.set_chain(tx, contacts.at(tx, "@ivan"), ["messenger"]))
    (step,) = shop.read(lambda tx: routes.stored(tx, able, "@ivan"))
    assert step.addresses[0] == "@ivan"


@pytest.mark.parametrize(("said", "kind"), [("@ivan", "username"), ("8 916 000-00-01", "phone")])
def test_what_the_messenger_answers_takes_the_address_from_who_had_it(shop: Shop, said: str, kind: str) -> None:
    row = bound(shop, "messenger")
    former = write(shop, row.id, "501", "ivan", phone="+79160000001")
    shop.write(lambda tx: contacts.confirmed(tx, row.id, said, "501"))
    assert [one.name for one in shop.read(lambda tx: contacts.at(tx, said))] == ["Клиент 501"]
    shop.write(lambda tx: contacts.confirmed(tx, row.id, said, "502"))
    assert shop.read(lambda tx: contacts.at(tx, said)) == []
    card = shop.read(lambda tx: dialogs.card(tx, former))
    kept = {"username": "ivan", "phone": "+79160000001"} | {kind: ""}
    assert (card.person, card.username, card.phone) == ("Клиент 501", kept["username"], kept["phone"])
    assert shop.read(lambda tx: reaching.known(tx, row, said)) is None


def test_an_answer_of_one_channel_says_nothing_about_another(shop: Shop) -> None:
    row, other = bound(shop, "messenger"), bound(shop, "bot")
    write(shop, other.id, "901", "ivan")
    shop.write(lambda tx: contacts.confirmed(tx, row.id, "@ivan", "502"))
    assert len(shop.read(lambda tx: contacts.at(tx, "@ivan"))) == 1


def test_somebody_of_the_address_book_is_never_taken_for_who_bore_their_name(shop: Shop) -> None:
    row = bound(shop, "bot")
    write(shop, row.id, "501", "ivan")
    person = {"id": "502", "name": "Иван", "phone": "", "username": "ivan"}
    assert shop.read(lambda tx: beginning.address_of(tx, row, person)) == "502"


@pytest.mark.parametrize("phone", ["84912345678", "+84912345678"])
def test_somebody_of_the_address_book_abroad_is_found_by_their_number(phone: str) -> None:
    person = {"id": "502", "name": "Нгуен", "phone": phone, "username": ""}
    assert beginning.imported([person], "+84 912 345 678") == person


# What somebody is called


def first_message(shop: Shop, row: ChannelRow, to: str, draft: Draft) -> DialogId:
    return shop.begin(able, row.id, to, draft)


def test_a_known_client_keeps_their_name_in_a_dialog_begun_by_phone_without_names(shop: Shop) -> None:
    chats, sms = bound(shop, "bot"), bound(shop, "sms")
    write(shop, chats.id, "501", "ivan", phone="+79160000001")
    dialog = first_message(shop, sms, "8 916 000-00-01", Draft(text="Добрый день"))
    card = shop.read(lambda tx: dialogs.card(tx, dialog))
    assert (card.name, card.person, card.address) == ("Клиент 501", "Клиент 501", "+79160000001")


def test_somebody_unknown_is_called_by_their_number_until_a_name_is_given(shop: Shop) -> None:
    sms = bound(shop, "sms")
    dialog = first_message(shop, sms, "8 916 000-00-01", Draft(text="Добрый день"))
    assert shop.read(lambda tx: dialogs.card(tx, dialog)).name == "+79160000001"
    first_message(shop, sms, "8 916 000-00-01", Draft(text="Ещё", first_name="Анна"))
    card = shop.read(lambda tx: dialogs.card(tx, dialog))
    assert (card.name, card.person) == ("Анна", "Анна")


def test_a_number_that_a_provider_told_for_a_name_gives_way_to_a_name(shop: Shop) -> None:
    row = bound(shop, "messenger")
    who = Profile(id="501", name="+79160000001", phone="+79160000001")
    dialog = shop.message(shop.hear(row.id, who="501", sender=who)).dialog_id
    first_message(shop, row, "501", Draft(text="Добрый день", first_name="Анна", last_name="Белова"))
    card = shop.read(lambda tx: dialogs.card(tx, dialog))
    assert (card.name, card.person) == ("Анна Белова", "Анна Белова")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, ("Анна", "Белова")),
        ({"first_name": "Аня"}, ("Аня", "Белова")),
        ({"last_name": "Чёрная"}, ("Анна", "Чёрная")),
    ],
)
def test_a_name_in_the_address_book_is_changed_only_by_one_that_is_given(
    shop: Shop, given: dict[str, str], kept: tuple[str, str]
) -> None:
    row = bound(shop, "messenger")
    draft = Draft(text="Добрый день", first_name="Анна", last_name="Белова")
    dialog = first_message(shop, row, "+79160000001", draft)
    first_message(shop, row, "+79160000001", replace(Draft(text="Ещё"), **given))
    card = shop.read(lambda tx: dialogs.card(tx, dialog))
    assert ((card.first_name, card.last_name), card.name) == (kept, "Анна Белова")


def test_what_operators_call_a_dialog_stays_theirs_alone(shop: Shop) -> None:
    row = bound(shop, "messenger")
    dialog = write(shop, row.id, "501", "ivan")
    shop.write(lambda tx: dialogs.rename(tx, dialog, "ВОЗВРАТЫ"))
    first_message(shop, row, "501", Draft(text="Добрый день", first_name="Иван"))
    card = shop.read(lambda tx: dialogs.card(tx, dialog))
    assert (card.name, card.person, card.first_name) == ("ВОЗВРАТЫ", "Клиент 501", "Иван")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Анна", True),
        ("Анна 2", True),
        ("O'Brien", True),
        ("李雷", True),
        ("+7 (916) 000-00-01", False),
        ("79160000001", False),
        ("@anna", False),
        ("anna@example.org", False),
        ("  ", False),
        ("🌲", False),
    ],
)
def test_an_address_is_no_name(said: str, name: bool) -> None:
    assert is_name(said) is name
    assert called(said, "Анна Белова") == (said if name else "Анна Белова")
    assert called(said, "") == said


# What arrives


@pytest.mark.parametrize(
    ("told", "number", "stranger"),
    [
        ("84912345678", "+84912345678", "+74912345678"),
        ("85212345678", "+85212345678", "+75212345678"),
        ("85361234567", "+85361234567", "+75361234567"),
        ("85512345678", "+85512345678", "+75512345678"),
        ("+84 912 345 678", "+84912345678", "+74912345678"),
    ],
)
def test_a_client_abroad_is_known_by_the_number_that_their_provider_told(
    shop: Shop, told: str, number: str, stranger: str
) -> None:
    chats, sms = bound(shop, "bot"), bound(shop, "sms")
    dialog = write(shop, chats.id, "501", "", phone=told)
    assert shop.read(lambda tx: dialogs.card(tx, dialog)).phone == number
    assert [one.phone for one in shop.read(lambda tx: contacts.at(tx, number))] == [number]
    assert shop.read(lambda tx: contacts.at(tx, stranger)) == []
    answer = first_message(shop, sms, number, Draft(text="Добрый день"))
    assert shop.read(lambda tx: dialogs.card(tx, answer)).address == number


def test_a_russian_is_not_suggested_as_somebody_abroad(shop: Shop) -> None:
    one, other = bound(shop, "bot"), bound(shop, "messenger")
    write(shop, one.id, "501", "", phone="84912345678")
    write(shop, other.id, "601", "", phone="+74912345678")
    assert shop.read(persons.everybody) == []
    write(shop, other.id, "602", "", phone="+84 (91) 234-56-78")
    (found,) = shop.read(persons.everybody)
    assert [(reason.kind, reason.shared) for reason in found.reasons] == [("phone", "+84912345678")]


@pytest.mark.parametrize("name", ["+79160000001", "79160000001", "8 (916) 000-00-01", "@ivan", "", "ivan@example.org"])
def test_a_known_name_never_gives_way_to_an_address(shop: Shop, name: str) -> None:
    row = bound(shop, "messenger")
    dialog = write(shop, row.id, "501", "ivan")
    shop.hear(row.id, who="501", sender=Profile(id="501", name=name, username="ivan", phone="+79160000001"))
    card = shop.read(lambda tx: dialogs.card(tx, dialog))
    assert (card.name, card.person, card.phone) == ("Клиент 501", "Клиент 501", "+79160000001")
    shop.take(row.id, PeerChanged(peer=Peer(key="501", address="501", title=name), at=shop.clock.now()))
    assert shop.read(lambda tx: dialogs.card(tx, dialog)).name == "Клиент 501"


def test_a_new_name_is_taken_over_and_a_group_may_be_called_by_a_number(shop: Shop) -> None:
    row = bound(shop, "messenger")
    dialog = write(shop, row.id, "501", "ivan")
    shop.hear(row.id, who="501", sender=Profile(id="501", name="Иван Белов"))
    assert shop.read(lambda tx: dialogs.card(tx, dialog)).name == "Иван Белов"
    group = Peer(key="-7", address="-7", kind="group", title="Соседи")
    number = shop.message(shop.hear(row.id, peer=group)).dialog_id
    shop.take(row.id, PeerChanged(peer=replace(group, title="2027"), at=shop.clock.now()))
    assert shop.read(lambda tx: dialogs.card(tx, number)).name == "2027"


# What goes out


@pytest.mark.parametrize(("kind", "told"), [("private", "Клиент 501"), ("group", "")])
def test_what_operators_call_a_dialog_goes_to_no_other_program(shop: Shop, kind: str, told: str) -> None:
    row = bound(shop, "bot")
    peer = Peer(key="501", address="501", kind=kind, title="" if kind == "private" else "Соседи")  # type: ignore[arg-type]
    dialog = shop.message(shop.hear(row.id, peer=peer, sender=Profile(id="501", name="Клиент 501"))).dialog_id
    shop.write(lambda tx: dialogs.rename(tx, dialog, "Тимур СКАНДАЛИСТ"))
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Добрый день"), shop.order()))
    claim = shop.write(lambda tx: hand_over(tx, shop.media, row.id))
    assert claim is not None
    assert claim.outbound.title == told


def test_a_label_survives_when_two_dialogs_turn_out_to_be_one(shop: Shop) -> None:
    row = bound(shop, "messenger")
    old = write(shop, row.id, "501", "ivan")
    new = write(shop, row.id, "502", "ivan_2")
    shop.write(lambda tx: dialogs.rename(tx, old, "Оптовик"))
    shop.take(row.id, PeerMoved(old_key="501", peer=Peer(key="502", address="502"), at=shop.clock.now()))
    assert shop.read(lambda tx: dialogs.card(tx, new)).name == "Оптовик"
