"""JSON cut into its parts, whatever they bear."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.kit.slices import fields, items, member, members
from tests.contract.connector_contract import ODD

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.lists(TREES), st.booleans())
def test_the_members_of_an_array_are_what_a_decoder_finds(tree: list[object], ascii_only: bool) -> None:
    raw = json.dumps(tree, ensure_ascii=ascii_only, indent=1).encode("utf-8", "surrogatepass")
    assert [json.loads(one.decode("utf-8", "surrogatepass")) for one in members(raw)] == tree


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), TREES))
def test_the_fields_of_an_object_are_what_a_decoder_finds(tree: dict[str, object]) -> None:
    raw = json.dumps(tree).encode()
    assert {name: json.loads(one) for name, one in fields(raw).items()} == tree


@pytest.mark.parametrize("value", [*ODD, b'"\\\\"', b'"],["', b'{"a": "}"}'], ids=len)
def test_no_value_takes_its_neighbours_away(value: bytes) -> None:
    assert members(b"\xef\xbb\xbf [1," + value + b' , {"a":2}]\n') == [b"1", value, b'{"a":2}']
    assert fields(b'{"a" :1,"b":' + value + b',"\\u0441": "x"}') == {"a": b"1", "b": value, "с": b'"x"'}


@pytest.mark.parametrize("raw", [b"", b"7", b"[1", b"[1]]", b"[1] 2", b'["a', b"[[]", b"[[1]]]", b"[1]]]", b'{"a":1}'])
def test_what_is_no_array_is_not_cut(raw: bytes) -> None:
    with pytest.raises(ValueError, match="JSON"):
        members(raw)


@pytest.mark.parametrize("raw", [b"[]", b"{1:2}", b'{"a"}', b'{"a":1', b'{"a":1}}'])
def test_what_is_no_object_is_not_cut(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words differ
        fields(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"list":[1,{"a":"],}"},[2]]}', [b"1", b'{"a":"],}"}', b"[2]"]),
        (b'{"list":[[[1]],[[{}]]]}', [b"[[1]]", b"[[{}]]"]),
        (b'{"odd":"\xff","list":[[[1]],[{"a":{}}]]}', [b"[[1]]", b'[{"a":{}}]']),
        (b'[ "a" , "b\\"," ]', [b'"a"', b'"b\\","']),
        (b'{"list":[]}', []),
        (b'{"list":null}', []),
        (b'{"other":[1]}', []),
        (b'\xef\xbb\xbf{"list":[{"a":"\\ud83d"},1]}', [b'{"a":"\\ud83d"}', b"1"]),
        (b"5", []),
    ],
)
def test_a_list_is_cut_where_its_parts_end(raw: bytes, expected: list[bytes]) -> None:
    assert items(raw, "list") == expected


@pytest.mark.parametrize("value", ODD, ids=len)
def test_a_list_is_cut_whatever_stands_in_it_or_beside_it(value: bytes) -> None:
    one = b'{"text":"\xd0\xb4\xd0\xb0","odd":' + value + b"}"
    assert items(b'{"odd":' + value + b',"list":[' + one + b"," + one + b"]}", "list") == [one, one]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"list":[1,2',
        b'{"list":[1,"]}',
        b'{"list":[{]]}',
        b'{"list":[1]}]',
        b'{"list":[{"a":]},2]}',
        b'{"list":[[1}]]}',
    ],
)
def test_a_list_that_cannot_be_cut_says_so(raw: bytes) -> None:
    with pytest.raises(ValueError, match="JSON"):
        items(raw, "list")


def test_a_member_is_given_byte_for_byte() -> None:
    assert member(b'{"a": {"x":"\xff"} ,"b":1}', "a") == b'{"x":"\xff"}'
    assert member(b'{"a":1}', "b") == b""


@given(st.binary() | st.text().map(str.encode))
def test_what_cannot_be_cut_is_a_mistake_of_value(raw: bytes) -> None:
    for cut in (lambda: items(raw, "list"), lambda: member(raw, "list"), lambda: members(raw)):
        with suppress(ValueError):
            cut()
