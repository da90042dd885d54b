"""JSON cut into its parts, whatever they bear."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.kit.slices import fields, members
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


@pytest.mark.parametrize("raw", [b"", b"7", b"[1", b"[1]]", b"[1] 2", b'["a', b"[[]", b'{"a":1}'])
def test_what_is_no_array_is_not_cut(raw: bytes) -> None:
    with pytest.raises(ValueError, match="JSON"):
        members(raw)


@pytest.mark.parametrize("raw", [b"[]", b"{1:2}", b'{"a"}', b'{"a":1', b'{"a":1}}'])
def test_what_is_no_object_is_not_cut(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words differ
        fields(raw)
