"""Numbers reach whom they belong to: what was said exactly is never respelled as Russian."""

from __future__ import annotations

import pytest

from chatapp_cli.kit.phones import e164, incoming

pytestmark = [pytest.mark.req("S-110"), pytest.mark.req("S-036")]


@pytest.mark.parametrize(
    ("said", "phone"),
    [
        ("84901234567", "+84901234567"),
        ("84912345678", "+84912345678"),
        ("85291234567", "+85291234567"),
        ("8536123456", "+8536123456"),
        ("85366123456", "+85366123456"),
        ("85512345678", "+85512345678"),
        ("8562055512345", "+8562055512345"),
        ("8613800138000", "+8613800138000"),
        ("8801712345678", "+8801712345678"),
        ("886912345678", "+886912345678"),
        ("81312345678", "+81312345678"),
        ("821012345678", "+821012345678"),
        ("375291234567", "+375291234567"),
        ("998901234567", "+998901234567"),
        ("995591234567", "+995591234567"),
        ("77011234567", "+77011234567"),
        ("4915112345678", "+4915112345678"),
        ("13125550123", "+13125550123"),
        ("79160000001", "+79160000001"),
        ("+84901234567", "+84901234567"),
        ("+852 9123 4567", "+85291234567"),
        ("+7 (916) 000-00-01", "+79160000001"),
    ],
)
def test_a_providers_international_number_stays_what_it_is(said: str, phone: str) -> None:
    assert incoming(said) == phone
    assert incoming(phone) == phone, "a known address is not respelled either"
    assert e164(phone) == phone, "and it is written to as it was heard"


@pytest.mark.parametrize(
    ("said", "phone"),
    [
        ("89161234567", "+79161234567"),
        ("89991234567", "+79991234567"),
        ("88005553535", "+78005553535"),
        ("88124567890", "+78124567890"),
        ("9161234567", "+79161234567"),
        ("8 (495) 123-45-67", "+74951234567"),
        ("8-490-123-45-67", "+74901234567"),
        ("8 916 000-00-01", "+79160000001"),
        ("(916) 000-00-01", "+79160000001"),
    ],
)
def test_what_is_nobodys_international_number_is_a_russian_one_in_national_form(said: str, phone: str) -> None:
    assert incoming(said) == phone


@pytest.mark.parametrize(
    "said", ["900", "7001", "Yolki", "TELE2", "0", "+", "89", "8" * 40, "\N{ARABIC-INDIC DIGIT NINE}00", "+89161234567"]
)
def test_what_is_no_number_stays_as_it_is(said: str) -> None:
    assert incoming(f" {said} ") == said


@pytest.mark.parametrize(
    ("said", "phone"),
    [
        ("8 (916) 000-00-01", "+79160000001"),
        ("89160000001", "+79160000001"),
        ("9160000001", "+79160000001"),
        ("79160000001", "+79160000001"),
        ("+375 29 123-45-67", "+375291234567"),
        ("+84901234567", "+84901234567"),
        ("+85291234567", "+85291234567"),
        ("+8536123456", "+8536123456"),
        ("375291234567", "+375291234567"),
        ("900", ""),
        ("Ёлки", ""),
        ("", ""),
    ],
)
def test_what_a_person_types_is_at_home_in_russia_unless_it_has_a_plus(said: str, phone: str) -> None:
    assert e164(said) == phone
