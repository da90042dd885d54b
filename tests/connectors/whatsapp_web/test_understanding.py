"""Whatever the child may say is a message or a dead letter: nothing escapes, nothing is respelled."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from chatapp_cli.connectors.whatsapp_web import convert, wire
from chatapp_cli.connectors.whatsapp_web.connector import WhatsAppSession
from chatapp_cli.connectors.whatsapp_web.outgoing import plan
from chatapp_cli.domain import phone
from chatapp_cli.domain.arrival import MessageArrived, PeerMoved
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, StoredArrival
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from tests.contract.connector_contract import collect
from tests.unit.kit.worlds import NOON

ABROAD = ("+84912345678", "+85291234567", "+85366123456", "+85512345678", "+81312345678", "+8613912345678")
"""Vietnam, Hong Kong, Macau, Cambodia: eleven digits that begin with 8. Japan, China: neighbours of theirs."""
WHO = wire.Who(jid="900000007001@lid", phone="79160000001", name="Анна")
EVENTS: Sequence[wire.Event] = (
    wire.Message(chat=WHO, id="3EB0A1", at=1_795_000_000_000, sender=WHO, text="ёлки", reply_to="3EB0A0"),
    wire.Message(chat=WHO, id="3EB0A2", at=1, files=(wire.File(type="photo", name="ёлка.jpg", size=9, remote="1"),)),
    wire.Message(chat=WHO, id="3EB0A3", at=1, sender=WHO, stands_for="waiting"),
    wire.Edited(chat=WHO, id="3EB0A1", at=1, text="ели", by=WHO, from_us=False),
    wire.Deleted(chat=WHO, id="3EB0A1", at=1, by=WHO, from_us=True, by_admin=True),
    wire.Reacted(chat=WHO, id="3EB0A1", at=1, sender=WHO, emoji="❤"),
    wire.Delivered(ids=["3EB0A1", "3EB0A2"], at=1, read=True),
    wire.GroupNews(chat=wire.Who(jid="1203@g.us", name="Соседи"), at=1, member=False),
    wire.Unreadable(what="Message", at=1, detail="DecodeError", data="AA=="),
)
HURTS = (b"\xff", b"null", b"[" * 50_000, b"9" * 400, b'"\\ud83d"', b"\x00", b"{}", b"[]", b"-1", b'""', b"1e999", b"")


def mutated(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    until = min(len(raw), at + chance.choice((0, 1, 1, 5, 40)))
    return raw[:at] + chance.choice((*HURTS, raw, bytes([chance.randrange(256)]))) + raw[until:]


def test_five_thousand_mutations_of_what_the_child_says_escape_nowhere(connector: Connector) -> None:
    chance = random.Random(9)
    raws = [wire.encode(event) for event in EVENTS]
    bound = Bound(account="79161234567", title="", settings={"device": "x", "child": ""})
    dead = 0
    for n in range(5_000):
        raw = mutated(raws[n % len(raws)], chance)
        found = connector.understand(bound, StoredArrival("again", 1, raw))
        assert found.raw == raw
        assert found.provider_id
        dead += bool(found.problem)
    assert 500 < dead < 5_000


def test_every_kind_of_event_is_read_and_bears_an_id_of_its_own() -> None:
    found = [convert.arrival(wire.encode(event), 1 << 20, NOON) for event in EVENTS]
    assert [one.problem for one in found] == [""] * (len(EVENTS) - 1) + ["Message: DecodeError"]
    assert len({one.provider_id for one in found}) == len(EVENTS)


@pytest.mark.parametrize("at", [0, -1, 9_223_372_036_854_775_807, 253_402_300_799_000_000])
def test_a_time_at_which_nothing_was_written_is_that_of_the_arrival(at: int) -> None:
    (heard,) = [
        one
        for one in convert.arrival(wire.encode(wire.Message(chat=WHO, id="1", at=at, text="да")), 1, NOON).events
        if isinstance(one, MessageArrived)
    ]
    assert heard.at == NOON


@pytest.mark.parametrize("phone", ABROAD)
def test_a_number_of_another_country_stays_what_it_is_on_its_way_out(phone: str) -> None:
    digits = phone[1:]
    spelled = (phone, digits, f"+{digits[:2]} ({digits[2:5]}) {digits[5:]}", f"{digits}@s.whatsapp.net")
    assert {convert.jid(one) for one in spelled} == {f"{digits}@s.whatsapp.net"}
    sent = plan(Outbound(message_id=MessageId(1), key="0" * 32, address=phone, text="Да"))
    assert [one.to for one in sent] == [f"{digits}@s.whatsapp.net"]


@pytest.mark.parametrize("phone", ABROAD)
async def test_a_number_of_another_country_is_answered_at_that_number(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox, phone: str
) -> None:
    linh = Customer(number=7003, name="Линь", phone=phone)
    await sandbox.say(linh, "Xin chào")
    (heard,), _ = await collect(session, 1, None)
    assert (heard.peer.key, heard.peer.address, heard.sender.phone) == (phone, phone, phone)
    receipt = await session.send(Outbound(message_id=MessageId(1), key="0" * 32, address=heard.peer.address, text="Да"))
    assert [one.text for one in await sandbox.heard(linh)] == ["Да"]
    await session.edit(heard.peer.address, receipt.ids[0], "Да!")
    assert await session.find(phone) is not None
    found = convert.arrival(wire.encode(wire.Message(chat=wire.Who(phone=phone[1:]), id="1", at=1)), 1, NOON)
    assert {one.peer.key for one in found.events if isinstance(one, PeerMoved)} == {phone}


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("+84 912 345 678", "84912345678"),
        (" +852 9123-4567", "85291234567"),
        ("8 (916) 123-45-67", "79161234567"),
        ("+8 916 123-45-67", "89161234567"),
        ("9161234567", "79161234567"),
    ],
)
def test_the_accounts_own_number_is_respelled_only_where_a_russian_typed_it(typed: str, digits: str) -> None:
    assert phone.typed(typed) == digits


async def test_a_session_goes_on_over_lines_that_cannot_be_read(
    connector: Connector, bound: Bound, sandbox: WhatsAppWebSandbox
) -> None:
    anna = Customer(number=7001, name="Анна", phone="+79160000001")
    async with connector.open(ChannelId(1), bound) as session:
        for value in HURTS:
            await sandbox.say_oddly(anna, "странно", value)
        await sandbox.say(anna, "обычно")
        found, cursor = await collect(session, 1, None)
        while found[-1].text != "обычно":
            more, cursor = await collect(session, 1, cursor)
            found += more
    assert {one.text for one in found} <= {"странно", "обычно"}
