"""Numbers of companies: invented ones that hold, and slips of the hand that are noticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chatapp_cli.domain.company import is_company_inn, is_kpp, is_ogrn, is_ogrnip, is_person_inn

pytestmark = pytest.mark.req("S-089")

COMPANY = (2, 4, 10, 3, 5, 9, 4, 6, 8)
CHECKS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (is_company_inn, "4000000015"),
    (is_person_inn, "400000000065"),
    (is_ogrn, "1204000000016"),
    (is_ogrnip, "320400000000016"),
)


def residues(number: str) -> tuple[int, ...]:
    """What the check digits are made from, before the last cut to one digit."""
    if len(number) == 10:
        return (weighed(number, COMPANY),)
    if len(number) == 12:
        return weighed(number, (7, *COMPANY)), weighed(number, (3, 7, *COMPANY))
    return (int(number[:-1]) % {13: 11, 15: 13}[len(number)],)


def weighed(number: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11


def made(digits: str) -> str:
    """A valid number out of all its digits but the checks."""
    if len(digits) == 10:
        digits += str(weighed(digits, (7, *COMPANY)) % 10)
        return digits + str(weighed(digits, (3, 7, *COMPANY)) % 10)
    if len(digits) == 9:
        return digits + str(weighed(digits, COMPANY) % 10)
    return digits + str(int(digits) % {12: 11, 14: 13}[len(digits)] % 10)


BODIES = st.sampled_from((9, 10, 12, 14)).flatmap(lambda size: st.text("0123456789", min_size=size, max_size=size))


def holds(number: str) -> bool:
    return {10: is_company_inn, 12: is_person_inn, 13: is_ogrn, 15: is_ogrnip}[len(number)](number)


@pytest.mark.parametrize(("check", "number"), CHECKS)
def test_invented_numbers_hold_and_every_other_last_digit_is_noticed(check: Callable[[str], bool], number: str) -> None:
    assert check(number), made(number[: -2 if len(number) == 12 else -1])
    others = [number[:-1] + digit for digit in "0123456789" if digit != number[-1]]
    assert not any(check(other) for other in others)


@given(BODIES)
def test_every_number_with_its_checks_holds(body: str) -> None:
    assert holds(made(body))


@given(BODIES, st.data())
def test_a_changed_digit_is_noticed_where_the_check_can_tell(body: str, data: st.DataObject) -> None:
    number = made(body)
    place = data.draw(st.integers(0, len(number) - 1))
    digit = data.draw(st.sampled_from("0123456789"))
    assume(digit != number[place])
    changed = number[:place] + digit + number[place + 1 :]
    blind = all(a % 10 == b % 10 for a, b in zip(residues(number), residues(changed), strict=True))
    checks = 2 if len(number) == 12 else 1
    assert holds(changed) == (blind and changed[-checks:] == number[-checks:])


@pytest.mark.parametrize("check", [check for check, _ in CHECKS])
@pytest.mark.parametrize(
    "said", ["", "1", "0" * 9, "0" * 16, "40000000l0", "４０００００００１０", "-000000000", " 000000000000"]
)
def test_what_is_no_number_is_none(check: Callable[[str], bool], said: str) -> None:
    assert not check(said)


@pytest.mark.parametrize(
    ("said", "right"),
    [("400001001", True), ("4000AB001", True), ("40000100", False), ("40000100I", False), ("4000ab001", False)],
)
def test_a_kpp_has_a_form_and_no_check(said: str, right: bool) -> None:
    assert is_kpp(said) == right
