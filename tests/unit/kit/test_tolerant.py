"""JSON that no decoder likes is read for what can be read of it, and cut where its parts end."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from chatapp_cli.kit.tolerant import VITAL, Int, Unfit, items, member, plain, read, read_marked


class File(Struct):
    """Means nothing without its id."""

    id: str


class Size(Struct):
    """Can be empty."""

    name: str = ""


class Letter(Struct):
    """Something with a bit of everything."""

    text: str = ""
    number: Int = 0
    weight: float | None = None
    file: File | None = None
    files: list[File] = []
    sizes: list[Size] | None = None
    names: dict[str, str] = {}
    author: Int | str = ""
    seal: Annotated[File | None, VITAL] = None


@pytest.mark.parametrize("value", [b'"a\xffb"', b"[" * 100_000 + b"]" * 100_000, b"9" * 400, b'"\\ud83d"', b"null"])
def test_a_value_that_nobody_asked_for_does_no_harm(value: bytes) -> None:
    raw = b'{"text":"\xd0\xb4\xd0\xb0","odd":' + value + b',"number":5}'
    letter = read(raw, Letter)
    assert (letter.text, letter.number) == ("да", 5)
    assert items(b'{"list":[' + raw + b"," + raw + b"]}", "list") == [raw, raw]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b'{"text":5}', Letter(text="5")),
        (b'{"text":null,"number":"7"}', Letter(number=7)),
        (b'{"number":99999999999999999999}', Letter()),
        (b'{"number":1e999,"weight":1e999}', Letter(weight=float("inf"))),
        (b'{"weight":{}}', Letter()),
        (b'{"file":{"id":null}}', Letter()),
        (b'{"files":[{"id":"a"},{},null,{"id":2}]}', Letter(files=[File("a"), File("2")])),
        (b'{"files":{"id":"a"}}', Letter(files=[File("a")])),
        (b'{"sizes":[{"name":"a"},5]}', Letter(sizes=[Size("a"), Size()])),
        (b'{"names":{"a":"b","c":[],"d":{}}}', Letter(names={"a": "b"})),
        (b'{"author":[]}', Letter()),
        (b'{"author":"system","seal":null,"text":[]}', Letter(author="system")),
        (b'{"text":"\\ud83d\\ude00 \\ud83d"}', Letter(text="\N{GRINNING FACE} ?")),
    ],
)
def test_what_does_not_fit_counts_as_left_out(said: bytes, expected: Letter) -> None:
    assert read_marked(said, Letter).value == expected


def test_what_fits_is_whole() -> None:
    assert read_marked(b'{"text":"a","unknown":[{}]}', Letter).whole
    assert not read_marked(b'{"text":"a","file":{}}', Letter).whole


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"5", b"null", b"nonsense", b'{"seal":5}', b'{"seal":{"id":[]}}'])
def test_what_means_nothing_is_a_mistake_of_value(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever of its kinds
        read(raw, Letter)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"list":[1,{"a":"],}"},[2]]}', [b"1", b'{"a":"],}"}', b"[2]"]),
        (b'[ "a" , "b\\"," ]', [b'"a"', b'"b\\","']),
        (b'{"list":[]}', []),
        (b'{"list":null}', []),
        (b'{"other":[1]}', []),
        (b'{"list":[{"a":"\\ud83d"},1]}', [b'{"a":"\\ud83d"}', b"1"]),
    ],
)
def test_a_list_is_cut_where_its_parts_end(raw: bytes, expected: list[bytes]) -> None:
    assert items(raw, "list") == expected


@pytest.mark.parametrize(
    "raw", [b'{"list":[1,2', b'{"list":[1,"]}', b'{"list":[{]]}', b'{"list":[1]}]', b'{"list":[{"a":]},2]}']
)
def test_a_list_that_cannot_be_cut_says_so(raw: bytes) -> None:
    with pytest.raises(Unfit):
        items(raw, "list")


def test_a_member_is_given_byte_for_byte() -> None:
    assert member(b'{"a": {"x":"\xff"} ,"b":1}', "a") == b'{"x":"\xff"}'
    assert member(b'{"a":1}', "b") == b""


DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=9,
)


@given(st.binary() | st.text().map(str.encode))
def test_bytes_of_any_kind_raise_nothing_else(raw: bytes) -> None:
    for deed in (lambda: read(raw, Letter), lambda: plain(raw), lambda: items(raw, "list")):
        try:
            deed()
        except ValueError:
            continue


@given(st.dictionaries(st.sampled_from([*Letter.__struct_fields__, "odd"]), DATA))
def test_only_what_is_vital_can_take_the_rest_away(said: dict[str, Any]) -> None:
    raw = json.dumps(said).encode()
    if said.get("seal") is not None:
        return
    letter = read(raw, Letter)
    assert isinstance(letter.text, str)
    letter.text.encode()
    if isinstance(said.get("text"), str) and said["text"].isascii():
        assert letter.text == said["text"]
