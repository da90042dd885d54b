"""Whatever MAX sends: readable words arrive, the rest is named or kept for a person, and nothing is held up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from chatapp_cli.connectors.max.connector import HookedSession, PollingSession
from chatapp_cli.connectors.max.convert import UNTOLD, Ears, arrival
from chatapp_cli.domain.arrival import MessageArrived
from chatapp_cli.domain.errors import NeedsRebind, OutcomeUnknown, RateLimited, Rejected, Retryable
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, HookRequest
from chatapp_cli.sandbox.max import MaxSandbox
from chatapp_cli.sandbox.max.server import Fault
from tests.contract.connector_contract import ANNA, ODD, ScriptedAsker, changed, collect
from tests.contract.max_schema import schema
from tests.contract.oddities import ODD_TEXTS, bent, told_until, with_odd_fields
from tests.unit.kit.worlds import NOON

BOT = "42"
EARS = Ears(BOT, NOON)
WORDS = "Здравствуйте, есть ёлки?"
PERSON = {"user_id": 7001, "first_name": "Анна", "is_bot": False, "last_activity_time": 1, "name": "Анна"}
FILE = {"url": "https://files.test/1", "token": "t"}
ATTACHMENTS: tuple[dict[str, Any], ...] = (
    {"type": "image", "payload": {**FILE, "photo_id": 1}},
    {"type": "video", "payload": FILE, "thumbnail": {"url": "https://files.test/2"}, "width": 1, "duration": 5},
    {"type": "audio", "payload": FILE, "transcription": "Алло"},
    {"type": "file", "payload": FILE, "filename": "Счёт.pdf", "size": 5},
    {"type": "sticker", "payload": {"url": "https://files.test/3", "code": "c"}, "width": 1, "height": 1},
    {"type": "contact", "payload": {"vcf_info": "FN:Пётр\nTEL:79160000003", "max_info": PERSON}},
    {"type": "inline_keyboard", "payload": {"buttons": [[{"type": "link", "text": "x", "url": "https://a.test"}]]}},
    {"type": "share", "payload": {"url": "https://a.test", "token": "t"}, "title": "Плед", "description": "x"},
    {"type": "location", "latitude": 55.75, "longitude": 37.61},
)
NEEDED = {
    *("update_type", "message", "message.recipient", "message.recipient.chat_id"),
    *("message.body", "message.body.text"),
}
"""Without the chat nobody knows where the words belong, and the words are what is to arrive."""


def created(*attachments: object, **more: Any) -> dict[str, Any]:
    """An update as MAX describes it, with everything that a message can bear."""
    body = {"mid": "mid.1", "seq": 116, "text": WORDS, "attachments": list(attachments)}
    body["markup"] = [{"type": "strong", "from": 0, "length": 3}]
    recipient = {"chat_id": 9, "chat_type": "dialog", "user_id": 42}
    message = {"recipient": recipient, "timestamp": 1, "sender": PERSON, "body": body, "stat": {"views": 1}, **more}
    return {"update_type": "message_created", "timestamp": 1_775_025_604_499, "user_locale": "ru", "message": message}


def samples() -> Iterator[dict[str, Any]]:
    for one in ATTACHMENTS:
        yield created(one)
    original = {"mid": "mid.0", "seq": 1, "text": "Раньше", "attachments": [ATTACHMENTS[0]]}
    for kind in ("forward", "reply"):
        yield created(link={"type": kind, "message": original, "sender": PERSON, "chat_id": 9})


def read(update: object) -> MessageArrived:
    found = arrival(json.dumps(update).encode(), EARS)
    assert found.problem == "", (found.problem, update)
    (event,) = found.events
    assert isinstance(event, MessageArrived)
    return event


def test_the_samples_are_what_max_describes() -> None:
    judge = schema()
    if judge is None:
        pytest.skip("MAX's published description is not here")
    assert [judge.update(one) for one in (created(ATTACHMENTS[0]), created(ATTACHMENTS[3]))] == [[], []]


def test_the_words_arrive_whichever_field_beside_them_is_odd() -> None:
    for update in samples():
        for path, odd, bad in with_odd_fields(update, NEEDED):
            assert WORDS in read(bad).text, (path, odd)


@pytest.mark.parametrize(
    ("attachment", "text"),
    [
        ({"type": "image"}, "[image]"),
        ({"type": "image", "payload": None}, "[image]"),
        ({"type": "image", "payload": 5}, "[image]"),
        ({"type": "video", "payload": {"url": 5, "token": None}, "duration": "long"}, ""),
        ({"type": "audio", "payload": {}}, "[audio]"),
        ({"type": "audio", "payload": [], "transcription": {}}, "[audio]"),
        ({"type": "file", "payload": {"url": None}, "size": "big"}, "[file]"),
        ({"type": "sticker", "payload": "x"}, "[sticker]"),
        ({"type": "contact", "payload": {"vcf_info": [5], "max_info": "x"}}, "[contact]"),
        ({"type": "contact"}, "[contact]"),
        ({"type": "share", "payload": None, "title": None}, "[share]"),
        ({"type": "location", "latitude": None, "longitude": 37.61}, "[location]"),
        ({"type": "location", "latitude": "north"}, "[location]"),
        ({"type": None}, "[attachment]"),
        ({}, "[attachment]"),
        (None, "[attachment]"),
        ("x", "[attachment]"),
        ({"type": "hologram", "payload": [1]}, "[hologram]"),
        ({"type": "inline_keyboard", "payload": 5}, ""),
    ],
)
def test_an_odd_attachment_is_named_beside_the_words(attachment: object, text: str) -> None:
    event = read(created(attachment, ATTACHMENTS[3]))
    lines = event.text.splitlines()
    assert lines[0] == WORDS
    assert lines[1:] == ([text] if text else [])
    assert event.files[-1].name == "Счёт.pdf", "the next one is not touched"


@pytest.mark.parametrize("odd", ["x", 5, {"type": "image"}, True])
def test_attachments_that_are_no_list_leave_a_trace(odd: object) -> None:
    event = read(changed(created(), ("message", "body", "attachments"), odd))
    assert event.text.splitlines()[0] == WORDS
    assert event.text.splitlines()[1].startswith("[")


@pytest.mark.parametrize("odd", [{}, ["x"], True])
def test_words_of_another_shape_have_a_placeholder_under_the_id_of_the_message(odd: object) -> None:
    unread = arrival(json.dumps(changed(created(), ("message", "body", "text"), odd)).encode(), EARS)
    whole = arrival(json.dumps(created()).encode(), EARS)
    (shown,), (message,) = unread.events, whole.events
    assert isinstance(shown, MessageArrived)
    assert isinstance(message, MessageArrived)
    assert unread.problem == "cannot be read: message.body.text"
    assert (shown.placeholder, shown.text, shown.ext_id) == (True, "", message.ext_id)
    assert unread.provider_id != whole.provider_id


REAL_VOICE = {"timestamp": 1_784_114_462_472, "user_locale": "ru", "update_type": "message_created"}
"""As bots have got it since July 2026: https://github.com/max-messenger/max-bot-api-client-ts/issues/250."""


@pytest.mark.parametrize(
    ("update", "where"),
    [
        (REAL_VOICE, UNTOLD),
        ({**REAL_VOICE, "message": None}, UNTOLD),
        ({**REAL_VOICE, "chat_id": 9, "user": PERSON}, "9"),
        ({**REAL_VOICE, "message": {"recipient": {"chat_id": 9}, "timestamp": 5, "sender": PERSON}}, "9"),
    ],
)
def test_a_voice_that_max_does_not_hand_over_is_shown_as_one(update: dict[str, Any], where: str) -> None:
    event = read(update)
    assert (event.text, event.peer.address) == ("[voice]", where)
    assert read(update).ext_id == event.ext_id


def test_two_voices_are_two() -> None:
    assert read(REAL_VOICE).ext_id != read({**REAL_VOICE, "timestamp": 1_784_114_462_473}).ext_id


async def test_where_nobody_is_named_nobody_is_answered(session: PollingSession) -> None:
    message = Outbound(message_id=MessageId(1), key="k" * 32, address=UNTOLD, text="Да")
    with pytest.raises(Rejected, match="nobody_named"):
        await session.send(message)
    assert await session.reconcile(message) is None


@pytest.mark.parametrize("kind", ["dialog_cleared", "dialog_muted", "dialog_unmuted", "message_painted"])
def test_updates_that_nobody_asked_for_are_no_alarm(kind: str) -> None:
    found = arrival(json.dumps({"update_type": kind, "timestamp": 1, "chat_id": 9, "user": PERSON}).encode(), EARS)
    assert (found.problem, tuple(found.events)) == ("", ())


@pytest.mark.parametrize("at", [0, -1, 9999, 1_700_000_000, 253_402_300_799_000_000, 10**30, 1e300, None, "now"])
def test_no_time_of_the_outside_world_takes_the_words_away(at: object) -> None:
    update = {**changed(created(), ("message", "timestamp"), at), "timestamp": at}
    assert read(update).text == WORDS
    for kind in ("message_edited", "bot_started", "bot_stopped", "user_added", "message_removed"):
        more = {"update_type": kind, "chat_id": 9, "message_id": "mid.1", "user_id": 1, "user": PERSON}
        assert arrival(json.dumps({**update, **more}).encode(), EARS).problem == ""


def test_nothing_escapes_whatever_the_bytes_are() -> None:
    seeds = [json.dumps(one, ensure_ascii=False).encode() for one in samples()]
    for raw in bent(seeds):
        found = arrival(raw, EARS)
        assert found.raw == raw
        assert found.provider_id


def spoken(mid: str, text: bytes) -> bytes:
    update = changed(changed(created(), ("message", "body", "mid"), mid), ("message", "body", "text"), "<words>")
    return json.dumps(update).encode().replace(b'"<words>"', text)


class Told:
    """MAX that gives these updates by asking, whatever they are."""

    def __init__(self, *updates: bytes) -> None:
        self.updates = updates

    async def give(self, request: web.Request) -> web.Response:
        first = int(request.query["marker"])
        given = self.updates[first:][: int(request.query["limit"])]
        body = b'{"updates":[' + b",".join(given) + b'],"marker":%d}' % (first + len(given))
        return web.Response(body=body, content_type="application/json")

    async def subscriptions(self, _request: web.Request) -> web.Response:
        return web.json_response({"subscriptions": []})


@pytest.mark.parametrize(("odd", "dead"), ODD_TEXTS)
async def test_the_good_ones_around_an_odd_update_arrive_and_the_odd_one_is_kept(
    connector: Connector, bound: Bound, odd: bytes, dead: int
) -> None:
    told = Told(spoken("mid.1", b'"one"'), spoken("mid.2", odd), spoken("mid.3", b'"three"'))
    app = web.Application()
    app.add_routes([web.get("/updates", told.give), web.get("/subscriptions", told.subscriptions)])
    async with TestServer(app) as place:
        there = replace(bound, settings={**bound.settings, "api_url": str(place.make_url("")).rstrip("/")})
        async with connector.open(ChannelId(1), there) as session:
            texts, problems = await told_until("three", session.events("0"))
    assert (texts[0], texts[-1]) == ("one", "three")
    assert len(problems) == dead
    assert all(odd in one.raw for one in problems)


@pytest.mark.parametrize("value", ODD)
async def test_what_was_said_oddly_while_max_had_forgotten_us_is_read_back(
    connector: Connector, sandbox: MaxSandbox, value: bytes
) -> None:
    sandbox.public_url = "http://127.0.0.1:1"
    hooked = await connector.bind(ScriptedAsker(sandbox.answers))
    await hooked.memory.save({f"chat:{sandbox.town.dialog(ANNA).id}": "1"})
    await sandbox.say(ANNA, "раз")
    await sandbox.say_oddly(ANNA, "странно", value)
    await sandbox.say(ANNA, "два")
    async with connector.open(ChannelId(1), hooked) as session, aclosing(session.events("seen:1")) as batches:
        async with asyncio.timeout(10):
            found = (await anext(batches)).arrivals
    texts = [event.text for one in found for event in one.events if isinstance(event, MessageArrived)]
    assert texts == ["раз", "странно", "два"]


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"\xff\xfe", b"[" * 100_000, b'{"update_type":"message_created","message":5}', b"5"]
)
async def test_a_call_that_cannot_be_read_is_answered_and_kept(
    connector: Connector, sandbox: MaxSandbox, body: bytes
) -> None:
    sandbox.public_url = "http://127.0.0.1:1"
    hooked = await connector.bind(ScriptedAsker(sandbox.answers))
    headers = {"x-max-bot-api-secret": hooked.secrets["hook_secret"]}
    call = HookRequest(method="POST", path="", query={}, headers=headers, body=body)
    async with connector.open(ChannelId(1), hooked) as session:
        assert isinstance(session, HookedSession)
        reply = session.accept(call)
        assert session.accept(replace(call, headers={})).status == 401
    (kept,) = reply.batch.arrivals
    assert (reply.status, kept.raw, bool(kept.problem)) == (200, body, True)


async def test_a_refusal_of_one_chat_leaves_the_account_proved_and_another_token_does_not(
    session: PollingSession, sandbox: MaxSandbox
) -> None:
    await sandbox.say(ANNA, "Есть?")
    message = Outbound(message_id=MessageId(1), key="k" * 32, address=str(sandbox.town.dialog(ANNA).id), text="Да")
    for words in ("error.dialog.suspended", "blocked by a firewall"):
        sandbox.faults.append(Fault("POST", "/messages", 403, "access.denied", words))
        with pytest.raises(Rejected):
            await session.send(message)
        await session.prove()
    await sandbox.end_login()
    with pytest.raises(NeedsRebind, match="unauthorised"):
        await session.prove()


async def test_a_renewal_keeps_its_place_in_the_queue(connector: Connector, sandbox: MaxSandbox, bound: Bound) -> None:
    await sandbox.end_login()
    await sandbox.say(ANNA, "пока не было связи")
    again = await connector.bind(ScriptedAsker(sandbox.answers), previous=bound)
    assert again.cursor is None, "the stored one stays"
    async with connector.open(ChannelId(1), again) as session:
        (message,), _ = await collect(session, 1, bound.cursor)
    assert message.text == "пока не было связи"


@pytest.mark.parametrize("said", ["inf", "-5", "soon", "0", "", "1e400"])
async def test_a_pause_that_no_clock_can_show_is_a_short_one(
    session: PollingSession, sandbox: MaxSandbox, said: str
) -> None:
    sandbox.faults.append(Fault("GET", "/updates", 429, "too.many.requests", "x", {"Retry-After": said}))
    with pytest.raises(RateLimited) as caught:
        await anext(aiter(session.events("1")))
    assert caught.value.retry_after == 2


@pytest.mark.parametrize(
    ("words", "gone"), [("message.not.found", True), ("Message not found", True), ("it is too old", False)]
)
async def test_a_deletion_that_max_refuses_in_a_good_answer_is_one_only_if_the_message_is_there(
    session: PollingSession, sandbox: MaxSandbox, words: str, gone: bool
) -> None:
    sandbox.faults.append(Fault("DELETE", "/messages", 200, answer={"success": False, "message": words}))
    if gone:
        await session.delete("9", "mid.1")
    else:
        with pytest.raises(Rejected, match="refused it is too old"):
            await session.delete("9", "mid.1")


async def test_a_message_that_went_out_and_has_no_id_in_the_answer_is_uncertain(
    session: PollingSession, sandbox: MaxSandbox
) -> None:
    await sandbox.say(ANNA, "Есть?")
    address = str(sandbox.town.dialog(ANNA).id)
    bare = {"message": {"recipient": {"chat_id": 9}, "poison": "no body"}}
    sandbox.faults.append(Fault("POST", "/messages", 200, answer=bare))
    with pytest.raises(OutcomeUnknown, match="strange_answer"):
        await session.send(Outbound(message_id=MessageId(1), key="k" * 32, address=address, text="Да"))


async def test_an_answer_that_is_no_answer_is_asked_for_again_later(
    session: PollingSession, sandbox: MaxSandbox
) -> None:
    sandbox.faults.append(Fault("GET", "/updates", 503, "", "<html>"))
    with pytest.raises(Retryable):
        await anext(aiter(session.events("1")))
