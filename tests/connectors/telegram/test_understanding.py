"""Reading what arrived or was kept raw: whatever its bytes, nothing escapes and nothing readable is lost."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.convert import arrival
from chatapp_cli.connectors.telegram.names import View
from chatapp_cli.domain.arrival import MessageArrived, MessageEdited, MessagesDeleted
from chatapp_cli.kit.manifests import create
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import StoredArrival
from chatapp_cli.sandbox.telegram.files import Tomorrow

ME, ANNA, BORIS, GROUP = 5, 7, 8, 30
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
NOW = 1_795_338_000_000
PEOPLE = {
    ME: tl.User(ME, is_self=True, access_hash=1, first_name="Ёлочный базар"),
    ANNA: tl.User(ANNA, access_hash=2, first_name="Анна", username="anna_b", phone="79160000001"),
    BORIS: tl.User(BORIS, access_hash=3, first_name="Борис"),
    -GROUP: tl.Chat(GROUP, "Опт", tl.ChatPhotoEmpty(), 2, AT, 1),
}
VIEW = View(me=ME, max_download=1000, entities=PEOPLE, now=NOW)
CONNECTOR = create("telegram", system_world())
BOUND = Bound(account=str(ME), title="Ёлочный базар")


def message(peer: Any, **said: Any) -> Any:
    return tl.Message(id=9, peer_id=peer, date=AT, **{"message": "", **said})


def parcels() -> list[bytes]:
    """Everything that is kept raw, one of a kind."""
    everything = [
        tl.UpdateNewMessage(message(tl.PeerUser(ANNA), message="Есть ели?"), 1, 1),
        tl.UpdateNewMessage(message(tl.PeerChat(GROUP), message="🎄", from_id=tl.PeerUser(ANNA)), 1, 1),
        tl.UpdateEditMessage(message(tl.PeerUser(ANNA), message="Есть пихты?", edit_date=AT), 1, 1),
        tl.UpdateDeleteMessages([1, 2, 3], 1, 1),
        tl.UpdateReadHistoryOutbox(tl.PeerUser(ANNA), 9, 1, 1),
        tl.UpdateNewMessage(message(tl.PeerUser(ANNA), media=tl.MessageMediaGeo(tl.GeoPoint(37.6, 55.7, 0))), 1, 1),
        tl.UpdateMessageReactions(
            tl.PeerUser(ANNA),
            9,
            tl.MessageReactions(
                results=[],
                recent_reactions=[tl.MessagePeerReaction(tl.PeerUser(ANNA), AT, tl.ReactionEmoji("👍"))],
            ),
        ),
    ]
    found = [arrival(update, VIEW) for update in everything]
    page = tl.updates.Difference(
        [message(tl.PeerUser(ANNA), message="Ау")], [], [], [], [PEOPLE[ANNA]], tl.updates.State(1, 0, AT, 0, 0)
    )
    return [*(one.raw for one in found if one is not None), bytes(page), b'{"old":"+7916","new":"7","title":"Anna"}']


@pytest.mark.parametrize("odd", [{"message": 5}, {"message": "Да", "entities": [5]}, {"date": "x", "message": "Да"}])
def test_a_message_that_cannot_be_read_has_a_placeholder_in_its_chat(odd: dict[str, Any]) -> None:
    one = message(tl.PeerChat(GROUP), from_id=tl.PeerUser(ANNA))
    for name, value in odd.items():
        setattr(one, name, value)
    found = arrival(tl.UpdateNewMessage(one, 1, 1), VIEW)
    assert found is not None
    assert found.problem
    (shown,) = found.events
    assert isinstance(shown, MessageArrived)
    assert (shown.peer.key, shown.peer.title, shown.ext_id) == (str(-GROUP), "Опт", "9")
    assert (shown.sender.name, shown.text, shown.placeholder) == ("Анна", "", True)
    assert shown.at == (NOW if "date" in odd else int(AT.timestamp() * 1000))


def test_a_change_that_cannot_be_read_has_no_placeholder() -> None:
    one = message(tl.PeerUser(ANNA), message="Да")
    one.message = 5
    found = arrival(tl.UpdateEditMessage(one, 1, 1), VIEW)
    assert found is not None
    assert (bool(found.problem), found.events) == (True, ())


def mutated(raw: bytes, chance: random.Random) -> bytes:
    content = bytearray(raw)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(content) + 1)
        kind = chance.randrange(5)
        if kind == 0 and content:
            content[place % len(content)] = chance.randrange(256)
        elif kind == 1:
            content[place:place] = chance.randbytes(chance.randint(1, 8))
        elif kind == 2:
            del content[place : place + chance.randint(1, 8)]
        elif kind == 3:
            content[place : place + 4] = chance.choice([b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f", b"\0\0\0\x80"])
        else:
            del content[place:]
    return bytes(content)


@pytest.mark.parametrize("seed", range(5))
def test_of_a_thousand_mutations_none_escapes(seed: int) -> None:
    chance, kept = random.Random(seed), parcels()
    for _ in range(1000):
        raw = mutated(chance.choice(kept), chance)
        found = CONNECTOR.understand(BOUND, StoredArrival("again", NOW, raw))
        assert found.raw == raw
        assert found.provider_id


@given(st.binary(max_size=300))
def test_any_bytes_are_an_arrival(raw: bytes) -> None:
    assert CONNECTOR.understand(BOUND, StoredArrival("again", NOW, raw)).raw == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{}",
        b'{"old":null,"new":1}',
        b"[" * 100_000,
        b'{"old":' + b"[" * 100_000,
        b"\xa1\xcf\x72\x30" + b"\x2e\x22\x00\x70" * 5000,
        (0xE317AF7E).to_bytes(4, "little"),
        bytes(tl.UpdatesTooLong()),
        bytes(tl.UpdateShort(tl.UpdateConfig(), AT)),
    ],
)
def test_what_is_no_update_is_a_dead_letter_with_its_reason(raw: bytes) -> None:
    found = CONNECTOR.understand(BOUND, StoredArrival("again", NOW, raw))
    assert found.problem
    assert found.events == ()


def test_a_binding_without_a_number_is_no_reason_to_raise() -> None:
    assert CONNECTOR.understand(Bound(account="", title=""), StoredArrival("again", NOW, parcels()[0])).problem


def test_a_page_that_could_not_be_read_is_understood_once_it_can_be() -> None:
    found = CONNECTOR.understand(BOUND, StoredArrival("again", NOW, parcels()[-2]))
    assert [event.text for event in found.events if isinstance(event, MessageArrived)] == ["Ау"]


def test_login_codes_in_a_page_stay_unread_even_then() -> None:
    page = tl.messages.Messages([message(tl.PeerUser(777_000), message="Login code: 24680")], [], [], [])
    assert CONNECTOR.understand(BOUND, StoredArrival("again", NOW, bytes(page))).events == ()


def lasting(seconds: float) -> Any:
    """A video of a length that no clock shows."""
    attributes = [tl.DocumentAttributeVideo(seconds, 640, 480)]
    return tl.MessageMediaDocument(document=tl.Document(1, 2, b"", AT, "video/mp4", 500, 2, attributes))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"media": lasting(float("nan"))}, "Есть ели?\n[Document]"),
        ({"media": lasting(float("inf"))}, "Есть ели?\n[Document]"),
        ({"media": tl.MessageMediaPhoto(photo=tl.Photo(1, 2, b"", AT, [], 2))}, "Есть ели?"),
        ({"media": tl.MessageMediaDocument(document=tl.DocumentEmpty(1))}, "Есть ели?"),
        ({"media": tl.MessageMediaPhoto()}, "Есть ели?"),
        ({"entities": [tl.MessageEntityTextUrl(-5, -7, "https://a.example")]}, "Есть ели?"),
        ({"entities": [tl.MessageEntityTextUrl(2**31 - 1, 2**31 - 1, "")]}, "Есть ели?"),
        ({"reply_to": tl.MessageReplyStoryHeader(tl.PeerUser(ANNA), 3)}, "Есть ели?"),
        ({"fwd_from": tl.MessageFwdHeader(AT)}, "↪ \nЕсть ели?"),
        ({"media": Tomorrow(b"?")}, "Есть ели?"),
    ],
)
def test_the_words_arrive_whatever_is_odd_around_them(said: dict[str, Any], shown: str) -> None:
    found = arrival(tl.UpdateNewMessage(message(tl.PeerUser(ANNA), message="Есть ели?", **said), 1, 1), VIEW)
    assert found is not None
    (event,) = found.events
    assert isinstance(event, MessageArrived)
    assert event.text.split(" (https")[0] == shown


@pytest.mark.parametrize("year", [1902, 1970, 2037])
def test_a_time_at_which_nothing_was_written_is_that_of_the_arrival(year: int) -> None:
    date = datetime(year, 1, 19, tzinfo=UTC)
    odd = message(tl.PeerUser(ANNA), message="Есть ели?")
    odd.date = date
    found = arrival(tl.UpdateNewMessage(odd, 1, 1), VIEW)
    assert found is not None
    (event,) = found.events
    assert isinstance(event, MessageArrived)
    assert (event.text, event.at) == ("Есть ели?", VIEW.now)


# Who changed a message


@pytest.mark.parametrize(
    ("peer", "said", "from_us", "by"),
    [
        (tl.PeerUser(ANNA), {}, False, str(ANNA)),
        (tl.PeerUser(ANNA), {"out": True}, True, str(ME)),
        (tl.PeerChat(GROUP), {"from_id": tl.PeerUser(BORIS)}, False, str(BORIS)),
        (tl.PeerChat(GROUP), {"from_id": tl.PeerUser(ME), "out": True}, True, str(ME)),
    ],
)
def test_an_edit_names_whoever_wrote_the_message(peer: Any, said: dict[str, Any], from_us: bool, by: str) -> None:
    changed = message(peer, message="100 000 ₽", **said)
    written, edited = (
        arrival(tl.UpdateNewMessage(changed, 1, 1), VIEW),
        arrival(tl.UpdateEditMessage(changed, 2, 1), VIEW),
    )
    assert written is not None
    assert edited is not None
    (first,), (second,) = written.events, edited.events
    assert isinstance(first, MessageArrived)
    assert isinstance(second, MessageEdited)
    assert (second.from_us, second.by.id) == (from_us, by) == (first.from_us, first.sender.id)


def test_of_a_deletion_telegram_does_not_tell_who_did_it() -> None:
    found = arrival(tl.UpdateDeleteMessages([9], 1, 1), VIEW)
    assert found is not None
    (event,) = found.events
    assert isinstance(event, MessagesDeleted)
    assert (event.from_us, event.by.id) == (None, "")
