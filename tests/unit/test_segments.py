"""How texts are counted in short messages."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.domain.draft import Draft, require_deliverable
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.segments import Segments, cost, segments

pytestmark = pytest.mark.req("S-110")

LATIN = st.text("abc xyz019@€{}[]\n", min_size=1, max_size=700)
ANY = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=400)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("gsm7", 0, 0, 160)),
        ("a" * 160, Segments("gsm7", 160, 1, 0)),
        ("a" * 161, Segments("gsm7", 161, 2, 145)),
        ("a" * 306, Segments("gsm7", 306, 2, 0)),
        ("a" * 307, Segments("gsm7", 307, 3, 152)),
        ("ж" * 70, Segments("ucs2", 70, 1, 0)),
        ("ж" * 71, Segments("ucs2", 71, 2, 63)),
        ("ж" * 134, Segments("ucs2", 134, 2, 0)),
        ("ж" * 135, Segments("ucs2", 135, 3, 66)),
        ("€" * 80, Segments("gsm7", 160, 1, 0)),
        ("€" * 81, Segments("gsm7", 162, 2, 143)),
        ("a" * 159 + "ж", Segments("ucs2", 160, 3, 41)),
        ("🎄" * 35, Segments("ucs2", 70, 1, 0)),
        ("`", Segments("ucs2", 1, 1, 69)),
    ],
)
def test_a_text_is_counted_as_gateways_count(text: str, expected: Segments) -> None:
    assert segments(text) == expected


def test_an_escaped_letter_is_not_torn_apart_between_parts() -> None:
    assert segments("a" * 152 + "€" + "a" * 151).parts == 2
    assert segments("a" * 152 + "€" + "a" * 152).parts == 3, "the euro left one septet of the first part empty"


def test_a_letter_outside_the_basic_plane_is_not_torn_apart_either() -> None:
    assert segments("ж" * 66 + "🎄" + "ж" * 65).parts == 2
    assert segments("ж" * 66 + "🎄" + "ж" * 66).parts == 3


def test_every_part_is_paid_for() -> None:
    assert cost("ж" * 71, Decimal("4.35")) == Decimal("8.70")


def test_more_parts_than_a_gateway_joins_are_refused_before_they_are_queued() -> None:
    can = Capabilities(intake="webhook", max_text=1530, segments="sms")
    require_deliverable(can, Draft(text="ж" * 670))
    require_deliverable(can, Draft(text="a" * 1530))
    with pytest.raises(Refused) as caught:
        require_deliverable(can, Draft(text="ж" * 671))
    assert (caught.value.code, caught.value.what.params) == ("too_many_parts", {"n": 11, "limit": 10})
    require_deliverable(replace(can, segments=""), Draft(text="ж" * 671))


@given(LATIN | ANY)
def test_parts_hold_their_units(text: str) -> None:
    found = segments(text)
    alone, joined = (160, 153) if found.alphabet == "gsm7" else (70, 67)
    if found.parts == 1:
        assert found.units + found.left == alone
    else:
        torn = found.parts - 1
        assert found.parts * joined - torn <= found.units + found.left <= found.parts * joined


@given(ANY, ANY)
def test_a_longer_text_never_takes_less(text: str, more: str) -> None:
    assert segments(text + more).parts >= segments(text).parts


@given(ANY)
def test_ucs2_units_are_those_of_utf16(text: str) -> None:
    found = segments(text + "ж")
    assert found.units == len((text + "ж").encode("utf-16-le")) // 2
