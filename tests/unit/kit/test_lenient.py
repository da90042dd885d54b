"""Odd fields cost nothing but themselves."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.kit.lenient import UNREADABLE, forgiving, known, shown
from tests.contract.connector_contract import ODD


class Part(msgspec.Struct, frozen=True):
    id: int
    name: str = ""


class Whole(msgspec.Struct, frozen=True):
    key: Annotated[str, msgspec.Meta(min_length=1)]
    text: str = ""
    when: int = 0
    by: Part | None = None
    parts: list[Part] = []
    raw: list[msgspec.Raw] = []
    some: Annotated[list[Part], msgspec.Meta(min_length=1)] = msgspec.field(default_factory=lambda: [Part(0)])
    from_: str = msgspec.field(name="from", default="")


OTHER_TYPES = (b"null", b"7", b'"x"', b"[]", b"{}", b"true", b"1e999", *ODD)


@pytest.mark.parametrize("name", ["when", "by", "parts", "raw", "some", "from", "unknown"])
@pytest.mark.parametrize("value", OTHER_TYPES, ids=len)
def test_a_field_of_any_bytes_leaves_the_words_readable(name: str, value: bytes) -> None:
    lost: list[str] = []
    whole = forgiving(b'{"key":"k","%s":%s,"text":"words"}' % (name.encode(), value), Whole, lost)
    assert (whole.key, whole.text) == ("k", "words")
    assert {path.partition(".")[0] for path in lost} <= {name}
    assert value != b"null" or lost == []


def test_what_is_lost_is_named_and_the_rest_of_it_is_read() -> None:
    lost: list[str] = []
    raw = rb'{"key":"k","by":{"id":1,"name":7},"parts":[{"id":2},{"id":"x"},{"id":3,"name":"\ud83d"}],"when":"no"}'
    whole = forgiving(raw, Whole, lost)
    assert whole == Whole(key="k", by=Part(1), parts=[Part(2), Part(3, "\ufffd")])
    assert sorted(lost) == ["by.name", "parts.?", "when"]


@pytest.mark.parametrize(
    "raw", [b"{}", b'{"key":null}', b'{"key":7}', b"[]", b"7", b"", b'{"key":' + ODD[1] + b"}"], ids=len
)
def test_what_has_no_default_is_insisted_on(raw: bytes) -> None:
    with pytest.raises(UNREADABLE):
        forgiving(raw, Whole, [])


def test_rules_of_a_field_hold_for_what_is_left_of_it() -> None:
    lost: list[str] = []
    assert forgiving(b'{"key":"k","some":[{"id":"x"},{"id":1}]}', Whole, lost).some == [Part(1)]
    assert forgiving(b'{"key":"k","some":[{"id":"x"}]}', Whole, lost).some == [Part(0)]
    assert lost == ["some.?", "some.?", "some"]


@given(st.dictionaries(st.sampled_from(["text", "when", "by", "parts", "raw", "from"]), st.text() | st.integers()))
def test_what_can_be_read_strictly_is_read_the_same(tree: dict[str, Any]) -> None:
    raw = msgspec.json.encode({**tree, "key": "k"})
    try:
        strictly = msgspec.json.decode(raw, type=Whole)
    except msgspec.ValidationError:
        return
    assert forgiving(raw, Whole, []) == strictly


def test_only_known_fields_are_looked_at_and_nulls_count_as_missing() -> None:
    raw = b'\xef\xbb\xbf{"a":{"b":null,"c":[1,null]},"d":null,"odd":' + ODD[1] + b"}"
    assert known(raw, {"a", "d"}) == {"a": {"c": [1]}}


@given(st.text(st.characters()))
def test_a_shown_text_can_be_stored(text: str) -> None:
    assert shown(text).encode() or not text
    assert shown(shown(text)) == shown(text)
