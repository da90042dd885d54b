"""Forms with brackets: what PHP would read, whatever is sent, in time that grows with the size."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.kit.brackets import DEEPEST, MOST, members, parse

NAMES = st.text(st.characters(exclude_characters="[]", exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda name: not name.isdecimal()
)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TREES = st.recursive(
    VALUES,
    lambda inside: st.lists(inside, min_size=1, max_size=4) | st.dictionaries(NAMES, inside, min_size=1, max_size=4),
    max_leaves=20,
)


def pairs(tree: Any, name: str) -> Iterator[tuple[str, str]]:
    """What PHP's http_build_query makes of a tree."""
    if isinstance(tree, str):
        yield name, tree
        return
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in inside:
        yield from pairs(value, f"{name}[{key}]" if name else str(key))


def form(*pairs: tuple[str, str]) -> bytes:
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode()


@given(st.dictionaries(NAMES, TREES, max_size=4))
def test_what_was_written_with_brackets_is_read_back(tree: dict[str, Any]) -> None:
    assert parse(form(*pairs(tree, ""))) == tree


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_value_error(body: bytes) -> None:
    try:
        assert isinstance(parse(body), dict)
    except ValueError as refusal:
        assert "more than" in str(refusal)  # noqa: PT017 - most bodies are no error at all


@given(st.text("a[]0=&", max_size=60))
def test_any_order_of_brackets_is_read(body: str) -> None:
    assert isinstance(parse(body.encode()), dict)


def test_an_event_is_read_as_it_is_documented() -> None:
    body = (
        b"event=ONIMCONNECTORMESSAGEADD&data[LINE]=107&data[MESSAGES][0][im][chat_id]=1807"
        b"&data%5BMESSAGES%5D%5B0%5D%5Bmessage%5D%5Btext%5D=%5Bb%5D%D0%A1%3A%5B%2Fb%5D+%5Bbr%5D%D0%94%D0%B0%3D1"
    )
    assert parse(body) == {
        "event": "ONIMCONNECTORMESSAGEADD",
        "data": {"LINE": "107", "MESSAGES": [{"im": {"chat_id": "1807"}, "message": {"text": "[b]С:[/b] [br]Да=1"}}]},
    }


@pytest.mark.parametrize(
    ("body", "tree"),
    [
        (b"", {}),
        (b"&&=x&", {}),
        (b"a", {"a": ""}),
        (b"a=1&a=2", {"a": "2"}),
        (b"a[]=1&a[]=2", {"a": ["1", "2"]}),
        (b"a[0]=1&a[2]=3", {"a": {"0": "1", "2": "3"}}),
        (b"a[1]=2&a[0]=1", {"a": ["1", "2"]}),
        (b"a[1]=x&a[]=y", {"a": ["y", "x"]}),
        (b"a[x]=1&a[]=2", {"a": {"x": "1", "0": "2"}}),
        (b"a=1&a[b]=2", {"a": {"b": "2"}}),
        (b"a[b]=2&a=1", {"a": "1"}),
        (b"a[b]c=1", {"a": {"b": "1"}}),
        (b"a[b]c[d]=1", {"a": {"b": "1"}}),
        (b"a[b=1", {"a[b": "1"}),
        (b"a[b][c=1", {"a": {"b": "1"}}),
        (b"[a]=1", {"[a]": "1"}),
        (b"a[[b]]=1", {"a": {"[b": "1"}}),
        (b"][[b]=1", {"]": {"[b": "1"}}),
        (b"a[00]=1", {"a": {"00": "1"}}),
        (b"a=%ff&%zz=1", {"a": "\ufffd", "%zz": "1"}),
    ],
)
def test_odd_names_are_read_as_php_reads_them(body: bytes, tree: dict[str, Any]) -> None:
    assert parse(body) == tree


def test_a_list_with_a_gap_keeps_all_its_members() -> None:
    found = parse(b"a[0]=x&a[7]=y")["a"]
    assert [list(members(found)), list(members(["z"])), list(members("text"))] == [["x", "y"], ["z"], []]


def test_a_name_with_too_many_brackets_is_refused() -> None:
    assert parse(b"a" + b"[b]" * DEEPEST + b"=1")
    for deep in (DEEPEST + 1, 10_000):
        with pytest.raises(ValueError, match="brackets"):
            parse(b"a" + b"[b]" * deep + b"=1")


def test_ten_thousand_keys_are_read_and_too_many_refused() -> None:
    assert len(parse(b"&".join(b"a[%d]=" % n for n in range(10_000)))["a"]) == 10_000
    with pytest.raises(ValueError, match="values"):
        parse(b"a=1&" * MOST)


def seconds(body: bytes) -> float:
    """The best of several runs, and of the library's own parser beside it."""
    return min(_timed(parse, body) for _ in range(5))


def _timed(read: Any, body: Any) -> float:
    begun = time.process_time()
    read(body)
    return time.process_time() - begun


@pytest.mark.parametrize("piece", [b"a[]=&", b"a[%d][b][c]=%%5Bx%%5D&", b"a[1]=&a[]=&", b"a%d=1&"])
def test_a_body_of_any_shape_takes_time_by_its_size(piece: bytes) -> None:
    def body(count: int) -> bytes:
        return b"".join(piece % n if b"%d" in piece else piece for n in range(count))

    assert seconds(body(8_000)) < 40 * max(seconds(body(800)), 1e-4)


SHAPES = {
    "usual": form(*((f"data[MESSAGES][{n}][message][text]", "[b]Светлана:[/b] Добрый день!") for n in range(3_000))),
    "nested and not encoded": "&".join(f"data[M][{n // 5}][m][f{n % 5}]=text" for n in range(15_000)).encode(),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_it_reads_at_least_a_quarter_as_fast_as_the_flat_parser_of_the_library(shape: str) -> None:
    body = SHAPES[shape]
    flat = min(_timed(lambda text: parse_qsl(text, keep_blank_values=True), body.decode()) for _ in range(5))
    assert flat / seconds(body) > 0.25
