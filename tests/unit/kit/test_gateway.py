"""Gateways described as data: encoding, answers, calls, and what is said about a description that is wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.domain.arrival import Batch, DeliveryChanged, MessageArrived
from chatapp_cli.domain.errors import (
    ChannelError,
    Misconfigured,
    NeedsRebind,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Retryable,
    SendingBlocked,
    UsageError,
)
from chatapp_cli.domain.message import State
from chatapp_cli.kit import gateway_calls
from chatapp_cli.kit.gateway import Gateway, parse
from chatapp_cli.kit.gateway_client import FAULTS, GatewayClient, LoginRefused
from chatapp_cli.kit.gateway_template import dig, filled, filled_json, filled_table, gaps, plain
from chatapp_cli.kit.http import open_session
from chatapp_cli.ports.connector import HookRequest
from tests.unit.kit.worlds import NOON, held_world

pytestmark = pytest.mark.req("S-110")

KNOWN = frozenset({"phone", "text", "sender", "key", "secret", "login", "url", "values", "template"})
NEEDED = frozenset({"phone", "text"})
SECRET = "s3cret/of+trees"
NASTY = 'Ёлки & "палки"\n{text}\\ 100% +7 <b> 🎄 \u2028;='

PLAIN = """
[send]
url = "{url}/send"
form = { to = "{phone}", text = "{text}" }
"""


def described(text: str) -> Gateway:
    return parse(text, known=KNOWN, needed=NEEDED)


class Peer:
    """A gateway that answers as the test says, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer: Any = {"id": 17}
        self.status = 200
        self.headers: Mapping[str, str] = {}
        self.drops = False
        self.got: list[tuple[str, str, Mapping[str, str], bytes]] = []
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.server = TestServer(app)

    async def _answer(self, request: web.Request) -> web.Response:
        self.got.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        if self.drops:
            assert request.transport
            request.transport.close()
        text = self.answer if isinstance(self.answer, str) else json.dumps(self.answer)
        return web.Response(status=self.status, text=text, headers=self.headers)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    peer = Peer()
    await peer.server.start_server()
    yield peer
    await peer.server.close()


async def send(peer: Peer, description: str, *, url: str = "", **values: Any) -> str:
    own = {**dict.fromkeys(KNOWN, ""), "url": url or str(peer.server.make_url("/")).rstrip("/"), "secret": SECRET}
    async with open_session() as http:
        client = GatewayClient(http, described(description), own=own, hide=[SECRET], clock=held_world().clock)
        return await client.send({"phone": "79160000001", "text": "Готово", "key": "k1", **values})


@pytest.mark.parametrize("text", [NASTY, "a&b=c", "%41", "😀", ""])
async def test_words_reach_the_gateway_unharmed_wherever_they_stand(peer: Peer, text: str) -> None:
    await send(peer, PLAIN, text=text)
    await send(
        peer, '[send]\nmethod = "GET"\nurl = "{url}/s?a=1"\nquery = {to = "{phone}", text = "{text}"}', text=text
    )
    await send(peer, '[send]\nmethod = "GET"\nurl = "{url}/s?to={phone}&text={text}"', text=text)
    await send(peer, '[send]\nurl = "{url}"\njson = {m = [{to = "{phone}", text = "<{text}>"}]}', text=text)
    form, query, address, body = peer.got
    fields = dict(parse_qsl(form[3].decode(), keep_blank_values=True))
    assert fields.get("text", "") == text
    assert dict(parse_qsl(query[1].partition("?")[2])) == {"a": "1", "to": "79160000001"} | (
        {"text": text} if text else {}
    )
    assert dict(parse_qsl(address[1].partition("?")[2], keep_blank_values=True)) == {"to": "79160000001", "text": text}
    assert msgspec.json.decode(body[3]) == {"m": [{"to": "79160000001", "text": f"<{text}>"}]}


async def test_a_form_may_go_in_several_parts(peer: Peer) -> None:
    await send(peer, PLAIN.replace("[send]", "[send]\nmultipart = true"), text=NASTY)
    ((_, _, headers, body),) = peer.got
    assert headers["Content-Type"].startswith("multipart/form-data")
    assert NASTY.encode() in body


async def test_json_keeps_numbers_objects_and_what_has_no_gap(peer: Peer) -> None:
    tree = """
[send]
url = "{url}"
headers = { Authorization = "Key {secret}", X-Name = "{sender}" }
[send.json]
ttl = "{login:number}"
fixed = 5
flag = true
empty = ""
to = "{phone}"
text = "{text}"
data = "{values}"
code = "№{values.code}"
sender = "{sender}"
"""
    await send(peer, tree, login="60", values={"code": "42", "имя": "Анна"})
    ((_, _, headers, body),) = peer.got
    assert msgspec.json.decode(body) == {
        "ttl": 60,
        "fixed": 5,
        "flag": True,
        "empty": "",
        "to": "79160000001",
        "text": "Готово",
        "data": {"code": "42", "имя": "Анна"},
        "code": "№42",
    }, "the sender is empty and left out"
    assert headers["Authorization"] == f"Key {SECRET}"
    assert "X-Name" not in headers


@given(st.text(), st.text())
def test_a_filled_leaf_of_json_is_what_was_put_in(before: str, value: str) -> None:
    source = before.replace("{", "{{").replace("}", "}}") + "!{text}"
    assert filled_json({"a": [source]}, {"text": value}) == {"a": [f"{before}!{value}"]}
    assert filled(source, {"text": value}) == f"{before}!{value}"
    assert gaps(source) == ["text"]


def test_what_has_nothing_to_put_in_is_left_out() -> None:
    values = {"text": "", "phone": "7", "values": {}}
    table = {"a": "{text}", "b": "", "c": "{phone}", "d": "{text}{text}"}
    assert filled_table(table, values) == {"b": "", "c": "7"}
    assert filled_json(["{text}", "{values}", "{text:number}", "", 0], values) == [{}, "", 0]


def test_a_number_that_is_none_stays_a_text() -> None:
    assert filled_json(["{a:number}", "{b:number}", "№{b:number}"], {"a": "day", "b": "5"}) == ["day", 5, "№5"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("result.0.id", "7"),
        ("sms.*.id", "a-1"),
        ("result.*.id", "7"),
        ("result.9.id", ""),
        ("result.x", ""),
        ("flag", "true"),
        ("result", ""),
        ("deep.er.still", ""),
        ("nothing", ""),
    ],
)
def test_a_path_leads_to_a_value_or_to_nothing(path: str, found: str) -> None:
    document = {"result": [{"id": 7}], "sms": {"79160000001": {"id": "a-1"}}, "flag": True, "deep": 1, "nothing": None}
    assert plain(dig(document, path)) == found


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("[send", "", "cannot be read"),
        ("", "", "`send`"),
        (PLAIN.replace("form", "from"), "", "`from` - at `$.send`"),
        (PLAIN.replace('"{text}"', "5"), "", "$.send.form"),
        (PLAIN.replace("{text}", "{txt}"), "send.form.text", "{txt} is unknown here"),
        (PLAIN.replace("{text}", "{text"), "send.form.text", "expected '}'"),
        (PLAIN.replace("{text}", "text}"), "send.form.text", "Single '}'"),
        (PLAIN.replace("{text}", "{text:>9}"), "send.form.text", ":number"),
        (PLAIN.replace("{text}", "{text!r}"), "send.form.text", ":number"),
        (PLAIN.replace("{text}", "fixed"), "send", "{text} is used nowhere"),
        (PLAIN.replace("{url}/", "ftp://"), "send.url", "begin with {url}"),
        (PLAIN + 'method = "GET"', "send.method", "neither form nor json"),
        (PLAIN + "json = { a = 1 }", "send.json", "a form already"),
        (PLAIN + 'headers = { X-Text = "{text}" }', "send.headers.X-Text", "{text} is unknown here"),
        (PLAIN.replace('form = { to = "{phone}"', 'json = { a = ["{no}", "{phone}"]'), "send.json.a.0", "{no}"),
        (PLAIN + 'answer = { format = "text", id = "(" }', "send.answer.id", "no regular expression"),
        (PLAIN + 'answer = { format = "text", id = "OK" }', "send.answer.id", "one group"),
        (PLAIN + 'answer = { format = "text", ok = { "OK" = ["OK"] } }', "send.answer.ok", "one group"),
        (PLAIN + '[hook]\nreport = { id = "id", status = "s" }', "send.answer.id", "without the id"),
        (PLAIN + 'answer = { id = "id" }\n[hook]\nreport = { id = "id", status = "s" }', "states", "words for states"),
        (PLAIN + '[states]\nx = "lost"', "", "$.states"),
        (PLAIN + '[errors]\nx = "storm"', "", "$.errors"),
        ("idempotent = true\n" + PLAIN, "send", "{key} is used nowhere"),
        (
            PLAIN + 'answer = { id = "id" }\n[status]\nurl = "{url}/{id}"\n[states]\nx = "sent"',
            "status.answer.status",
            "the path of the state",
        ),
    ],
)
def test_a_wrong_description_is_refused_with_the_place_of_the_slip(text: str, place: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        described(text)
    assert caught.value.field == "description"
    assert (f"at {place}:" in str(caught.value)) == bool(place)
    assert why in str(caught.value)


def test_braces_may_be_doubled() -> None:
    assert filled(described(PLAIN.replace("{text}", "{{x}} {text}")).send.form["text"], {"text": "y"}) == "{x} y"


ANSWERED = (
    PLAIN
    + """
answer = { id = "id", error = "code | error.code", words = "message" }
[errors]
"2" = "unauthorised"
"3" = "no_money"
"9" = "rate_limited"
"7" = "bad_phone"
"8" = "bad_sender"
"""
)


@pytest.mark.parametrize(
    ("status", "answer", "error", "code"),
    [
        (200, {"code": 2, "message": "who?"}, LoginRefused, "unauthorised"),
        (200, {"code": 3}, SendingBlocked, "no_money"),
        (200, {"error": {"code": "9"}}, RateLimited, "rate_limited"),
        (400, {"code": 7}, Rejected, "bad_phone"),
        (500, {"code": 7}, Rejected, "bad_phone"),
        (200, {"code": 8}, SendingBlocked, "bad_sender"),
        (200, {"code": 99, "message": "ночь"}, Rejected, "refused"),
        (401, "no", NeedsRebind, "unauthorised"),
        (404, "no", Misconfigured, "not_there"),
        (302, "no", Misconfigured, "redirected"),
        (422, {}, Rejected, "refused"),
        (429, {}, Retryable, "busy"),
        (503, "later", Retryable, "server_error"),
        (500, "oops", OutcomeUnknown, "unclear_answer"),
        (502, "oops", OutcomeUnknown, "unclear_answer"),
        (504, "", OutcomeUnknown, "unclear_answer"),
        (200, "oops", OutcomeUnknown, "unclear_answer"),
        (200, {}, OutcomeUnknown, "unclear_answer"),
    ],
)
async def test_an_answer_decides_what_happens_next(
    peer: Peer, status: int, answer: Any, error: type[ChannelError], code: str
) -> None:
    peer.status, peer.answer = status, answer
    with pytest.raises(ChannelError) as caught:
        await send(peer, ANSWERED)
    assert (type(caught.value), caught.value.code) == (error, code)
    assert len(peer.got) == 1


async def test_an_answer_that_names_a_time_is_waited_for(peer: Peer) -> None:
    peer.status, peer.headers = 429, {"Retry-After": "30"}
    with pytest.raises(RateLimited) as caught:
        await send(peer, ANSWERED)
    assert caught.value.retry_after == 30


async def test_the_id_is_found_and_a_rule_of_success_is_kept(peer: Peer) -> None:
    rule = PLAIN + 'answer = { ok = { result = ["ok"] }, id = "data.id" }'
    peer.answer = {"result": "ok", "data": {"id": "m-5"}}
    assert await send(peer, rule) == "m-5"
    peer.answer = {"result": "bad", "data": {"id": "m-5"}}
    with pytest.raises(Rejected):
        await send(peer, rule)
    peer.answer = {"data": {"id": "m-5"}}
    with pytest.raises(OutcomeUnknown):
        await send(peer, rule)


async def test_a_gateway_that_gives_no_ids_is_believed_by_its_status(peer: Peer) -> None:
    peer.answer = {}
    assert await send(peer, PLAIN) == ""


async def test_an_answer_may_be_a_plain_text(peer: Peer) -> None:
    texts = (
        PLAIN
        + r"""
[send.answer]
format = "text"
ok = { '^(OK)' = ["OK"] }
id = 'ID - (\d+)'
error = 'ERROR = (\d+)'
words = '\((.+)\)'
[errors]
"7" = "bad_phone"
"""
    )
    peer.answer = "OK - 1 SMS, ID - 1234"
    assert await send(peer, texts) == "1234"
    peer.answer = "ERROR = 7 (нет такого)"
    with pytest.raises(Rejected) as caught:
        await send(peer, texts)
    assert (caught.value.code, caught.value.detail) == ("bad_phone", "7 нет такого")


async def test_the_secret_is_shown_in_no_words(peer: Peer) -> None:
    peer.answer = {"code": 99, "message": f"bad key {SECRET} of /send?key=s3cret%2Fof%2Btrees"}
    with pytest.raises(Rejected) as caught:
        await send(peer, ANSWERED)
    assert caught.value.detail == "99 bad key *** of /send?key=***"


async def test_the_secret_is_not_shown_as_it_stands_in_an_address_either(peer: Peer) -> None:
    for place in (
        'url = "{url}/k/{secret}?to={phone}&t={text}"',
        'url = "{url}?t={text}{phone}"\nquery = { k = "{secret}" }',
    ):
        peer.got.clear()
        peer.answer = {"code": 99}
        described_so = f'[send]\nmethod = "GET"\n{place}\n' + 'answer = { error = "code", words = "message" }'
        with pytest.raises(Rejected):
            await send(peer, described_so)
        peer.answer = {"code": 99, "message": f"no such page: {peer.got[0][1]}"}
        with pytest.raises(Rejected) as caught:
            await send(peer, described_so)
        assert "***" in caught.value.detail
        assert "s3cret" not in caught.value.detail


async def test_a_broken_connection_leaves_open_what_became_of_the_message(peer: Peer) -> None:
    peer.drops = True
    with pytest.raises(OutcomeUnknown) as caught:
        await send(peer, ANSWERED)
    assert caught.value.code == "no_answer"


async def test_a_connection_that_died_while_it_was_idle_leaves_nothing_open(peer: Peer) -> None:
    own = {**dict.fromkeys(KNOWN, ""), "url": str(peer.server.make_url("/")).rstrip("/")}
    async with open_session() as http:
        client = GatewayClient(http, described(ANSWERED), own=own, hide=[], clock=held_world().clock)
        assert await client.send({"phone": "79160000001", "text": "раз"}) == "17"
        await peer.server.close()
        with pytest.raises(Retryable):
            await client.send({"phone": "79160000001", "text": "два"})


async def test_a_refused_connection_is_tried_again(peer: Peer) -> None:
    with pytest.raises(Retryable) as caught:
        await send(peer, ANSWERED, url="http://127.0.0.1:1")
    assert caught.value.code == "unreachable"


def test_every_fault_leads_to_an_error_of_its_own_name() -> None:
    assert {fault: make("").code for fault, make in FAULTS.items()} == {fault: fault for fault in FAULTS}


CALLED = described(
    PLAIN
    + """
answer = { id = "id" }
[hook]
report = { each = "reports", id = "mid", status = "state.name", words = "why" }
inbound = { each = "messages", phone = "from", text = "body" }
[states]
moving = "pending"
sent = "sent"
there = "delivered"
seen = "read"
late = "expired"
"""
)


def hook_call(body: str, **query: str) -> HookRequest:
    return HookRequest(method="POST", path="", query=query, headers={}, body=body.encode())


def called(body: object) -> Batch:
    text = body if isinstance(body, str) else json.dumps(body)
    return Batch(arrivals=gateway_calls.arrivals(CALLED, hook_call(text), NOON))


def test_parameters_of_the_address_and_a_form_are_one_call() -> None:
    one = described(PLAIN + '[hook]\ninbound = { phone = "from", text = "body" }')
    (arrival,) = gateway_calls.arrivals(one, hook_call("body=%D0%94%D0%B0+%2B", **{"from": "79160000001"}), NOON)
    (event,) = arrival.events
    assert isinstance(event, MessageArrived)
    assert (event.peer.key, event.text) == ("+79160000001", "Да +")


@pytest.mark.parametrize(
    ("word", "event"),
    [
        ("sent", DeliveryChanged(ext_id="5", state=State.SENT, at=NOON)),
        ("there", DeliveryChanged(ext_id="5", state=State.DELIVERED, at=NOON)),
        ("seen", DeliveryChanged(ext_id="5", state=State.READ, at=NOON)),
        ("late", DeliveryChanged(ext_id="5", state=State.FAILED, at=NOON, code="expired", detail="выключен")),
    ],
)
def test_a_report_moves_a_message_on(word: str, event: DeliveryChanged) -> None:
    (arrival,) = called({"reports": [{"mid": 5, "state": {"name": word}, "why": "выключен"}]}).arrivals
    assert (arrival.provider_id, arrival.problem) == (f"report 5 {word}", "")
    assert list(arrival.events) == [event]


def test_a_state_on_the_way_is_no_news_and_an_unknown_one_is_shown_to_a_person() -> None:
    reports = [{"mid": 5, "state": {"name": word}} for word in ("moving", "lost")]
    moving, lost = called({"reports": reports}).arrivals
    assert (moving.events, moving.problem) == ((), "")
    assert (lost.events, lost.problem) == ((), "the state lost is not described")


def test_reports_and_messages_may_come_in_one_call() -> None:
    call = {
        "reports": [{"mid": 5, "state": {"name": "there"}}],
        "messages": [{"from": "8 916 000-00-01", "body": "Да"}, {"from": "900", "body": "Код 1"}],
    }
    report, first, second = called(call).arrivals
    assert report.provider_id == "report 5 there"
    (message,), (short,) = first.events, second.events
    assert isinstance(message, MessageArrived)
    assert isinstance(short, MessageArrived)
    assert (message.peer.key, message.sender.phone, message.text) == ("+79160000001", "+79160000001", "Да")
    assert (short.peer.key, short.sender.phone) == ("900", "")


def test_a_message_may_bear_a_state_of_its_own() -> None:
    one = described(
        PLAIN
        + """
answer = { id = "id" }
[hook]
report = { id = "mid", status = "state" }
inbound = { phone = "from", text = "body" }
[states]
new = "sent"
"""
    )
    (arrival,) = gateway_calls.arrivals(one, hook_call('{"state": "new", "from": "79160000001", "body": "Да"}'), NOON)
    assert [type(event) for event in arrival.events] == [MessageArrived]


@pytest.mark.parametrize(
    ("ids", "latest"), [([9, 11, 10], "11"), (["b", "c", "a"], "a"), ([None, 7], "7"), ([], ""), ([None], "")]
)
def test_an_inbox_goes_on_after_the_latest_message(ids: list[object], latest: str) -> None:
    one = described(
        PLAIN + '[inbox]\nurl = "{url}"\nmessage = { each = "data.list", id = "id", phone = "from", text = "body" }'
    )
    document = {"data": {"list": [{"id": ext_id, "from": "79160000001", "body": f"{ext_id}"} for ext_id in ids]}}
    arrivals, found = gateway_calls.fetched(one, document, NOON)
    assert (len(arrivals), found) == (len(ids), latest)
    assert all(gateway_calls.arrival(one, arrival.raw, NOON) == arrival for arrival in arrivals)


@pytest.mark.parametrize("document", [None, {}, [], {"data": None}, {"data": {"list": None}}, "no messages"])
def test_an_inbox_may_be_empty_in_any_way(document: object) -> None:
    one = described(
        PLAIN + '[inbox]\nurl = "{url}"\nmessage = { each = "data.list", id = "id", phone = "from", text = "body" }'
    )
    assert gateway_calls.fetched(one, document, NOON) == ([], "")


def test_a_message_without_a_phone_is_kept_for_a_person() -> None:
    one = described(PLAIN + '[inbox]\nurl = "{url}"\nmessage = { id = "id", phone = "from", text = "body" }')
    ((arrival,), _) = gateway_calls.fetched(one, [{"id": 1, "body": "Да"}], NOON)
    assert (arrival.events, arrival.problem) == ((), "a message without a phone")


def test_the_same_call_again_is_the_same_thing_and_is_understood_again_from_what_was_kept() -> None:
    call = {"messages": [{"from": "79160000001", "body": "Да"}]}
    (first,), (again,) = called(call).arrivals, called(call).arrivals
    assert first.provider_id == again.provider_id
    assert gateway_calls.arrival(CALLED, first.raw, NOON) == first


@pytest.mark.parametrize("body", ["{", '{"reports": [', "[1", '{"a": 1}', "[7]", "a=1", '{"reports": [3]}'])
def test_what_nobody_understands_is_kept_for_a_person(body: str) -> None:
    (arrival,) = called(body).arrivals
    assert arrival.problem
    assert arrival.provider_id.startswith("sha256:")


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"reports": []}'])
def test_a_call_without_anything_only_tries_the_address(body: str) -> None:
    assert called(body).arrivals == []


@given(st.binary(max_size=200))
def test_no_call_is_too_odd_to_be_taken(body: bytes) -> None:
    request = HookRequest(method="POST", path="", query={}, headers={}, body=body)
    for arrival in gateway_calls.arrivals(CALLED, request, NOON):
        again = gateway_calls.arrival(CALLED, arrival.raw, NOON)
        assert bool(again.problem) == bool(arrival.problem)
