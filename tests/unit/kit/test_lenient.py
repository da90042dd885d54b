"""Odd fields cost nothing but themselves."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.kit.lenient import STANDING, VITAL, Int, Unfit, read_as
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
    whole = read_as(b'{"key":"k","%s":%s,"text":"words"}' % (name.encode(), value), Whole, lost=lost)
    assert (whole.key, whole.text) == ("k", "words")
    assert {path.partition(".")[0] for path in lost} <= {name}
    assert value != b"null" or lost == []


def test_what_is_lost_is_named_and_the_rest_of_it_is_read() -> None:
    lost: list[str] = []
    raw = rb'{"key":"k","by":{"id":1,"name":7},"parts":[{"id":2},{"id":"x"},{"id":3,"name":"\ud83d"}],"when":"no"}'
    whole = read_as(raw, Whole, lost=lost)
    assert whole == Whole(key="k", by=Part(1), parts=[Part(2), Part(3, "\ufffd")])
    assert sorted(lost) == ["by.name", "parts.?", "when"]


@pytest.mark.parametrize(
    "raw", [b"{}", b'{"key":null}', b'{"key":7}', b"[]", b"7", b"", b'{"key":' + ODD[1] + b"}"], ids=len
)
def test_what_has_no_default_is_insisted_on(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever of its kinds
        read_as(raw, Whole)


def test_rules_of_a_field_hold_for_what_is_left_of_it() -> None:
    lost: list[str] = []
    assert read_as(b'{"key":"k","some":[{"id":"x"},{"id":1}]}', Whole, lost=lost).some == [Part(1)]
    assert read_as(b'{"key":"k","some":[{"id":"x"}]}', Whole, lost=lost).some == [Part(0)]
    assert lost == ["some.?", "some.?", "some"]


@given(st.dictionaries(st.sampled_from(["text", "when", "by", "parts", "raw", "from"]), st.text() | st.integers()))
def test_what_can_be_read_strictly_is_read_the_same(tree: dict[str, Any]) -> None:
    raw = msgspec.json.encode({**tree, "key": "k"})
    try:
        strictly = msgspec.json.decode(raw, type=Whole)
    except msgspec.ValidationError:
        return
    assert read_as(raw, Whole) == strictly


class File(msgspec.Struct):
    """Means nothing without its id."""

    id: str


class Size(msgspec.Struct):
    """Can be empty."""

    name: str = ""


class Letter(msgspec.Struct):
    """Something with a bit of everything."""

    text: str = ""
    number: Int = 0
    weight: float | None = None
    file: File | None = None
    files: list[File] = []
    sizes: list[Annotated[Size, STANDING]] | None = None
    names: dict[str, str] = {}
    author: Int | str = ""
    seal: Annotated[File | None, VITAL] = None


@pytest.mark.parametrize("value", ODD, ids=len)
def test_a_value_that_nobody_asked_for_does_no_harm(value: bytes) -> None:
    letter = read_as(b'{"text":"\xd0\xb4\xd0\xb0","odd":' + value + b',"number":5}', Letter, lax=True)
    assert (letter.text, letter.number) == ("да", 5)


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
        (b'{"author":99999999999999999999}', Letter(author="99999999999999999999")),
        (b'{"author":"system","seal":null,"text":[]}', Letter(author="system")),
        (b'{"text":"\\ud83d\\ude00 \\ud83d"}', Letter(text="\N{GRINNING FACE} \ufffd")),
    ],
)
def test_what_does_not_fit_even_laxly_counts_as_left_out(said: bytes, expected: Letter) -> None:
    assert read_as(said, Letter, lax=True) == expected


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        (b'{"text":"a","unknown":[{}]}', []),
        (b'{"text":5,"number":null,"files":{"id":"a"}}', []),
        (b'{"text":"a","file":{}}', ["file"]),
        (b'{"sizes":[5],"names":{"c":[]}}', ["sizes.?", "names.c"]),
    ],
)
def test_it_is_told_whether_something_was_left_out(said: bytes, missing: list[str]) -> None:
    lost: list[str] = []
    read_as(said, Letter, lax=True, lost=lost)
    assert lost == missing


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"5", b"null", b"nonsense"])
def test_what_is_no_object_is_a_mistake_of_value(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever of its kinds
        read_as(raw, Letter, lax=True)


@pytest.mark.parametrize("seal", [b"5", b'{"id":[]}', b'"seal"'])
@pytest.mark.parametrize("lax", [False, True])
def test_what_is_vital_has_to_be_read_where_it_is_there(seal: bytes, lax: bool) -> None:
    with pytest.raises(Unfit, match=r"^seal: "):
        read_as(b'{"text":"words","seal":' + seal + b"}", Letter, lax=lax)


@given(st.binary() | st.text().map(str.encode))
def test_bytes_of_any_kind_are_read_or_are_a_mistake_of_value(raw: bytes) -> None:
    for reading in (lambda: read_as(raw, Letter), lambda: read_as(raw, Letter, lax=True)):
        with suppress(ValueError):
            reading()


DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=9,
)


@given(st.dictionaries(st.sampled_from([*Letter.__struct_fields__, "odd"]), DATA), st.booleans())
def test_only_what_is_vital_can_take_the_rest_away(said: dict[str, Any], lax: bool) -> None:
    if said.get("seal") is not None:
        return
    letter = read_as(json.dumps(said).encode(), Letter, lax=lax)
    assert isinstance(letter.text, str)
    letter.text.encode()
    if isinstance(said.get("text"), str) and said["text"].isascii():
        assert letter.text == said["text"]


def test_a_spelled_number_is_one_and_a_number_is_no_text() -> None:
    lost: list[str] = []
    letter = read_as(b'{"number":"5","text":5,"files":{"id":"a"},"weight":"1.5"}', Letter, spelled=True, lost=lost)
    assert (letter, sorted(lost)) == (Letter(number=5, weight=1.5), ["files", "text"])


@pytest.mark.parametrize("odd", [b'"unclosed', b"}{", b"tru", b""])
@pytest.mark.parametrize("lax", [False, True])
def test_what_is_no_json_is_not_guessed_at(odd: bytes, lax: bool) -> None:
    with pytest.raises(json.JSONDecodeError):
        read_as(b'{"text":"words","odd":' + odd + b"}", Letter, lax=lax)
