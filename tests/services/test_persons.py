"""One person, many channels: joined and parted in any order, suggested with reasons, found by any address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatapp_cli.domain.arrival import Peer, Profile
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import ChannelId, ContactId, MessageId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.i18n import show
from chatapp_cli.services import chains, channels, contacts, dialogs, persons, reaching, routes
from chatapp_cli.store.named import statements
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.people import MergeRow
from chatapp_cli.store.tx import Tx
from tests.stores import EVERYTHING, ON_SQLITE, Shop

STEPS = st.lists(st.tuples(st.sampled_from(["merge", "undo"]), st.integers(0, 30), st.integers(0, 30)), max_size=25)


def meet(shop: Shop, channel: ChannelId, key: str, **known: str) -> ContactId:
    """Somebody writes in a channel; returns their contact."""
    message = shop.hear(channel, who=key, sender=Profile(id=key, **known))
    dialog = shop.message(message).dialog_id
    return shop.read(lambda tx: dialogs.card(tx, dialog).contact_id)


def add(shop: Shop) -> ContactId:
    """Somebody of whom nothing is known."""
    nobody = {"name": "", "username": "", "phone": "", "email": ""}
    return ContactId(shop.write(lambda tx: tx.insert("contacts.add", now=tx.now, **nobody)))


def group(shop: Shop, contact: ContactId) -> set[ContactId]:
    return {one.id for one in shop.read(lambda tx: contacts.of_person(tx, contact))}


def join(shop: Shop, kept: ContactId, gone: ContactId) -> MergeRow:
    return shop.write(lambda tx: persons.merge(tx, kept, gone))


def part(shop: Shop, merge: MergeRow) -> None:
    shop.write(lambda tx: persons.undo(tx, merge))


def reasons(shop: Shop, contact: ContactId) -> dict[ContactId, list[tuple[str, str]]]:
    found = shop.read(lambda tx: persons.suggestions(tx, contact))
    return {one.other.id: [(why.kind, why.shared) for why in one.reasons] for one in found}


def joined_by(standing: Sequence[tuple[MergeRow, frozenset[int]]], people: Sequence[int]) -> set[frozenset[int]]:
    """What people there are when those merges stand: a model that knows nothing of tables."""
    found = {one: frozenset([one]) for one in people}
    for merge, _branch in standing:
        whole = found[merge.kept] | found[merge.gone]
        found |= dict.fromkeys(whole, whole)
    return set(found.values())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_merges_and_undos_in_any_order_leave_the_people_that_the_standing_merges_say(
    shop: Shop, steps: list[tuple[str, int, int]]
) -> None:
    people = [add(shop) for _one in range(6)]
    standing: list[tuple[MergeRow, frozenset[int]]] = []
    for deed, a, b in steps:
        if deed == "merge":
            kept, gone = people[a % 6], people[b % 6]
            branch = frozenset(group(shop, gone))
            if kept in branch:
                with pytest.raises(Refused):
                    join(shop, kept, gone)
            else:
                standing.append((join(shop, kept, gone), branch))
        elif standing:
            merge, branch = standing.pop(a % len(standing))
            part(shop, merge)
            assert group(shop, merge.gone) <= branch
            with pytest.raises(Refused):
                part(shop, merge)
        assert {frozenset(group(shop, one)) for one in people} == joined_by(standing, people)
        roots = {one: shop.read(lambda tx, one=one: contacts.root(tx, one)) for one in people}
        assert all(roots[root] == root for root in roots.values())
    for merge, _branch in standing:
        part(shop, merge)
    assert all(group(shop, one) == {one} for one in people)


def test_a_merge_is_taken_back_after_others_and_gives_back_whoever_it_joined(shop: Shop) -> None:
    anna, anna_mail, anna_sms, other = (meet(shop, shop.channel(), f"k{n}") for n in range(4))
    join(shop, anna_mail, anna_sms)
    second = join(shop, anna, anna_sms)
    join(shop, other, anna)
    assert group(shop, anna_sms) == {anna, anna_mail, anna_sms, other}
    part(shop, second)
    assert group(shop, anna_sms) == {anna_mail, anna_sms}
    assert group(shop, anna) == {anna, other}
    alone = add(shop)
    with pytest.raises(NotFound, match="Nobody was merged"):
        shop.read(lambda tx: persons.merge_of(tx, alone))


@pytest.mark.req("S-119", part="by operators, not by robots")
def test_a_person_has_every_dialog_with_its_chat_id_and_merging_moves_none(shop: Shop) -> None:
    first, second = shop.channel(kind="chats", title="Чат"), shop.channel(kind="letters", title="Почта")
    anna = meet(shop, first, "501", name="Анна")
    mail = meet(shop, second, "anna@pochta.example", name="Анна К.", email="anna@pochta.example")
    merge = join(shop, anna, mail)
    whole = shop.read(lambda tx: persons.person(tx, mail))
    assert (whole.id, whole.name) == (anna, "Анна")
    assert {(way.contact_id, way.channel, way.address) for way in whole.ways} == {
        (anna, "Чат", "501"),
        (mail, "Почта", "anna@pochta.example"),
    }
    assert [way.address for way in whole.ways_of(mail)] == ["anna@pochta.example"]
    part(shop, merge)
    assert [way.address for way in shop.read(lambda tx: persons.person(tx, mail)).ways] == ["anna@pochta.example"]


def test_likenesses_are_suggested_with_their_reasons_the_strongest_first(shop: Shop) -> None:
    line = shop.line()
    chats, letters, site = (shop.channel(kind=kind, line=line) for kind in ("chats", "letters", "site"))
    anna = meet(shop, chats, "501", name="Анна Белая", username="Anna_B", phone="8 (916) 123-45-67")
    by_name = meet(shop, letters, "a1", name="Анна Белая")
    by_username = meet(shop, site, "a2", name="Аня", username="anna_b")
    by_phone = meet(shop, site, "a3", name="Анна Белая", phone="+7 916 1234567")
    meet(shop, shop.channel(kind="elsewhere"), "a4", name="Анна Белая")
    meet(shop, site, "a5", name="Анна")
    assert reasons(shop, anna) == {
        by_phone: [("phone", "+79161234567"), ("name", "Анна Белая")],
        by_username: [("username", "anna_b")],
        by_name: [("name", "Анна Белая")],
    }
    assert list(reasons(shop, anna)) == [by_phone, by_username, by_name]
    strongest = shop.read(lambda tx: persons.suggestions(tx, anna))[0].reasons[0]
    assert show(strongest.reason) == "the same number +79161234567"
    assert [(one.one.id, one.other.id) for one in shop.read(persons.everybody)][:2] == [
        (anna, by_phone),
        (anna, by_username),
    ]


def test_as_many_suggestions_are_given_as_were_asked_for_however_much_two_people_share(shop: Shop) -> None:
    site, own = shop.channel(), "+7 916 000-00-00"
    shop.channel(kind="site", account=own)
    shared = {"phone": own, "email": "info@sever.example", "name": "Анна Белая"}
    people = [meet(shop, site, f"k{n}", **shared) for n in range(4)]
    alike = [(one, other) for at, one in enumerate(people) for other in people[at + 1 :]]
    found = shop.read(lambda tx: persons.everybody(tx, n=5))
    assert sorted((one.one.id, one.other.id) for one in found) == alike[:5]
    assert {tuple(why.kind for why in one.reasons) for one in found} == {("email", "name")}
    of_one = shop.read(lambda tx: persons.suggestions(tx, people[0], n=2))
    assert [one.other.id for one in of_one] == people[1:3]


def test_who_is_not_the_same_is_not_suggested_again_until_that_is_taken_back(shop: Shop) -> None:
    channel = shop.channel()
    one, other, third = (meet(shop, channel, f"k{n}", email="info@sever.example") for n in range(3))
    join(shop, other, third)
    pairs = shop.write(lambda tx: persons.apart(tx, one, third))
    assert pairs == [(one, other), (one, third)]
    assert reasons(shop, one) == {}
    assert shop.read(persons.everybody) == []
    shop.write(lambda tx: persons.forget_apart(tx, pairs))
    assert reasons(shop, one) == {other: [("email", "info@sever.example")]}
    join(shop, one, other)
    assert reasons(shop, one) == {}
    with pytest.raises(Refused):
        shop.write(lambda tx: persons.apart(tx, one, third))


def test_who_is_not_the_same_is_not_suggested_again_by_a_contact_that_joins_either_later(shop: Shop) -> None:
    one, other, third, fourth = (meet(shop, shop.channel(), f"k{n}", email="info@sever.example") for n in range(4))
    shop.write(lambda tx: persons.apart(tx, other, one))
    join(shop, third, other)
    join(shop, fourth, one)
    assert reasons(shop, one) == reasons(shop, other) == {}
    assert shop.read(persons.everybody) == []


@pytest.mark.req("S-098")
@pytest.mark.req("S-119", part="by operators, not by robots")
def test_each_subject_of_a_client_is_theirs_so_that_nobody_is_asked_whether_they_are_one(shop: Shop) -> None:
    mail = shop.channel()

    def begins(subject: str) -> ContactId:
        address = "anna@pochta.example"
        peer, sender = (
            Peer(key=f"{address}\n{subject}", address=address, title=subject),
            Profile(id=address, email=address),
        )
        dialog = shop.message(shop.hear(mail, peer=peer, sender=sender)).dialog_id
        return shop.read(lambda tx: dialogs.card(tx, dialog).contact_id)

    anna, messenger = begins("смета"), meet(shop, shop.channel(), "501", email="anna@pochta.example")
    shop.write(lambda tx: persons.apart(tx, anna, messenger))
    assert begins("доставка") == begins("возврат") == anna
    assert [way.name for way in shop.read(lambda tx: persons.person(tx, anna)).ways] == ["возврат", "доставка", "смета"]
    assert reasons(shop, anna) == {}
    assert shop.read(persons.everybody) == []


@pytest.mark.req("S-098")
@pytest.mark.parametrize("subjects", [("", "смета"), ("смета", ""), ("смета", "возврат", "")])
def test_who_writes_mails_is_one_contact_in_whatever_order_mails_with_and_without_a_subject_come(
    shop: Shop, subjects: tuple[str, ...]
) -> None:
    mail, address = shop.channel(), "anna@pochta.example"
    found = []
    for subject in subjects:
        peer = Peer(key=f"{address}\n{subject}" if subject else address, address=address, title=subject or "Анна")
        sender = Profile(id=address, name="Анна", email=address)
        dialog = shop.message(shop.hear(mail, peer=peer, sender=sender)).dialog_id
        found.append(shop.read(lambda tx, dialog=dialog: dialogs.card(tx, dialog).contact_id))
    assert set(found) == {found[0]}
    names = {way.name for way in shop.read(lambda tx: persons.person(tx, found[0])).ways}
    assert names == {subject or "Анна" for subject in subjects}


def test_a_chain_works_by_whichever_address_and_dialog_of_the_person(shop: Shop) -> None:
    chats, letters = shop.channel(kind="chats"), shop.channel(kind="letters")
    anna = meet(shop, chats, "501", username="anna")
    mail = meet(shop, letters, "anna@pochta.example", email="anna@pochta.example")
    join(shop, anna, mail)
    found = shop.read(lambda tx: contacts.at(tx, "anna@pochta.example"))
    assert [one.id for one in found] == [anna]
    shop.write(lambda tx: contacts.set_chain(tx, found, ["chats", "letters"]))
    for way in shop.read(lambda tx: persons.person(tx, anna)).ways:
        assert shop.read(lambda tx, way=way: dialogs.card(tx, way.id)).chain == "chats,letters"
    steps = shop.read(lambda tx: routes.stored(tx, lambda _row: EVERYTHING, "anna@pochta.example"))
    assert [(step.channel, step.addresses[0]) for step in steps] == [(chats, "501"), (letters, "anna@pochta.example")]


def test_a_kept_chain_of_whoever_was_merged_is_the_persons_while_they_have_no_other(shop: Shop) -> None:
    anna = meet(shop, shop.channel(kind="chats"), "501")
    mail = meet(shop, shop.channel(kind="letters"), "a@b.example", email="a@b.example")
    shop.write(lambda tx: contacts.set_chain(tx, [contacts.one(tx, mail)], ["letters"]))
    join(shop, anna, mail)
    assert shop.read(lambda tx: contacts.chain(tx, "a@b.example"))[0] == ["letters"]
    way = shop.read(lambda tx: persons.person(tx, anna)).ways_of(anna)[0]
    assert shop.read(lambda tx: dialogs.card(tx, way.id)).chain == "letters"


def test_a_named_channel_that_cannot_begin_by_an_address_writes_where_it_knows_the_person(shop: Shop) -> None:
    chats = shop.channel(kind="chats")
    anna = meet(shop, chats, "501")
    mail = meet(shop, shop.channel(kind="letters"), "anna@pochta.example", email="anna@pochta.example")
    join(shop, anna, mail)

    def able(_row: ChannelRow) -> Capabilities:
        return replace(EVERYTHING, write_first=())

    def write(tx: Tx) -> MessageId:
        steps = routes.named(tx, able, channels.one(tx, chats), "anna@pochta.example")
        return chains.enqueue_first(tx, able, steps, Draft(text="Здравствуйте"), shop.order())

    message = shop.write(write)
    assert shop.message(message).dialog_id == shop.read(lambda tx: persons.person(tx, anna)).ways_of(anna)[0].id


def test_a_new_dialog_goes_to_the_very_contact_with_the_address(shop: Shop) -> None:
    anna = meet(shop, shop.channel(kind="chats"), "501")
    sms = meet(shop, shop.channel(kind="sms"), "+79161234567", phone="+79161234567")
    merge = join(shop, anna, sms)
    other = shop.channel(kind="messenger")
    dialog = shop.write(lambda tx: reaching.dialog_for(tx, channels.one(tx, other), EVERYTHING, "8 916 123-45-67"))
    part(shop, merge)
    assert dialog in {way.id for way in shop.read(lambda tx: persons.person(tx, sms)).ways}


def test_people_are_named_by_number_or_an_address_that_is_theirs_alone(shop: Shop) -> None:
    channel = shop.channel()
    one, other = (meet(shop, channel, f"k{n}", phone="+79160000000") for n in range(2))
    assert shop.read(lambda tx: persons.find(tx, str(other))).id == other
    with pytest.raises(UsageError, match="Several people"):
        shop.read(lambda tx: persons.find(tx, "8 916 000-00-00"))
    join(shop, one, other)
    assert shop.read(lambda tx: persons.find(tx, "8 916 000-00-00")).id == one


@ON_SQLITE
def test_suggestions_look_nobody_up_by_reading_everybody(shop: Shop) -> None:
    sql = statements("sqlite")["persons.alike"]
    plan = shop.read(lambda tx: tx.compose(lambda *row: row[3], f"EXPLAIN QUERY PLAN {sql}", {"id": 1, "n": 9}))
    assert {step for step in plan if step.startswith("SCAN")} == {"SCAN m", "SCAN s"}, "only the few that were found"


def test_a_number_of_the_desk_itself_makes_nobody_alike(shop: Shop) -> None:
    ours = shop.channel(kind="whatsapp_web", account="79160004200")
    first = meet(shop, ours, "anna", phone="+79160004200")
    second = meet(shop, ours, "boris", phone="+79160004200")
    assert reasons(shop, first) == reasons(shop, second) == {}
    is_ours = shop.read(channels.is_own_phone)
    told = ("8 916 000-42-00", "(916) 0004200", "+7 916 000 42 00", "8 916 000-42-01", "")
    assert [is_ours(said) for said in told] == [True, True, True, False, False]
