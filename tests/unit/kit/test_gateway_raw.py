"""A gateway's call is kept as it came, and read in the charset in which it was written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatapp_cli.domain.arrival import Arrival, DeliveryChanged, MessageArrived
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.message import State
from chatapp_cli.kit import gateway_calls
from chatapp_cli.kit.gateway import Gateway, parse
from chatapp_cli.kit.gateway_raw import Call
from chatapp_cli.kit.gateway_template import dig, sliced
from chatapp_cli.kit.trees import shown
from tests.contract.connector_contract import ODD
from tests.unit.kit.gateways import FORM, PLAIN, SENDING, call, described
from tests.unit.kit.worlds import NOON

pytestmark = pytest.mark.req("S-110")


NUMBERED = described('inbound = { id = "n", phone = "from", text = "mes" }')
LISTED = described('inbound = { each = "new.messages", phone = "from", text = "mes" }')


def heard(arrivals: list[Arrival], gateway: Gateway = PLAIN) -> list[str]:
    """The texts of messages, which are the same when what was kept is read again."""
    for one in arrivals:
        again = gateway_calls.arrival(gateway, one.raw, NOON)
        assert replace(again, provider_id="") == replace(one, provider_id="")
    return [event.text for one in arrivals for event in one.events if isinstance(event, MessageArrived)]


def form(text: str, written: str, **more: str) -> bytes:
    fields = {"from": "79160000001", "mes": text, **more}
    return "&".join(f"{name}={quote_from_bytes(said.encode(written))}" for name, said in fields.items()).encode()


TEXT = "Привет, ёлки! №5 – «пушистая»"


@pytest.mark.parametrize(
    ("charset", "content_type"),
    [
        ("cp1251", f"{FORM}; charset=windows-1251"),
        ("cp1251", f'{FORM}; charset="Windows-1251"'),
        ("cp1251", FORM),
        ("cp1251", ""),
        ("cp1251", f"{FORM}; charset=utf-8"),
        ("utf-8", f"{FORM}; charset=UTF-8"),
        ("utf-8", FORM),
        ("utf-8", f"{FORM}; charset=no-such-charset"),
    ],
)
def test_a_form_is_read_in_the_charset_in_which_it_was_written(charset: str, content_type: str) -> None:
    body = form(TEXT, charset)
    arrivals = gateway_calls.arrivals(PLAIN, call(body, content_type), NOON)
    assert heard(arrivals) == [TEXT]
    (arrival,) = arrivals
    assert body in arrival.raw, "the bytes that came"
    assert content_type.encode() in arrival.raw, "and what tells how to read them"


def test_the_letters_of_the_gateway_that_showed_it() -> None:
    arrivals = gateway_calls.arrivals(
        PLAIN, call(b"from=79160000001&mes=%CF%F0%E8%E2%E5%F2", f"{FORM}; charset=windows-1251"), NOON
    )
    assert heard(arrivals) == ["Привет"]


@pytest.mark.parametrize("charset", ["koi8-r", "cp866", "iso-8859-5", "utf-16-le"])
def test_a_rare_charset_is_read_where_a_field_of_the_form_or_the_description_names_it(charset: str) -> None:
    told = described(f'charset = "{charset}"\ninbound = {{ phone = "from", text = "mes" }}')
    if charset != "utf-16-le":
        assert heard(gateway_calls.arrivals(PLAIN, call(form("Привет", charset, charset=charset)), NOON)) == ["Привет"]
        assert heard(gateway_calls.arrivals(told, call(form("Привет", charset)), NOON), told) == ["Привет"]
    body = json.dumps({"from": "900", "mes": "Привет"}, ensure_ascii=False).encode(charset)
    assert heard(gateway_calls.arrivals(told, call(body, "application/json"), NOON), told) == ["Привет"]


def test_a_charset_that_does_not_exist_is_a_slip_of_the_description() -> None:
    with pytest.raises(UsageError, match=r"at hook\.charset: there is no charset cp-1251-x"):
        described('charset = "cp-1251-x"')


@pytest.mark.parametrize("charset", ["cp1251", "utf-8"])
def test_parameters_of_an_address_are_read_like_a_form(charset: str) -> None:
    raw_query = form(TEXT, charset)
    arrivals = gateway_calls.arrivals(PLAIN, call(b"", "", raw_query=raw_query), NOON)
    assert heard(arrivals) == [TEXT]
    assert raw_query in arrivals[0].raw


def test_a_short_message_that_was_cut_within_a_letter_stays_readable() -> None:
    cut = "Привет, ёлки есть?".encode()[:-11]
    arrivals = gateway_calls.arrivals(PLAIN, call(b"from=900&mes=" + quote_from_bytes(cut).encode()), NOON)
    assert heard(arrivals) == ["Привет, ёлк\ufffd"]
    assert quote_from_bytes(cut).encode() in arrivals[0].raw


@pytest.mark.parametrize("charset", ["cp1251", "utf-8", "utf-8-sig", "utf-16"])
def test_each_item_of_json_can_be_read_again_by_itself_whatever_its_charset(charset: str) -> None:
    items = [{"from": "79160000001", "mes": TEXT}, {"from": "900", "mes": "Код 1"}]
    body = json.dumps(items, ensure_ascii=False).encode(charset)
    arrivals = gateway_calls.arrivals(PLAIN, call(body, f"application/json; charset={charset}"), NOON)
    assert heard(arrivals) == [TEXT, "Код 1"]
    assert TEXT.encode("utf-8" if charset == "utf-8-sig" else charset).removeprefix(b"\xff\xfe") in arrivals[0].raw
    undeclared = gateway_calls.arrivals(PLAIN, call(body), NOON)
    assert charset == "utf-16" or heard(undeclared) == [TEXT, "Код 1"]


def test_what_was_kept_by_an_earlier_version_is_understood_still() -> None:
    arrival = gateway_calls.arrival(PLAIN, b'{"from":"79160000001","mes":"\xd0\x94\xd0\xb0"}', NOON)
    (event,) = arrival.events
    assert isinstance(event, MessageArrived)
    assert (event.text, event.peer.key) == ("Да", "+79160000001")
    kept = gateway_calls.arrival(PLAIN, b'{"polled":"5","status":"there","words":""}', NOON)
    assert list(kept.events) == [DeliveryChanged(ext_id="5", state=State.DELIVERED, at=NOON)]


def test_no_header_but_the_type_is_kept() -> None:
    request = call(b"a=1", cookie="c00kie")
    (arrival,) = gateway_calls.arrivals(PLAIN, request, NOON)
    assert arrival.raw == b"chatapp-call/1\napplication/x-www-form-urlencoded\n\n\na=1"


@pytest.mark.parametrize("value", ODD, ids=len)
@pytest.mark.parametrize("gateway", [PLAIN, LISTED])
def test_an_odd_item_takes_nothing_from_those_around_it(gateway: Gateway, value: bytes) -> None:
    good, last = b'{"from":"900","mes":"1"}', b'{"from":"901","mes":"2"}'
    items = b"[" + good + b',{"from":"902","mes":"?","odd":' + value + b"}," + last + b"]"
    body = b'{"new":{"messages":' + items + b"}}" if gateway is LISTED else items
    arrivals = gateway_calls.arrivals(gateway, call(body, "application/json"), NOON)
    texts = heard(arrivals, gateway)
    assert (len(arrivals), texts[0], texts[-1]) == (3, "1", "2")


@pytest.mark.parametrize("value", ODD, ids=len)
def test_a_text_of_any_bytes_is_a_message_or_kept_for_a_person(value: bytes) -> None:
    arrivals = gateway_calls.arrivals(PLAIN, call(b'{"from":"900","mes":' + value + b"}"), NOON)
    (arrival,) = arrivals
    assert arrival.problem or arrival.events
    assert all(getattr(event, "placeholder", False) == bool(arrival.problem) for event in arrival.events)
    assert all(text == shown(text) for text in heard(arrivals))


@pytest.mark.parametrize("value", [b"", b"null", b'{"a":1}', b'["x"]', b'"\x01"', b"[" * 9999 + b"]" * 9999], ids=len)
def test_a_message_whose_words_cannot_be_read_has_its_place_with_the_phone_it_came_from(value: bytes) -> None:
    body = b'{"from":"79160000001","n":7,"mes":' + value + b"}" if value else b'{"from":"79160000001","n":7}'
    for one in (gateway_calls.arrivals(NUMBERED, call(body), NOON), [gateway_calls.arrival(NUMBERED, body, NOON)]):
        (arrival,) = one
        (event,) = arrival.events
        assert isinstance(event, MessageArrived)
        assert arrival.problem
        assert (event.peer.address, event.ext_id, event.text, event.placeholder) == ("+79160000001", "7", "", True)


def test_neither_a_report_nor_an_empty_message_is_a_placeholder() -> None:
    odd = b'{"id":"5","status":"there","from":"79160000001","odd":' + b"[" * 9999 + b"]" * 9999 + b"}"
    (report,) = gateway_calls.arrivals(PLAIN, call(odd), NOON)
    assert (bool(report.problem), report.events) == (True, ())
    assert heard(gateway_calls.arrivals(PLAIN, call(b'{"from":"900","mes":""}'), NOON)) == [""]
    for state in (b"", b',"status":null', b',"status":""', b',"err":0,"mes":null'):
        (report,) = gateway_calls.arrivals(PLAIN, call(b'{"from":"79160000001","id":"5"' + state + b"}"), NOON)
        assert (report.problem, report.events) == ("a report without a state", ()), state
    cut = b'{"id":"5","from":"79160000001","odd":' + b"[" * 9999 + b"]" * 9999 + b"}"
    (report,) = gateway_calls.arrivals(PLAIN, call(cut), NOON)
    assert (bool(report.problem), report.events) == (True, ())
    shared = described(
        'report = { id = "id", status = "status" }\ninbound = { id = "id", phone = "from", text = "mes" }'
    )
    (kept,) = gateway_calls.arrivals(shared, call(b'{"from":"79160000001","id":"5"}'), NOON)
    assert [getattr(event, "placeholder", False) for event in kept.events] == [True]


def test_half_a_letter_is_shown_as_a_mark_and_two_halves_as_the_letter() -> None:
    body = rb'[{"from":"900","mes":"a\ud83db"},{"from":"900","mes":"\ud83c\udf84"}]'
    assert heard(gateway_calls.arrivals(PLAIN, call(body), NOON)) == ["a\ufffdb", "🎄"]


def test_a_whole_call_that_can_be_read_by_now_says_everything_that_is_in_it() -> None:
    whole = Call(b'[{"from":"900","mes":"1"},{"from":"901","mes":"2"}]', "application/json").raw
    arrival = gateway_calls.arrival(PLAIN, whole, NOON)
    assert [event.text for event in arrival.events if isinstance(event, MessageArrived)] == ["1", "2"]


def test_reports_of_parts_come_in_any_order_and_each_is_told() -> None:
    reports = [{"id": "5", "status": status} for status in ("there", "lost", "there")]
    arrivals = [
        one for report in reports for one in gateway_calls.arrivals(PLAIN, call(json.dumps(report).encode()), NOON)
    ]
    assert [event.state for one in arrivals for event in one.events if isinstance(event, DeliveryChanged)] == [
        State.DELIVERED,
        State.FAILED,
        State.DELIVERED,
    ]
    assert [one.provider_id for one in arrivals] == ["report 5 there", "report 5 lost", "report 5 there"]


def test_a_message_without_an_id_is_the_same_only_when_it_comes_again_within_minutes() -> None:
    def name(at: int) -> str:
        (one,) = gateway_calls.arrivals(PLAIN, call(form("да", "utf-8")), at)
        return one.provider_id

    began = NOON - NOON % gateway_calls.REPEATED
    assert name(began) == name(began + 60_000)
    assert len({name(began + n * gateway_calls.REPEATED) for n in range(3)}) == 3


def test_ids_of_an_inbox_may_be_numbers_of_any_length() -> None:
    text = f'{SENDING}[inbox]\nurl = "{{url}}"\nmessage = {{ id = "id", phone = "from", text = "mes" }}'
    one = parse(text, known=frozenset({"phone", "text", "url"}), needed=frozenset())
    items = [{"id": ext_id, "from": "900", "mes": ext_id} for ext_id in ("9", "9" * 5000, "1" + "0" * 5000, "0007")]
    arrivals, latest = gateway_calls.fetched(one, items, NOON)
    assert (len(arrivals), latest) == (4, "1" + "0" * 5000)


HEADERS: Mapping[str, str] = {"": "", "a": "text/plain; charset=\x00", "b": "multipart/form-data; boundary=x"}


@given(
    st.binary(max_size=300) | st.sampled_from(ODD),
    st.sampled_from([*HEADERS.values(), "text/xml; charset=utf-7", "x; charset*=cp1251''%41", FORM])
    | st.text(max_size=40),
    st.binary(max_size=50),
)
def test_no_call_is_too_odd_to_be_taken_and_read_again(body: bytes, content_type: str, raw_query: bytes) -> None:
    for gateway in (PLAIN, LISTED):
        heard(gateway_calls.arrivals(gateway, call(body, content_type, raw_query=raw_query), NOON), gateway)
        heard([gateway_calls.arrival(gateway, body, NOON)], gateway)


SPELLED = (
    b'{"from":"79160000001","mes":"\xd0\x94\xd0\xb0","odd":1.10e2}',
    b'{"from":"79160000001","from":"79160000002","mes":"x"}',
    b'{ "from" : 79160000001 , "mes" : "\\u0414\\/" , "n" : 123456789012345678901234567890 }',
    b'{"from":"79160000001","mes":"\\ud83c\\udf84","deep":{"a":[ 1 ,2 ]}}',
)
"""Whatever a program that writes JSON anew would spell in its own way."""


@pytest.mark.parametrize("item", SPELLED)
def test_an_item_is_kept_byte_for_byte(item: bytes) -> None:
    other = b'{"from":"79160000003","mes":"y"}'
    (alone,) = gateway_calls.arrivals(PLAIN, call(item, "application/json"), NOON)
    both = gateway_calls.arrivals(PLAIN, call(b"[" + other + b" , " + item + b"]", "application/json"), NOON)
    assert [alone.raw, *(one.raw for one in both)] == [item, other, item]
    assert gateway_calls.arrival(PLAIN, item, NOON) == alone == both[1]


@pytest.mark.parametrize("item", SPELLED)
@pytest.mark.parametrize("charset", ["cp1251", "utf-16-le", "koi8-r"])
def test_an_item_in_another_charset_is_kept_byte_for_byte_too(item: bytes, charset: str) -> None:
    body = b"[" + item + b"]"
    arrivals = gateway_calls.arrivals(
        PLAIN, call(body.decode().encode(charset), f"application/json; charset={charset}"), NOON
    )
    assert [kept.body for one in arrivals if (kept := Call.kept(one.raw))] == [item.decode().encode(charset)]
    assert [one.problem for one in arrivals] == [""]


@given(st.recursive(st.none() | st.integers() | st.text(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)))
@example([None, {"a": {"0": 1}}])
def test_what_is_cut_out_is_what_is_read_there(tree: Any) -> None:
    raw = json.dumps(tree).encode()
    for path in ("", "a", "0", "*", "*.*", "a.0", "0.a", "*.1"):
        found = sliced(raw, path)
        assert (json.loads(found) if found else None) == dig(json.loads(raw), path)
