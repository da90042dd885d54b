"""JSON as dictionaries and lists: nothing odd beside what is wanted, nothing that cannot be stored."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.kit.trees import known, loaded, shown
from tests.contract.connector_contract import ODD


def test_only_known_fields_are_looked_at_and_nulls_count_as_missing() -> None:
    raw = b'\xef\xbb\xbf{"a":{"b":null,"c":[1,null]},"d":null,"odd":' + ODD[1] + b"}"
    assert known(raw, {"a", "d"}) == {"a": {"c": [1]}}


@given(st.text(st.characters()))
def test_a_shown_text_can_be_stored(text: str) -> None:
    assert shown(text).encode() or not text
    assert shown(shown(text)) == shown(text)


def test_halves_of_letters_are_put_together_in_names_and_values() -> None:
    assert loaded(rb'{"\ud83c\udf84":["\ud83d"]}') == {"🎄": ["\ufffd"]}


@given(st.binary() | st.text().map(str.encode))
def test_what_is_no_json_is_a_mistake_of_value(raw: bytes) -> None:
    with suppress(ValueError):
        loaded(raw)
