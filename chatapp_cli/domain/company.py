"""Tax numbers of Russian companies, and whether such a number is valid."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_COMPANY: Final = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_PERSON: Final = ((7, *_COMPANY), (3, 7, *_COMPANY))
_KPP: Final = re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}")


def is_company_inn(number: str) -> bool:
    """ИНН of a legal entity: ten digits, the last of them a check."""
    return _digits(number, 10) and _check(number, _COMPANY) == number[9]


def is_person_inn(number: str) -> bool:
    """ИНН of a person, an entrepreneur too: twelve digits, the last two of them checks."""
    return _digits(number, 12) and _check(number, _PERSON[0]) + _check(number, _PERSON[1]) == number[10:]


def is_ogrn(number: str) -> bool:
    """ОГРН of a legal entity: thirteen digits, the last of them a check."""
    return _digits(number, 13) and str(int(number[:12]) % 11 % 10) == number[12]


def is_ogrnip(number: str) -> bool:
    """ОГРНИП of an entrepreneur: fifteen digits, the last of them a check."""
    return _digits(number, 15) and str(int(number[:14]) % 13 % 10) == number[14]


def is_kpp(number: str) -> bool:
    """КПП: tax office, reason and number; there is no check in it."""
    return _KPP.fullmatch(number) is not None


def _digits(number: str, count: int) -> bool:
    return len(number) == count and number.isascii() and number.isdecimal()


def _check(number: str, weights: Sequence[int]) -> str:
    return str(sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11 % 10)
