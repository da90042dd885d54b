"""Meta calls us: only with its signature, any number of times, in any order, several things at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp_cli.connectors.whatsapp import convert
from chatapp_cli.connectors.whatsapp.connector import WhatsAppSession
from chatapp_cli.connectors.whatsapp.people import Book
from chatapp_cli.domain.arrival import (
    DeliveryChanged,
    MessageArrived,
    MessageEdited,
    MessagesDeleted,
    PeerChanged,
    ReactionsChanged,
)
from chatapp_cli.domain.message import State
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, HookRequest, StoredArrival
from chatapp_cli.sandbox.stage import StageFile
from chatapp_cli.sandbox.whatsapp import WhatsAppSandbox
from chatapp_cli.sandbox.whatsapp.meta import NUMBER
from chatapp_cli.sandbox.whatsapp.server import VERIFY_TOKEN
from tests.connectors.whatsapp.calls import KEY, TEXT, call, of, out, payload, signed, taken
from tests.contract.connector_contract import ANNA, BORIS, ODD
from tests.unit.kit.worlds import NOON

pytestmark = pytest.mark.req("S-043")
USER = "RU.1000000000007001"


@pytest.mark.parametrize(
    ("changes", "status", "body"),
    [
        ({}, 200, b"1158201444"),
        ({"hub.verify_token": "another"}, 403, b""),
        ({"hub.mode": "unsubscribe"}, 403, b""),
    ],
)
def test_the_handshake_says_the_challenge_back_to_whoever_knows_the_token(
    session: WhatsAppSession, changes: dict[str, str], status: int, body: bytes
) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444", **changes}
    reply = session.accept(HookRequest(method="GET", path="", query=query, headers={}, body=b""))
    assert (reply.status, reply.body) == (status, body)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"headers": {}}, 401),
        ({"headers": {"x-hub-signature-256": "sha256=" + "0" * 64}}, 401),
        ({"headers": {"x-hub-signature-256": "sha256=ключ"}}, 401),
        ({"body": b'{"entry": [ ]}'}, 401),
        ({"path": "more"}, 404),
        ({"method": "PUT"}, 405),
    ],
)
def test_what_is_not_proved_to_be_metas_stores_nothing(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, changes: dict[str, Any], status: int
) -> None:
    request = signed(sandbox, json.dumps(payload({"messages": [TEXT]})).encode())
    parts = {name: getattr(request, name) for name in ("method", "path", "query", "headers", "body")}
    reply = session.accept(HookRequest(**{**parts, **changes}))
    assert (reply.status, reply.batch.arrivals) == (status, ())


def test_the_signature_is_over_the_raw_body(session: WhatsAppSession, sandbox: WhatsAppSandbox) -> None:
    spaced = json.dumps(payload({"messages": [TEXT]}), indent=3).encode()
    assert len(session.accept(signed(sandbox, spaced)).batch.arrivals) == 1


def test_one_webhook_may_bring_many_things_and_each_stands_for_itself(
    session: WhatsAppSession, sandbox: WhatsAppSandbox
) -> None:
    other = {**TEXT, "id": "wamid.2", "from": "7917"}
    broken = {**TEXT, "id": "wamid.3", "type": 5}
    status = {"id": "wamid.0", "status": "sent", "timestamp": "1795000000", "recipient_id": "7916"}
    reply = call(session, sandbox, payload({"messages": [TEXT, broken, other]}, {"statuses": [status]}))
    first, bad, second, last = reply.batch.arrivals
    assert [arrival.provider_id for arrival in (first, second, last)] == ["wamid.1", "wamid.2", "wamid.0 sent"]
    assert "a message without id or type" in bad.problem
    assert [(event.ext_id, event.placeholder) for event in of(MessageArrived, bad.events)] == [("wamid.3", True)]
    assert [type(event) for event in second.events] == [MessageArrived]
    assert reply.status == 200


def test_the_same_thing_again_has_the_same_id_whatever_came_beside_it(
    session: WhatsAppSession, sandbox: WhatsAppSandbox
) -> None:
    once = call(session, sandbox, payload({"messages": [TEXT]})).batch.arrivals
    again = call(session, sandbox, payload({"messages": [{**TEXT, "id": "wamid.0"}, TEXT]})).batch.arrivals
    assert once[0].provider_id == again[1].provider_id == "wamid.1"


def test_each_state_of_a_message_is_a_thing_of_its_own(session: WhatsAppSession, sandbox: WhatsAppSandbox) -> None:
    status = {"id": "wamid.0", "timestamp": "1795000000", "recipient_id": "7916"}
    told = [{**status, "status": state} for state in ("read", "delivered", "sent", "played", "imagined")]
    arrivals = call(session, sandbox, payload({"statuses": told})).batch.arrivals
    assert len({arrival.provider_id for arrival in arrivals}) == len(told)
    states = [event.state for arrival in arrivals for event in of(DeliveryChanged, arrival.events)]
    assert states == [State.READ, State.DELIVERED, State.SENT, State.READ]


def test_what_came_for_another_number_is_confirmed_and_kept_for_a_person(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, connector: Connector, bound: Bound
) -> None:
    status = {"id": "wamid.0", "status": "sent", "timestamp": "1795000000", "recipient_id": "7916"}
    body = payload({"messages": [TEXT, {**TEXT, "id": "wamid.2"}]}, {"statuses": [status]}, number="106549999999999")
    reply = call(session, sandbox, body)
    assert reply.status == 200
    assert [(arrival.events, arrival.problem) for arrival in reply.batch.arrivals] == [
        ((), "it came for another number of ours, 106549999999999")
    ] * 2
    assert b"wamid.2" in reply.batch.arrivals[1].raw
    first = reply.batch.arrivals[0]
    again = connector.understand(bound, StoredArrival(first.provider_id, 1_795_000_000_000, first.raw))
    assert (again.events, again.problem) == ((), reply.batch.arrivals[0].problem)


@pytest.mark.parametrize("field", ["account_update", "message_template_status_update", "gossip"])
def test_other_news_of_the_account_are_answered_and_not_kept(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, field: str
) -> None:
    reply = call(session, sandbox, payload({"event": "APPROVED", "messages": "odd"}, field=field))
    assert (reply.status, list(reply.batch.arrivals)) == (200, [])


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"entry": 5}', b'{"entry": [{"changes": [{"field": 1}]}]}'])
def test_what_cannot_be_read_is_kept_for_a_person(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, body: bytes
) -> None:
    reply = session.accept(signed(sandbox, body))
    (arrival,) = reply.batch.arrivals
    assert (reply.status, arrival.raw, arrival.events) == (200, body, ())
    assert arrival.problem


@pytest.mark.parametrize(
    ("message", "stands"),
    [
        ({**TEXT, "id": ""}, []),
        ({name: said for name, said in TEXT.items() if name != "from"}, []),
        ({**TEXT, "type": None}, [(TEXT["from"], TEXT["id"])]),
        ({**TEXT, "id": 5}, []),
        (5, []),
        ({**TEXT, "type": "system", "system": {"type": "user_changed_number", "body": "?"}}, []),
    ],
)
def test_an_odd_message_is_kept_for_a_person_and_stands_in_its_dialog_where_that_is_known(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, message: object, stands: list[tuple[str, str]]
) -> None:
    (arrival,) = call(session, sandbox, payload({"messages": [message]})).batch.arrivals
    assert arrival.problem
    assert [type(event) for event in arrival.events] == [MessageArrived] * len(stands)
    shown = of(MessageArrived, arrival.events)
    assert [(event.sender.phone.lstrip("+"), event.ext_id) for event in shown if event.placeholder] == stands


DECORATIONS = (
    "timestamp", "context", "referral", "image", "location", "contacts", "interactive", "order", "reaction", "edit",
    "revoke", "system", "unsupported", "group_id", "to", "from_user_id", "odd",
)  # fmt: skip
VALUES = [*ODD, b"7", b'"x"', b"{}", b"[[]]", b"[null]", b"1e999", b"true"]


def odd_body(message: bytes, **beside: bytes) -> bytes:
    about = {b"metadata": b'{"phone_number_id":"%s"}' % NUMBER.encode(), b"messages": b"[%s]" % message}
    about |= {name.encode(): value for name, value in beside.items()}
    value = b"{" + b",".join(b'"%s":%s' % pair for pair in about.items()) + b"}"
    return b'{"entry":[{"changes":[{"field":"messages","value":%s}]}]}' % value


def plain(number: int) -> bytes:
    return b'{"from":"7916","id":"wamid.%d","timestamp":"1795000000","type":"text","text":{"body":"a"}}' % number


@pytest.mark.parametrize("value", VALUES, ids=len)
@pytest.mark.parametrize("name", DECORATIONS)
def test_no_decoration_takes_a_message_or_its_neighbours_away(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, name: str, value: bytes
) -> None:
    odd = plain(2)[:-1] + b',"%s":%s}' % (name.encode(), value)
    body = odd_body(b",".join((plain(1), odd, plain(3))))
    reply = session.accept(signed(sandbox, body))
    assert reply.status == 200
    assert [arrival.problem for arrival in reply.batch.arrivals] == [""] * 3
    assert [len(of(MessageArrived, arrival.events)) for arrival in reply.batch.arrivals] == [1] * 3
    (message,) = of(MessageArrived, reply.batch.arrivals[1].events)
    assert message.text.startswith("a")
    assert value in reply.batch.arrivals[1].raw


@pytest.mark.parametrize("value", VALUES, ids=len)
def test_whoever_is_introduced_oddly_is_heard_all_the_same(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, value: bytes
) -> None:
    for beside in ({"contacts": value}, {"contacts": b"[%s]" % value}, {"statuses": b"null"}, {"odd": value}):
        reply = session.accept(signed(sandbox, odd_body(plain(1), **beside)))
        (message,) = of(MessageArrived, [event for one in reply.batch.arrivals for event in one.events])
        assert (message.text, message.peer.key) == ("a", "+7916")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({**TEXT, "text": None}, "[text]"),
        ({**TEXT, "referral": 5}, "да\n[referral]"),
        ({**TEXT, "type": "contacts", "contacts": [5, {"name": {"formatted_name": "Борис"}}]}, "Борис\n[contacts]"),
        ({**TEXT, "type": "image", "image": {"id": "5", "caption": None, "voice": None, "filename": None}}, ""),
    ],
)
def test_what_cannot_be_read_of_a_message_is_named_in_brackets(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, message: dict[str, Any], text: str
) -> None:
    (arrival,) = call(session, sandbox, payload({"messages": [message]})).batch.arrivals
    (heard,) = of(MessageArrived, arrival.events)
    assert heard.text == text


@pytest.mark.parametrize(
    ("content", "name"),
    [({"text": {"body": 5}}, "text"), ({"type": "location", "location": {"latitude": "north"}}, "location")],
)
def test_a_message_whose_content_alone_cannot_be_read_has_a_placeholder_under_its_id(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, content: dict[str, Any], name: str
) -> None:
    whole, odd = ({**TEXT, "id": "wamid.odd"}, {**TEXT, "id": "wamid.odd", **content})
    (unread,) = call(session, sandbox, payload({"messages": [odd]})).batch.arrivals
    (message,) = call(session, sandbox, payload({"messages": [whole]})).batch.arrivals
    (shown,) = of(MessageArrived, unread.events)
    assert (unread.problem, message.problem) == (f"cannot be read: {name}", "")
    assert (shown.placeholder, shown.text, shown.ext_id) == (True, "", "wamid.odd")
    assert unread.provider_id != message.provider_id


@pytest.mark.parametrize(
    "content", [{"text": {"body": "да"}}, {"image": {"id": "5"}}, {"location": {"latitude": 1, "longitude": 2}}]
)
def test_what_meta_shows_later_takes_the_place_of_what_stood_for_it(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, content: dict[str, Any]
) -> None:
    ext_id = sandbox.arrive_late(ANNA, {"type": next(iter(content)), **content})
    withheld, shown = (session.accept(signed(sandbox, body)).batch.arrivals[0] for body in sandbox.courier.waiting)
    sandbox.courier.waiting.clear()
    first, second = of(MessageArrived, [*withheld.events, *shown.events])
    assert (first.ext_id, first.placeholder, second.ext_id, second.placeholder) == (ext_id, True, ext_id, False)
    assert first.text == "[unknown]"
    assert withheld.provider_id != shown.provider_id, "the second one is no repetition of the first"


@pytest.mark.parametrize("group", ["", "Y2FwaV9ncm91cDo42"])
def test_an_edit_and_a_revoke_tell_who_did_it(session: WhatsAppSession, sandbox: WhatsAppSandbox, group: str) -> None:
    where = {"group_id": group} if group else {}
    about = {**TEXT, **where}
    edit = {**about, "id": "wamid.2", "type": "edit", "edit": {"original_message_id": "wamid.1", "message": TEXT}}
    revoke = {**about, "id": "wamid.3", "type": "revoke", "revoke": {"original_message_id": "wamid.1"}}
    reply = call(session, sandbox, payload({"messages": [about, edit, revoke]}))
    events = [event for arrival in reply.batch.arrivals for event in arrival.events]
    (written,), (edited,), (revoked,) = (
        of(MessageArrived, events),
        of(MessageEdited, events),
        of(MessagesDeleted, events),
    )
    by = written.sender.id if group else ""
    assert (edited.from_us, edited.by.id, revoked.from_us, revoked.by.id) == (False, by, False, by)
    echo = {**edit, "from": "7495", "to": "7916"}
    reply = call(session, sandbox, payload({"message_echoes": [echo]}, field="smb_message_echoes"))
    (ours,) = of(MessageEdited, [event for arrival in reply.batch.arrivals for event in arrival.events])
    assert (ours.from_us, ours.by.id) == (True, "")


@given(raw=st.binary(max_size=300))
def test_understanding_raises_at_nothing(raw: bytes) -> None:
    assert convert.arrival(raw, NUMBER, Book(), NOON).problem
    for body in (raw, odd_body(raw), odd_body(plain(1)[:-1] + b',"odd":' + raw + b"}"), odd_body(b"1", contacts=raw)):
        for arrival in convert.arrivals(body, NUMBER, Book(), NOON):
            convert.arrival(arrival.raw, NUMBER, Book(), NOON)


@pytest.mark.parametrize("stamp", [b"99999999999999999999", b"-1", b"0", b'"253402300800"', b"1e30"])
def test_no_time_is_too_far_to_be_taken(session: WhatsAppSession, sandbox: WhatsAppSandbox, stamp: bytes) -> None:
    odd = b'{"from":"7916","id":"wamid.1","timestamp":%s,"type":"text","text":{"body":"a"}}' % stamp
    reply = session.accept(signed(sandbox, odd_body(odd)))
    (message,) = of(MessageArrived, [event for one in reply.batch.arrivals for event in one.events])
    assert message.text == "a"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*TEXT, "image", "edit"]), inner, max_size=5)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(message=JSON, contacts=JSON)
def test_nothing_that_meta_could_invent_breaks_the_rest(message: object, contacts: object) -> None:
    value = {"metadata": {"phone_number_id": NUMBER}, "contacts": contacts, "messages": [message, TEXT]}
    body = json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()
    arrivals = convert.arrivals(body, NUMBER, Book(), NOON)
    assert all(arrival.events or arrival.problem for arrival in arrivals)
    assert arrivals


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"type": "text", "text": {"body": "Ёлка 🎄"}}, "Ёлка 🎄"),
        ({"type": "button", "button": {"payload": "yes", "text": "Да"}, "context": {"from": "7", "id": "w"}}, "Да"),
        (
            {
                "type": "interactive",
                "interactive": {
                    "type": "list_reply",
                    "list_reply": {"id": "1", "title": "Пихта", "description": "2 м"},
                },
                "context": {"from": "7", "id": "w"},
            },
            "Пихта",
        ),
        (
            {
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Беру"}},
                "context": {"from": "7", "id": "w"},
            },
            "Беру",
        ),
        (
            {
                "type": "contacts",
                "contacts": [{"name": {"formatted_name": "Пётр Ёлкин"}, "phones": [{"phone": "+7 916 000-00-09"}]}],
            },
            "Пётр Ёлкин +7 916 000-00-09",
        ),
        (
            {
                "type": "location",
                "location": {"latitude": 55.75, "longitude": 37.62, "name": "Базар", "address": "Лесная, 1"},
            },
            "Базар\nЛесная, 1\nhttps://www.openstreetmap.org/?mlat=55.750000&mlon=37.620000#map=17/55.750000/37.620000",
        ),
        (
            {
                "type": "order",
                "order": {
                    "catalog_id": "1",
                    "text": "Жду",
                    "product_items": [
                        {"product_retailer_id": "FIR", "quantity": 2, "item_price": 1990.5, "currency": "RUB"}
                    ],
                },
            },
            "Жду\n• FIR × 2, 1990.5 RUB",
        ),
        (
            {
                "type": "unsupported",
                "errors": [{"code": 131051, "title": "x", "message": "x", "error_data": {"details": "x"}}],
                "unsupported": {"type": "poll"},
            },
            "[poll]",
        ),
        (
            {
                "type": "text",
                "text": {"body": "Почём?"},
                "referral": {
                    "headline": "Ёлки",
                    "body": "Свежие",
                    "source_url": "https://example.org/ad",
                    "source_id": "1",
                    "source_type": "ad",
                    "media_type": "image",
                    "ctwa_clid": "x",
                },
            },
            "Почём?\n↪ Ёлки https://example.org/ad",
        ),
    ],
)
def test_everything_that_can_be_read_becomes_text(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, content: dict[str, Any], text: str
) -> None:
    ours = sandbox.arrive(ANNA, content)
    (message,) = of(MessageArrived, taken(session, sandbox))
    assert (message.text, message.ext_id) == (text, ours)


@pytest.mark.parametrize(
    ("file", "kind", "name"),
    [
        (StageFile(name="a.jpg", mime="image/jpeg", content=b"jpeg"), "photo", ".jpg"),
        (StageFile(name="a.mp4", mime="video/mp4", content=b"mp4"), "video", ".mp4"),
        (StageFile(name="a.ogg", mime="audio/ogg", content=b"ogg"), "voice", ".ogg"),
        (StageFile(name="a.mp3", mime="audio/mpeg", content=b"mp3"), "audio", ".mp3"),
        (StageFile(name="a.webp", mime="image/webp", content=b"webp"), "sticker", ".webp"),
        (StageFile(name="Прайс.pdf", mime="application/pdf", content=b"pdf"), "document", "Прайс.pdf"),
    ],
)
async def test_files_come_as_references_of_their_kind(
    session: WhatsAppSession, sandbox: WhatsAppSandbox, file: StageFile, kind: str, name: str
) -> None:
    await sandbox.say(ANNA, "Вот", files=[file])
    (message,) = of(MessageArrived, taken(session, sandbox))
    (found,) = message.files
    assert (found.kind, found.mime, message.text) == (kind, file.mime, "Вот")
    assert found.name.endswith(name)
    assert found.remote in sandbox.meta.files


async def test_a_quotation_a_reaction_an_edit_and_a_revoke_name_their_message(
    session: WhatsAppSession, sandbox: WhatsAppSandbox
) -> None:
    first = await sandbox.say(ANNA, "Две ёлки")
    sandbox.arrive(ANNA, {"type": "text", "text": {"body": "Это важно"}, "context": {"from": "7", "id": first}})
    sandbox.arrive(ANNA, {"type": "reaction", "reaction": {"message_id": first, "emoji": "👍"}})
    sandbox.arrive(ANNA, {"type": "reaction", "reaction": {"message_id": first}})
    changed = {"type": "text", "text": {"body": "Три ёлки"}}
    sandbox.arrive(ANNA, {"type": "edit", "edit": {"original_message_id": first, "message": changed}})
    sandbox.arrive(ANNA, {"type": "revoke", "revoke": {"original_message_id": first}})
    events = taken(session, sandbox)
    assert [message.reply_to for message in of(MessageArrived, events)] == ["", first]
    liked, taken_back = of(ReactionsChanged, events)
    assert (liked.peer_key, liked.ext_id, liked.emoji, liked.person.name) == (USER, first, ("👍",), ANNA.name)
    assert (taken_back.ext_id, taken_back.emoji, taken_back.person.id) == (first, (), liked.person.id)
    (edited,) = of(MessageEdited, events)
    assert (edited.peer_key, edited.ext_id, edited.text) == (USER, first, "Три ёлки")
    (revoked,) = of(MessagesDeleted, events)
    assert (revoked.peer_key, revoked.ext_ids) == (USER, (first,))


async def test_receipts_tell_how_far_a_message_got_and_bear_our_key(
    session: WhatsAppSession, sandbox: WhatsAppSandbox
) -> None:
    await sandbox.say(ANNA, "Почём?")
    receipt = await session.send(out("+79160000001"))
    await sandbox.say(ANNA, "Беру")
    told = of(DeliveryChanged, taken(session, sandbox))
    assert [event.state for event in told] == [State.SENT, State.DELIVERED, State.READ]
    assert {(event.ext_id, event.key) for event in told} == {(receipt.ids[0], KEY)}


async def test_a_message_outside_the_24_hours_fails_with_its_reason(
    session: WhatsAppSession, sandbox: WhatsAppSandbox
) -> None:
    sandbox.meta.client(BORIS)
    receipt = await session.send(out("+79160000002"))
    (failed,) = of(DeliveryChanged, taken(session, sandbox))
    assert (failed.ext_id, failed.state, failed.code) == (receipt.ids[0], State.FAILED, "window_closed")
    assert failed.detail.startswith("131047 More than 24 hours")


async def test_a_groups_name_and_its_end_are_told(session: WhatsAppSession, sandbox: WhatsAppSandbox) -> None:
    group = (await session.create_group("Опт", [])).peer
    await session.rename_group(group.key, "Опт и розница")
    await session.end_group(group.key)
    made, renamed, ended = of(PeerChanged, taken(session, sandbox))
    assert [event.peer.title for event in (made, renamed)] == ["Опт", "Опт и розница"]
    assert (ended.peer.key, ended.reachable, ended.code) == (group.key, False, "group_unknown")
