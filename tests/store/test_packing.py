"""A packed arrival is read back byte for byte, and its dictionary holds what arrivals have in common."""

import json

from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.store import packing


def update(number: int) -> bytes:
    """What a bot hears, each time from somebody else."""
    sender = {"id": number * 7919, "first_name": f"Клиент{number}", "is_bot": False}
    return json.dumps({"update_id": number, "message": {"from": sender, "text": f"Где заказ {number}?"}}).encode()


@given(st.binary(max_size=70_000), st.binary(max_size=2_500))
def test_an_arrival_is_read_back_as_it_came(raw: bytes, content: bytes) -> None:
    assert packing.unpack(packing.pack(raw, content), content) == raw


@given(st.lists(st.binary(max_size=200), max_size=40))
def test_a_dictionary_can_be_made_of_anything(sample: list[bytes]) -> None:
    content = packing.dictionary(sample)
    assert packing.unpack(packing.pack(b"".join(sample), content), content) == b"".join(sample)


def test_a_dictionary_holds_the_fields_and_no_name_of_a_single_client() -> None:
    content = packing.dictionary([update(number) for number in range(100)])
    assert (b'"first_name": "' in content, b'"is_bot": false' in content) == (True, True)
    assert not any(f"Клиент{number}".encode("unicode_escape")[-20:] in content for number in range(100))


def test_with_its_dictionary_an_arrival_takes_a_third_of_the_bytes() -> None:
    content = packing.dictionary([update(number) for number in range(100)])
    raw = update(1841)
    assert len(packing.pack(raw, content)) < len(raw) / 3
