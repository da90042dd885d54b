"""However a number is spelled, all that read it mean the same person: who finds, writes, receives or follows."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.address import canonical, given
from chatapp_cli.domain.finding import needles, search_text
from chatapp_cli.domain.links import find
from chatapp_cli.domain.wording import phones
from chatapp_cli.kit.phones import e164, incoming

pytestmark = [pytest.mark.req("S-110"), pytest.mark.req("S-036")]

CLEAR = [
    ("+79161234567", "+79161234567"),
    ("79161234567", "+79161234567"),
    ("89161234567", "+79161234567"),
    ("9161234567", "+79161234567"),
    ("8 916 123-45-67", "+79161234567"),
    ("8 (916) 123-45-67", "+79161234567"),
    ("8(916)1234567", "+79161234567"),
    ("8916 123 45 67", "+79161234567"),
    ("+7 (916) 123-45-67", "+79161234567"),
    ("+7\u00a0916\u00a0123\u201145\u201167", "+79161234567"),
    ("(916) 123-45-67", "+79161234567"),
    ("+7 8 916 123-45-67", "+79161234567"),
    ("7 916 123 45 67", "+79161234567"),
    ("007 916 123 45 67", "+79161234567"),
    ("8 10 7 916 123 45 67", "+79161234567"),
    ("88005553535", "+78005553535"),
    ("8-800-555-35-35", "+78005553535"),
    ("8800 555 35 35", "+78005553535"),
    ("88124567890", "+78124567890"),
    ("8 (495) 123-45-67", "+74951234567"),
    ("8-495-123-45-67", "+74951234567"),
    ("(495) 123-45-67", "+74951234567"),
    ("88312345678", "+78312345678"),
    ("87011234567", "+77011234567"),
    ("+7 701 123 45 67", "+77011234567"),
    ("84 912 345 678", "+84912345678"),
    ("+84 912 345 678", "+84912345678"),
    ("+84912345678", "+84912345678"),
    ("0084912345678", "+84912345678"),
    ("8 10 84 912345678", "+84912345678"),
    ("00491711234567", "+491711234567"),
    ("810491711234567", "+491711234567"),
    ("491711234567", "+491711234567"),
    ("+49 (0)171 1234567", "+491711234567"),
    ("0049 (0) 171 1234567", "+491711234567"),
    ("+44 (0)20 7946 0000", "+442079460000"),
    ("+44 020 7946 0000", "+442079460000"),
    ("44 20 7946 0000", "+442079460000"),
    ("+380 (0)44 123 45 67", "+380441234567"),
    ("+39 06 1234 5678", "+390612345678"),
    ("+375 29 123-45-67", "+375291234567"),
    ("375291234567", "+375291234567"),
    ("998901234567", "+998901234567"),
    ("852 9123 4567", "+85291234567"),
    ("85291234567", "+85291234567"),
    ("880 1712 345678", "+8801712345678"),
    ("8801712345678", "+8801712345678"),
    ("886912345678", "+886912345678"),
    ("8613800138000", "+8613800138000"),
    ("81312345678", "+81312345678"),
    ("+1 (415) 555-2671", "+14155552671"),
    ("+1 (415) 555-2671 доб. 12", "+14155552671"),
    ("+7 495 123-45-67,,12", "+74951234567"),
]
"""Spellings that leave no doubt, whoever says them."""

DOUBTFUL = [
    ("84912345678", "+74912345678", "+84912345678"),
    ("84951234567", "+74951234567", "+84951234567"),
    ("88612345678", "+78612345678", "+88612345678"),
    ("88031234567", "+78031234567", "+88031234567"),
    ("4951234567", "+74951234567", "+4951234567"),
    ("9611234567", "+79611234567", "+9611234567"),
]
"""What somebody in Russia means by them, and whose they are where a provider tells them."""


@pytest.mark.parametrize(("said", "number"), CLEAR)
def test_a_clear_number_is_the_same_to_all_that_read_it(said: str, number: str) -> None:
    assert canonical(said, "phone") == given(said) == e164(said) == incoming(said) == number


@pytest.mark.parametrize(("said", "typed", "told"), DOUBTFUL)
def test_a_doubtful_number_is_the_typists_or_the_providers_to_all(said: str, typed: str, told: str) -> None:
    assert canonical(said, "phone") == e164(said) == typed
    assert given(said) == incoming(said) == told
    for number in (typed, told):
        assert canonical(number, "phone") == given(number) == e164(number) == incoming(number) == number


@pytest.mark.parametrize(("said", "number"), [*CLEAR, *((said, number) for said, number, _ in DOUBTFUL)])
def test_a_number_is_found_by_whichever_spelling_is_typed(said: str, number: str) -> None:
    bare = said.partition(" доб.")[0].partition(",")[0]
    stored = search_text("Анна", phone=number)
    assert all(needle in stored for needle in needles(bare)), needles(bare)
    assert len(needles(bare)) == 1


@pytest.mark.parametrize(("said", "number"), [one for one in CLEAR if one[0].startswith(("+", "8"))])
def test_a_number_in_a_text_leads_to_whom_it_reaches(said: str, number: str) -> None:
    (link,) = find(f"Звоните: {said}")
    assert link.address == number
    assert link.url == f"tel:{number}"
    assert [end for end, _span in phones(f"Звоните: {said}")] == [number[-10:]]


@pytest.mark.parametrize("said", ["Тел. 8 916 123-45-67", "Факс: +7 495 123-45-67", "Fax +7 (495) 123 45 67"])
def test_words_before_a_number_are_no_extension(said: str) -> None:
    assert canonical(said, "phone") == given(said)
    assert len(given(said)) == len("+79161234567")
