"""Whom a number reaches: what a provider said is kept exactly, what a person typed is read as in Russia."""

from __future__ import annotations

import pytest
from hypothesis import example
from hypothesis import given as whatever
from hypothesis import strategies as st

from chatapp_cli.domain.address import canonical, given, kinds
from chatapp_cli.domain.finding import needles, search_text

TYPED = [
    ("+79161234567", "+79161234567"),
    ("8 916 123-45-67", "+79161234567"),
    ("8(916)1234567", "+79161234567"),
    ("(8) 916 123 45 67", "+79161234567"),
    ("8-916-123-45-67", "+79161234567"),
    ("8916 123 45 67", "+79161234567"),
    ("89161234567", "+79161234567"),
    ("79161234567", "+79161234567"),
    ("7 916 123 45 67", "+79161234567"),
    ("916 123-45-67", "+79161234567"),
    ("9161234567", "+79161234567"),
    ("+7 8 916 123-45-67", "+79161234567"),
    ("+7 (8) 916 1234567", "+79161234567"),
    ("7 8 916 123-45-67", "+79161234567"),
    ("007 916 123 45 67", "+79161234567"),
    ("007 8 916 123 45 67", "+79161234567"),
    ("8 10 7 916 123 45 67", "+79161234567"),
    ("٨ ٩١٦ ١٢٣ ٤٥ ٦٧", "+79161234567"),
    ("8 916 123-45-67 доб. 12", "+79161234567"),
    ("8 (495) 123-45-67", "+74951234567"),
    ("(495) 123-45-67", "+74951234567"),
    ("4951234567", "+74951234567"),
    ("+7 812 123-45-67", "+78121234567"),
    ("8 812 123 45 67", "+78121234567"),
    ("8-800-555-35-35", "+78005553535"),
    ("88005553535", "+78005553535"),
    ("8800 555 35 35", "+78005553535"),
    ("800 555 35 35", "+78005553535"),
    ("+7 800 555 35 35", "+78005553535"),
    ("+7 701 123 45 67", "+77011234567"),
    ("8 701 123 45 67", "+77011234567"),
    ("701 123 45 67", "+77011234567"),
    ("+84 912 345 678", "+84912345678"),
    ("84 912 345 678", "+84912345678"),
    ("0084912345678", "+84912345678"),
    ("810 84 912345678", "+84912345678"),
    ("84912345678", "+74912345678"),
    ("+852 1234 5678", "+85212345678"),
    ("852 1234 5678", "+85212345678"),
    ("85212345678", "+85212345678"),
    ("+853 6123 4567", "+85361234567"),
    ("+855 12 345 678", "+85512345678"),
    ("+86 138 0013 8000", "+8613800138000"),
    ("8613800138000", "+8613800138000"),
    ("+880 1712 345678", "+8801712345678"),
    ("+886 2 1234 567", "+88621234567"),
    ("82 2 123 4567", "+8221234567"),
    ("+89161234567", "+89161234567"),
    ("+375 29 123-45-67", "+375291234567"),
    ("375291234567", "+375291234567"),
    ("+1 (415) 555-2671", "+14155552671"),
    ("999-99-99", "+9999999"),
]
GIVEN = [
    ("84912345678", "+84912345678"),
    ("+84912345678", "+84912345678"),
    ("84 91 234 56 78", "+84912345678"),
    ("84951234567", "+84951234567"),
    ("85212345678", "+85212345678"),
    ("85361234567", "+85361234567"),
    ("85512345678", "+85512345678"),
    ("8613800138000", "+8613800138000"),
    ("88005553535", "+78005553535"),
    ("79161234567", "+79161234567"),
    ("77011234567", "+77011234567"),
    ("9613123456", "+9613123456"),
    ("4951234567", "+4951234567"),
    ("+7 (916) 123-45-67", "+79161234567"),
    ("+7 495 123-45-67 ext. 12", "+74951234567"),
    ("tel:+84912345678;ext=12", "+84912345678"),
    ("8 (916) 123-45-67", "+79161234567"),
    ("89161234567", "+79161234567"),
    ("8 (495) 123-45-67", "+74951234567"),
    ("8-800-555-35-35", "+78005553535"),
    ("unknown", ""),
    ("", ""),
]

RESTS = ("12345678", "91234567", "912345678", "1234567", "000000000")
"""What stands behind the codes of countries that begin with 8."""


@pytest.mark.parametrize(("said", "number"), TYPED)
def test_a_number_that_somebody_types_is_the_one_they_mean(said: str, number: str) -> None:
    assert canonical(said, "phone") == number
    assert canonical(number, "phone") == number, "its one spelling is read as itself"


@pytest.mark.parametrize(("said", "number"), GIVEN)
def test_a_number_that_a_provider_tells_stays_the_clients(said: str, number: str) -> None:
    assert given(said) == number
    assert given(number) == number


@pytest.mark.parametrize("number", [number for _said, number in TYPED if number not in {"+89161234567", "+9999999"}])
def test_the_library_of_numbers_reads_the_one_spelling_as_itself(number: str) -> None:
    """The kit asks it before anything is sent: both have to mean the same person."""
    import phonenumbers

    parsed = phonenumbers.parse(number, "RU")
    assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == number


@pytest.mark.parametrize("said", [said for said, number in TYPED if "+" in said])
def test_a_plus_means_the_same_whoever_said_it(said: str) -> None:
    assert canonical(said, "phone") == given(said)


@pytest.mark.parametrize(
    ("query", "known", "found"),
    [
        ("8 916 123", "+79161234567", True),
        ("8 916 123-45-67", "+79161234567", True),
        ("89161234567", "+79161234567", True),
        ("+7 916 123", "+79161234567", True),
        ("916123", "+79161234567", True),
        ("+84 912", "+84912345678", True),
        ("+84912345678", "+84912345678", True),
        ("84912345678", "84912345678", True),
        ("84 912 345 678", "+84912345678", True),
        ("+84 912 345", "+74912345678", False),
        ("+852 1234", "+85212345678", True),
        ("+855 12 345", "+75512345678", False),
        ("8 916 123-45-67", "+84916123456", False),
        ("8 916 123", "+70016123000", False),
        ("+7 916 123", "+70016123000", False),
        ("+8 916 123", "+79161234567", False),
        ("84 912 345", "+74912345678", False),
        ("8(91)6", "+79161234567", False),
        ("8(91)61", "+79161234567", True),
    ],
)
def test_a_client_is_found_by_their_number_however_it_is_typed(query: str, known: str, found: bool) -> None:
    stored = search_text("Анна", phone=known)
    assert all(needle in stored for needle in needles(query)) is found


@pytest.mark.parametrize("said", ["8 495 123-45-67 доб. 12", "-------", "(      )", "- - 1 2 -"])
def test_what_is_no_number_alone_is_not_written_to_as_one(said: str) -> None:
    assert kinds(said) == ("chat_id",)


@whatever(st.text() | st.from_regex(r"[+]?[0-9 ()-]{0,20}", fullmatch=True))
@example("00 7 8 916 123 45 67")
@example("+")
def test_the_one_spelling_is_read_as_itself_whatever_was_said(said: str) -> None:
    for number in (canonical(said, "phone"), given(said)):
        assert number in {"", "+"} or (number[0], number[1:].isascii(), number[1:].isdigit()) == ("+", True, True)
        assert given(number) == number.removesuffix("+")
        assert canonical(number, "phone") == (number or "+")


@pytest.mark.parametrize(
    "said", [f"+{code}{rest}" for code in (84, 852, 853, 855, 856, 86, 880, 886) for rest in RESTS]
)
def test_nobody_abroad_becomes_somebody_in_russia(said: str) -> None:
    assert canonical(said, "phone") == given(said) == given(said[1:]) == said
