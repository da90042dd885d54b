"""The right person or nobody: an address is taken whole, and a piece of one is never another person's."""

from __future__ import annotations

import asyncio
import time

import pytest

from chatapp_cli.connectors.email.account import Account, Server
from chatapp_cli.connectors.email.addresses import complete, mailboxes
from chatapp_cli.connectors.email.compose import compose
from chatapp_cli.connectors.email.connector import create
from chatapp_cli.domain.address import mailbox_of
from chatapp_cli.domain.arrival import PeerChanged
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.kit.system import system_world
from chatapp_cli.sandbox.email import ADDRESS, EmailSandbox
from tests.connectors.email.corpus import plain, word
from tests.connectors.email.reading import message, read
from tests.contract.connector_contract import ScriptedAsker

ODD_LOCALS = (
    "sean.o'brien",
    "o'hara+tag",
    "d'arcy&sons",
    "a!b#c$d%e&f*g",
    "a=b?c^d_e`f",
    "x{y|z}~1",
    "a/b",
    "a-b.c_d",
    "1",
    "first..last",
    "last.",
)
"""All that RFC 5322 lets stand before the @, and two that it does not and that people have."""


PIECES = (
    "ivan petrov@client.test",
    "Anna anna@client.test",
    "ivan\u00a0petrov@client.test",
    "ivan\u3000petrov@client.test",
    "<ivan\u00a0petrov@client.test>",
    "ivan\u00adpetrov@client.test",
    "Ivan, petrov@client.test",
    "ivan;petrov@client.test",
    "ivan:petrov@client.test",
    "a@b:petrov@client.test",
    "ivan;ivan:petrov@client.test",
    "ivan::petrov@client.test;",
    "ivan\\,petrov@client.test",
    '"ivan@x, petrov@client.test',
    "(ivan@x, petrov@client.test",
    "ivan@, petrov@client.test",
    'a "b" c "d" e "f" g "h" i, petrov@client.test',
    "<petrov@client.test>@work.test",
    "<anna@client.test> boris@work.test",
    "anna@client.test boris",
    "anna@cli\u034fent.test",
    "anna@client.test\u00a0",
    "\u212aate@client.test",
    "\uff41nna@client.test",
    "an\ufffdna@client.test",
    f"{'a, ' * 40_000}petrov@client.test",
)
"""Fields in which another person's address could be found by leaving something out."""


@pytest.mark.parametrize("local", ODD_LOCALS)
def test_every_sign_that_may_stand_in_an_address_stays_in_it(local: str) -> None:
    for sender in (f"{local}@client.test", f"<{local}@client.test>", f'"Sean, \\"S\\"" <{local}@client.test>'):
        found = message(plain(b"hello", sender=sender.encode()))
        assert (found.peer.address, found.sender.email) == (f"{local}@client.test",) * 2


@pytest.mark.parametrize(
    ("field", "name", "address"),
    [
        ("Шон <sean.o'brien@client.test>", "Шон", "sean.o'brien@client.test"),
        ('"o\'hara, \\"x\\"" <o\'hara+tag@client.test>', 'o\'hara, "x"', "o'hara+tag@client.test"),
        ('"john doe"@client.test', "", '"john doe"@client.test'),
        ('John <"john@home"@client.test>', "John", '"john@home"@client.test'),
        ('"anna"@client.test', "", "anna@client.test"),
        ("Anna (at work (really)) <anna(here)@client.test>", "Anna", "anna@client.test"),
        ("anna@client.test (Anna Belova)", "Anna Belova", "anna@client.test"),
        ("Friends: anna@client.test, boris@client.test;", "", "anna@client.test"),
        ("anna@work.test <boris@client.test>", "anna@work.test", "boris@client.test"),
        ('"anna@work.test" <boris@client.test>', "anna@work.test", "boris@client.test"),
        ('"Anna <anna@work.test>" <boris@client.test>', "Anna <anna@work.test>", "boris@client.test"),
        ("=?utf-8?Q?anna=40work=2Etest=2C?= <boris@client.test>", "anna@work.test,", "boris@client.test"),
        ("anna@client.test, boris@client.test", "", "anna@client.test"),
        ("anna@client.test; boris@client.test", "", "anna@client.test"),
        ("Белова, Анна <anna@client.test>", "Белова, Анна", "anna@client.test"),
        ("  anna  @  client.test  ", "", "anna@client.test"),
        ("anna (at home) @ client.test", "at home", "anna@client.test"),
        ('"anna @ home"@client.test', "", '"anna @ home"@client.test'),
        ("< anna . belova @ client.test >", "", "anna.belova@client.test"),
        ("<<anna@client.test>>", "", "anna@client.test"),
        ("<@relay.test,@hop.test:anna@client.test>", "", "anna@client.test"),
        ("mailto:anna@client.test", "", "anna@client.test"),
        ("'anna@client.test'", "", "anna@client.test"),
        ("Anna <anna@ёлки.рф>", "Anna", "anna@xn--h1adc1g.xn--p1ai"),
        ("анна@ёлки.рф", "", "анна@xn--h1adc1g.xn--p1ai"),
        ("ANNA.O'BRIEN@CLIENT.TEST", "", "anna.o'brien@client.test"),
        ("anna@client.test.", "", "anna@client.test"),
        ("anna@[192.0.2.1]", "", "anna@[192.0.2.1]"),
        ('"Anna <anna@client.test>', "Anna", "anna@client.test"),
        (word("Анна <anna@client.test>").decode(), "Анна", "anna@client.test"),
    ],
)
def test_a_field_names_the_person_that_it_names(field: str, name: str, address: str) -> None:
    found = message(plain(b"hello", sender=field.encode()))
    assert (found.sender.name, found.peer.address) == (name, address)


@pytest.mark.parametrize(
    "field",
    [
        "anna@boris@client.test",
        "Anna <anna@boris@client.test>",
        "Anna <anna@>",
        "Anna <@client.test>",
        "Anna <>",
        "Anna",
        "o\\'brien@client.test",
        "sean .o'brien@client.test",
        "sean. o'brien@client.test",
        "Anna <anna @ work . client . test boris@client.test>",
        "anna@client.test boris@client.test",
        "sean(really)o'brien@client.test",
        "<sean(really)o'brien@client.test>",
        "sean.o,brien@client.test",
        "Sean <sean.o'brien@client.test",
        '"sean"o\'brien@client.test',
        "Anna <anna@client.test> <boris@client.test>",
        "Anna <anna\u202e@client.test>",
        "Anna <anna@cli\u200bent.test>",
        "Anna <anna@cli'ent.test>",
        f"Anna <{'a' * 300}@client.test>",
        *PIECES,
    ],
)
def test_what_is_no_whole_address_is_nobodys_and_the_mail_is_shown_all_the_same(field: str) -> None:
    arrived, unreachable = read(plain("Где заказ?".encode(), sender=field.encode())).events
    assert arrived.text == "Где заказ?"
    assert arrived.peer.address.endswith("@sender.invalid")
    assert arrived.sender.name == " ".join(field.replace("\u202e", "").split())[:200]
    assert isinstance(unreachable, PeerChanged)
    assert (unreachable.peer, unreachable.reachable, unreachable.code) == (arrived.peer, False, "no_sender")


@pytest.mark.parametrize(
    "field",
    [
        b"nul\x00@client.test",
        b"<nul\x00@client.test>",
        b"\x00nul@client.test",
        b"nul@\x00client.test",
        b"nul@client.test\x00",
        b"Nul <nul@client.test\x01>",
        b"nul\x7f@client.test",
        b"nul\x0b@client.test",
        b"nul\xc2\x85@client.test",
        b"a (b)\x00@client.test",
        b"=?utf-8?Q?nul=00@client.test?=",
        b"=?utf-8?Q?ivan=C2=A0petrov@client.test?=",
        b"=?utf-8?Q?boss=40bank.test=2C?= <anna@>",
    ],
)
def test_a_sign_that_no_address_has_makes_it_nobodys_wherever_it_is_named(field: bytes) -> None:
    assert message(plain(b"x", sender=field)).peer.address.endswith("@sender.invalid")
    assert message(plain(b"x", extra=b"Reply-To: " + field + b"\r\n")).peer.address == "anna@example.org"
    assert mailboxes(field.decode()) == []
    with pytest.raises(Rejected):
        letter(field.decode())


@pytest.mark.parametrize("field", PIECES)
def test_answers_go_to_no_piece_of_what_reply_to_says(field: str) -> None:
    raw = plain(b"x", extra=f"Reply-To: {field}\r\n".encode())
    assert message(raw).peer.address == "anna@example.org"


@pytest.mark.parametrize(
    ("field", "addresses"),
    [
        ("anna@client.test, Boris <boris@client.test>", ["anna@client.test", "boris@client.test"]),
        ("Friends: anna@client.test, boris@client.test;", ["anna@client.test", "boris@client.test"]),
        ("anna@, Boris <boris@client.test>, vera@client.test", ["boris@client.test"]),
        (", anna@client.test,, (nobody), boris@client.test,", ["anna@client.test", "boris@client.test"]),
        ("undisclosed-recipients:;, anna@client.test", ["anna@client.test"]),
        ("Mailto:anna@client.test", ["anna@client.test"]),
    ],
)
def test_of_many_each_that_is_whole_is_found(field: str, addresses: list[str]) -> None:
    assert [one.address for one in mailboxes(field)] == addresses


@pytest.mark.parametrize("address", ["anna@straße.test", "anna@fa\u03c2.test", "anna@a\u3002test"])
def test_nothing_goes_to_the_domain_that_another_one_turns_into(address: str) -> None:
    with pytest.raises(Rejected) as caught:
        letter(address)
    assert caught.value.code == "bad_address"


def test_two_senders_without_an_address_are_two() -> None:
    anna, boris, again = (message(plain(b"x", sender=field)) for field in (b"Anna", b"Boris", b"Anna"))
    assert anna.peer.address == again.peer.address != boris.peer.address


def test_of_two_from_fields_the_first_that_names_somebody_counts() -> None:
    two = plain(b"x", sender=b"Anna <anna@client.test>", extra=b"From: Boris <boris@client.test>\r\n")
    assert message(two).peer.address == "anna@client.test"
    broken = plain(b"x", sender=b"Anna <anna@>", extra=b"From: Boris <boris@client.test>\r\n")
    assert message(broken).peer.address == "boris@client.test"


def test_who_handed_it_in_is_answered_only_where_no_author_can_be() -> None:
    sender = b"Sender: Vera O'Hara <vera.o'hara@client.test>\r\n"
    assert message(plain(b"x", sender=b"Anna <anna@client.test>", extra=sender)).peer.address == "anna@client.test"
    assert message(plain(b"x", sender=b"Anna <anna@>", extra=sender)).peer.address == "vera.o'hara@client.test"


def test_where_errors_go_is_nobody_to_answer() -> None:
    assert message(plain(b"x", sender=b"Anna", extra=b"Return-Path: <b-77@mailer.test>\r\n")).peer.address.endswith(
        "@sender.invalid"
    )


def test_answers_go_to_a_whole_address_or_to_the_author() -> None:
    to = message(plain(b"x", extra=b"Reply-To: Sean <sean.o'brien@client.test>\r\n"))
    assert (to.peer.address, to.sender.name) == ("sean.o'brien@client.test", "Sean")
    assert message(plain(b"x", extra=b"Reply-To: sean.@o'brien@client.test\r\n")).peer.address == "anna@example.org"


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("desk@ёлки.рф", "desk@xn--" + "ёлки".encode("idna").decode()[4:] + ".xn--p1ai", True),
        ("Desk@Shop.test", "desk@shop.test", True),
        ("desk@shop.test", "desk@shop.test.evil.test", False),
        ("o'desk@shop.test", "desk@shop.test", False),
    ],
)
def test_a_mailbox_is_itself_however_its_domain_is_written(one: str, other: str, *, are_one: bool) -> None:
    assert (mailbox_of(one) == mailbox_of(other)) == are_one


def test_no_field_takes_longer_to_read_than_it_is_worth() -> None:
    began = time.monotonic()
    for piece in ("(", '"', '"\\', "<", '<"', "a@", "[", "()", "(\\", ",", "a,", "a@b", '<"\\', "a b ", "a :", "<a@b>"):
        mailboxes(piece * (200_000 // len(piece)))
    assert time.monotonic() - began < 10


def letter(address: str) -> bytes:
    server = Server(host="127.0.0.1", port=1, tls="none")
    account = Account(address=ADDRESS, login=ADDRESS, password="", imap=server, smtp=server)
    return compose(Outbound(message_id=MessageId(1), key="0" * 32, address=address, text="x"), account, 0).content


@pytest.mark.parametrize("address", [*(f"{local}@client.test" for local in ODD_LOCALS), '"john doe"@client.test'])
def test_an_answer_names_the_very_address(address: str) -> None:
    (to,) = (line for line in letter(address).split(b"\r\n") if line.startswith(b"To:"))
    assert to == b"To: " + address.encode()
    assert mailboxes(to.decode()[4:]) == [("", address)]


@pytest.mark.parametrize(
    "address",
    ["a@b@client.test", "a b@client.test", '"a\r\nBcc: b"@client.test', "<a@client.test>", "A <a@client.test>"],
)
def test_nothing_but_one_whole_address_is_written_to(address: str) -> None:
    with pytest.raises(Rejected) as caught:
        letter(address)
    assert caught.value.code == "bad_address"


def test_who_has_no_address_is_refused_with_the_reason() -> None:
    nobody = message(plain(b"x", sender=b"Anna")).peer.address
    with pytest.raises(Rejected) as caught:
        letter(nobody)
    assert caught.value.code == "no_sender"


async def test_an_answer_to_an_odd_address_reaches_it_and_nobody_else() -> None:
    async with EmailSandbox() as sandbox:
        connector = create(system_world())
        bound = await connector.bind(ScriptedAsker(sandbox.answers))
        addresses = [f"{local}@client.test" for local in ODD_LOCALS[:9]] + ['"john doe"@client.test']
        async with asyncio.timeout(30), connector.open(ChannelId(1), bound) as session:
            for number, address in enumerate(addresses):
                key = f"{number:032}"
                await session.send(Outbound(message_id=MessageId(1), key=key, address=address, text="x"))
        assert [len(sandbox.mails(address)) for address in addresses] == [1] * len(addresses)
        assert sandbox.mails("brien@client.test") == ()


def test_an_address_sheds_quotes_that_it_does_not_need() -> None:
    assert complete(' "anna"@client.test ') == "anna@client.test"
    assert complete('"anna b"@client.test') == '"anna b"@client.test'
