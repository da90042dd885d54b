"""What a program may post, and what it is answered."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.connectors.api.api import MAX_BODY
from chatapp_cli.connectors.api.connector import ApiSession, create
from chatapp_cli.domain.arrival import (
    DeliveryChanged,
    IncomingFile,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    Peer,
    PeerChanged,
    Profile,
    ProviderEvent,
    ReactionsChanged,
)
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.message import State
from chatapp_cli.ports.connector import HookReply, StoredArrival
from tests.connectors.api.conftest import SECRET, Post, binding, request
from tests.contract.connector_contract import ODD
from tests.unit.kit.worlds import NOON, held_world

pytestmark = pytest.mark.req("S-111")

MORNING = 1_794_986_100_000
AT = {"at": "2026-11-18T10:15:00+03:00"}
MESSAGE = {"type": "message", "id": "m-1", "chat_id": "client-7", "text": "Ёлки есть?"}


def events(reply: HookReply) -> list[ProviderEvent]:
    return [event for arrival in reply.batch.arrivals for event in arrival.events]


def answer(reply: HookReply) -> Any:
    assert reply.content_type == "application/json"
    return msgspec.json.decode(reply.body)


def test_a_message_needs_only_its_ids_and_is_dated_by_us(post: Post) -> None:
    reply = post(MESSAGE)
    assert (reply.status, answer(reply)) == (200, {"accepted": 1})
    (message,) = events(reply)
    assert message == MessageArrived(
        peer=Peer(key="client-7", address="client-7"),
        ext_id="m-1",
        at=NOON,
        text="Ёлки есть?",
        sender=Profile(id="client-7"),
    )


def test_a_message_may_tell_everything(post: Post) -> None:
    sender = {"id": "7", "name": "Анна", "username": "anna", "phone": "+79160000001", "email": "anna@example.org"}
    files = [
        {"name": "ёлка.png", "mime": "image/png", "content": base64.b64encode(b"png").decode()},
        {"name": "план.pdf", "url": "http://files.example.org/plan"},
    ]
    more = {"chat_title": "Двор", "chat_kind": "group", "subject": "Заказ", "reply_to": "m-0", "from_us": True}
    (message,) = events(post(MESSAGE | AT | more | {"sender": sender, "files": files}))
    assert message == MessageArrived(
        peer=Peer(key="client-7", address="client-7", kind="group", title="Двор"),
        ext_id="m-1",
        at=MORNING,
        text="Ёлки есть?",
        subject="Заказ",
        sender=Profile(**sender),
        from_us=True,
        files=(
            IncomingFile(kind="photo", name="ёлка.png", mime="image/png", size=3, content=b"png"),
            IncomingFile(
                kind="document",
                name="план.pdf",
                mime="application/octet-stream",
                remote="http://files.example.org/plan",
            ),
        ),
        reply_to="m-0",
    )


@pytest.mark.parametrize(
    ("event", "meaning"),
    [
        (
            {"type": "message.edited", "id": "m-1", "chat_id": "c", "text": "иначе"},
            MessageEdited(peer_key="c", ext_id="m-1", at=MORNING, text="иначе", from_us=False),
        ),
        (
            {"type": "messages.deleted", "chat_id": "c", "ids": ["m-1", "m-2"]},
            MessagesDeleted(peer_key="c", ext_ids=("m-1", "m-2"), at=MORNING, from_us=False),
        ),
        (
            {"type": "status", "id": "m-9", "state": "failed", "code": "gone", "detail": "нет такого"},
            DeliveryChanged(ext_id="m-9", state=State.FAILED, at=MORNING, code="gone", detail="нет такого"),
        ),
        (
            {"type": "reaction", "id": "m-1", "chat_id": "c", "emoji": ["👍"], "sender": {"name": "Анна"}},
            ReactionsChanged(
                peer_key="c", ext_id="m-1", at=MORNING, emoji=("👍",), person=Profile(id="c", name="Анна")
            ),
        ),
        (
            {"type": "chat", "chat_id": "c", "chat_title": "Двор", "reachable": False},
            PeerChanged(
                peer=Peer(key="c", address="c", title="Двор"), at=MORNING, reachable=False, code="unreachable_chat"
            ),
        ),
    ],
)
def test_other_events_say_what_changed(post: Post, event: dict[str, Any], meaning: ProviderEvent) -> None:
    assert events(post(event | AT)) == [meaning]


def test_a_ping_is_answered_and_leaves_nothing(post: Post) -> None:
    reply = post({"type": "ping"})
    assert (reply.status, reply.batch.arrivals) == (200, [])


def test_several_events_come_in_one_webhook_in_order(post: Post) -> None:
    reply = post([MESSAGE, MESSAGE | {"id": "m-2"}, {"type": "status", "id": "m-9", "state": "read"}])
    assert answer(reply) == {"accepted": 3}
    assert [a.provider_id for a in reply.batch.arrivals] == [
        "message client-7 m-1",
        "message client-7 m-2",
        "event w-1 2",
    ]


@pytest.mark.parametrize("from_us", [True, False])
def test_who_changed_a_message_is_the_client_unless_the_wire_says_otherwise(post: Post, from_us: bool) -> None:
    about = {"chat_id": "c", "from_us": from_us, "sender": {"id": "7", "name": "Анна"}}
    edited, deleted = events(
        post(
            [
                about | {"type": "message.edited", "id": "m-1", "text": "иначе"},
                about | {"type": "messages.deleted", "ids": ["m-1"]},
            ]
        )
    )
    assert isinstance(edited, MessageEdited)
    assert isinstance(deleted, MessagesDeleted)
    profile = Profile(id="7", name="Анна")
    assert (edited.from_us, edited.by, deleted.from_us, deleted.by) == (from_us, profile, from_us, profile)


@pytest.mark.parametrize(
    "at",
    ["9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"],
)
def test_no_time_is_too_far_to_be_taken(post: Post, at: str) -> None:
    """The desk itself keeps times within its calendar."""
    reply = post([MESSAGE | {"at": at}, MESSAGE | {"id": "m-2"}])
    assert (reply.status, [event.ext_id for event in events(reply) if isinstance(event, MessageArrived)]) == (
        200,
        ["m-1", "m-2"],
    )


SENDER = b'"sender":{"id":"7","name":"Ann"}'


@pytest.mark.parametrize("value", [*ODD, b"1e999", b"NaN", b'"' + b"x" * 100_000 + b'"'], ids=len)
def test_a_field_that_nobody_knows_spoils_nothing_whatever_it_bears(post: Post, value: bytes) -> None:
    odd = b'{"odd":' + value + b',"type":"message","id":"m-1","chat_id":"c","text":"a",' + SENDER + b"}"
    for body in (odd, b'[{"type":"ping"},' + odd + b"]"):
        reply = post(body)
        assert reply.status == 200
        (arrival,) = reply.batch.arrivals
        (message,) = arrival.events
        assert isinstance(message, MessageArrived)
        assert (message.text, message.sender.name) == ("a", "Ann")
        assert value in arrival.raw


def test_a_message_that_cannot_be_read_has_a_placeholder_with_what_is_valid_of_its_place(post: Post) -> None:
    reply = post(MESSAGE | {"text": 5, "sender": {"id": "anna", "name": "Анна"}, "chat_kind": "cave"})
    (shown,) = reply.batch.arrivals[0].events
    assert isinstance(shown, MessageArrived)
    assert (shown.peer.key, shown.peer.kind, shown.ext_id) == (MESSAGE["chat_id"], "private", MESSAGE["id"])
    assert (shown.sender.id, shown.sender.name, shown.text, shown.placeholder) == ("anna", "Анна", "", True)


@pytest.mark.parametrize(
    ("value", "why"),
    [(ODD[0], "JSON has to be UTF-8, and byte 0xff is not"), (ODD[1], "brackets are nested too deeply")],
    ids=["bytes", "tower"],
)
def test_what_cannot_be_read_is_kept_and_told_in_words_and_the_rest_is_taken(
    post: Post, value: bytes, why: str
) -> None:
    good = msgspec.json.encode(MESSAGE)
    reply = post(b"[" + good + b',{"type":"message","id":"m-2","chat_id":"c","text":' + value + b"}," + good + b"]")
    assert (reply.status, answer(reply)) == (422, {"accepted": 2, "error": why})
    assert [bool(arrival.problem) for arrival in reply.batch.arrivals] == [False, True, False]
    assert value in reply.batch.arrivals[1].raw


def test_half_a_letter_and_a_mark_of_the_order_of_bytes_are_taken(post: Post) -> None:
    body = rb'{"type":"message","id":"m-1","chat_id":"c","text":"a\ud83d b \ud83c\udf84","sender":{"name":"\ud83d"}}'
    reply = post(b"\xef\xbb\xbf" + body)
    (message,) = events(reply)
    assert isinstance(message, MessageArrived)
    assert (reply.status, message.text, message.sender.name) == (200, "a\ufffd b 🎄", "\ufffd")
    assert post(b"\xef\xbb\xbf[" + body + b"]").status == 200


def test_utf_16_is_told_apart_from_json_that_is_malformed(post: Post) -> None:
    reply = post(msgspec.json.encode(MESSAGE).decode().encode("utf-16"))
    assert (reply.status, "this is UTF-16" in answer(reply)["error"]) == (422, True)


NULLS = ("at", "text", "subject", "sender", "reply_to", "files", "chat_title", "chat_kind", "from_us", "odd")


@pytest.mark.parametrize("name", NULLS)
def test_null_in_a_field_that_may_be_missing_is_as_if_it_were(post: Post, name: str) -> None:
    reply = post(MESSAGE | {name: None})
    (message,) = events(reply)
    assert isinstance(message, MessageArrived)
    assert (reply.status, message.text) == (200, "" if name == "text" else MESSAGE["text"])
    deep = MESSAGE | {
        "sender": {"id": None, "name": "Анна"},
        "files": [None, {"name": "x", "content": "eA==", "url": None}],
    }
    (message,) = events(post(deep))
    assert isinstance(message, MessageArrived)
    assert (message.sender.name, message.files[0].content) == ("Анна", b"x")


@pytest.mark.parametrize(
    "body", [b"", b" ", b"\xff", b"[", b"]", b'"', b"null", b"[null]", b'[{"type":null}]', b"[" * 9]
)
def test_no_signed_bytes_are_too_odd_to_be_answered(post: Post, body: bytes) -> None:
    reply = post(body)
    assert reply.status == 422
    assert answer(reply)["error"]
    assert all(arrival.problem for arrival in reply.batch.arrivals)


@pytest.mark.parametrize("body", [b"[]", b" [ ] ", b"\xef\xbb\xbf[]"])
def test_an_empty_array_is_answered_in_words_and_kept_by_nobody(post: Post, body: bytes) -> None:
    reply = post(body)
    assert (reply.status, reply.batch.arrivals) == (422, ())
    assert answer(reply) == {"accepted": 0, "error": "the array is empty: post at least one event"}


@given(st.binary(max_size=200))
def test_understanding_raises_at_nothing(raw: bytes) -> None:
    assert create(held_world()).understand(binding(), StoredArrival("again", NOON, raw)).problem


@pytest.mark.req("S-009", part="webhooks")
def test_the_same_message_again_is_the_same_thing_whatever_the_webhook(post: Post) -> None:
    (first,), (again,) = post(MESSAGE).batch.arrivals, post(MESSAGE, webhook_id="w-2").batch.arrivals
    assert first.provider_id == again.provider_id


def test_chats_may_number_their_messages_alike(post: Post) -> None:
    reply = post([MESSAGE, MESSAGE | {"chat_id": "client-8"}])
    assert len({a.provider_id for a in reply.batch.arrivals}) == 2


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ("{", "truncated"),
        ("[1", "does not end"),
        ({"type": "message", "id": "1"}, "`chat_id`"),
        (MESSAGE | {"text": 5}, "$.text"),
        (MESSAGE | {"id": ""}, "$.id"),
        (MESSAGE | {"id": "a b"}, "$.id"),
        (MESSAGE | {"at": "2026-11-20T10:15:00"}, "$.at"),
        (MESSAGE | {"files": [{"name": "x"}]}, "exactly one of `content` and `url` is needed - at `$.files[0]`"),
        (MESSAGE | {"files": [{"name": "x", "url": "file:///etc/passwd"}]}, "$.files[0].url"),
        (MESSAGE | {"files": [{"name": "x", "content": "%"}]}, "$.files[0].content"),
        ({"type": "status", "id": "1", "state": "sent"}, "$.state"),
        ({"type": "poem"}, "poem"),
        ("7", "object"),
    ],
)
def test_signed_nonsense_is_kept_as_a_dead_letter_and_the_sender_is_told(post: Post, event: object, why: str) -> None:
    reply = post(event)
    (arrival,) = reply.batch.arrivals
    assert reply.status == 422
    assert why in answer(reply)["error"]
    assert arrival.problem == answer(reply)["error"]
    sound = isinstance(event, dict) and all(event.get(name) == MESSAGE[name] for name in ("type", "id", "chat_id"))
    assert [type(one) for one in arrival.events] == [MessageArrived] * sound
    assert arrival.raw == (event.encode() if isinstance(event, str) else msgspec.json.encode(event))


def test_one_bad_event_does_not_hold_up_its_neighbours_and_may_be_mended(post: Post) -> None:
    broken = {"type": "status", "id": "m-9"}
    reply = post([MESSAGE, broken])
    mended = post([MESSAGE, broken | {"state": "read"}])
    kept, mended_ids = ([a.provider_id for a in r.batch.arrivals] for r in (reply, mended))
    assert (answer(reply)["accepted"], len(events(reply))) == (1, 1)
    assert set(mended_ids) - set(kept) == {"event w-1 1"}


def test_a_foreign_signature_leaves_nothing_behind(post: Post) -> None:
    reply = post(MESSAGE, secret="whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    assert (reply.status, reply.batch.arrivals) == (401, ())
    assert "signature" in answer(reply)["error"]


def test_an_old_webhook_is_not_believed(post: Post) -> None:
    assert post(MESSAGE, at=NOON - 301_000).status == 401


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"method": "GET"}, 405), ({"path": "more"}, 404), ({"body": b" " * (MAX_BODY + 1)}, 413), ({}, 401)],
)
def test_what_is_no_webhook_is_refused_with_words(session: ApiSession, changes: dict[str, Any], status: int) -> None:
    reply = session.accept(request(**{"body": b"{}", "headers": {}} | changes))
    assert (reply.status, reply.batch.arrivals) == (status, ())
    assert answer(reply)["error"]


def test_the_secret_is_in_no_repr(session: ApiSession) -> None:
    assert SECRET not in repr(vars(session))
    assert SECRET not in repr(request(b"", {"webhook-signature": SECRET}))


async def test_a_quiet_channel_proves_its_life_twice_a_minute(session: ApiSession, world: Any) -> None:
    stamps = []
    async for batch in session.events(None):
        assert batch.arrivals == ()
        stamps.append(world.clock.now() - NOON)
        if len(stamps) == 3:
            break
    assert stamps == [0, 30_000, 60_000]


async def test_a_link_that_leads_nowhere_is_rejected(session: ApiSession, tmp_path: Path) -> None:
    with pytest.raises(Rejected) as caught:
        await session.fetch("http://:80:80/", tmp_path / "file")
    assert caught.value.code == "file_refused"
