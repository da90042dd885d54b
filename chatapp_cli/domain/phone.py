"""Reads phone numbers that people type and that providers report, and decides which country is meant.

The two are read differently, because the same eleven digits may be two numbers: ``84951234567`` typed by a person is
in Moscow, reported by a provider it is in Vietnam. Unambiguous spellings are read the same way.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

DASHES: Final = r"\-\u2010-\u2012"
SIGNS: Final = rf"\d\s(){DASHES}"
"""Separators in a number, for a regular expression's character class, non-breaking hyphens included."""
_SHORTEST_PIECE: Final = 5
_PIECE: Final = re.compile(rf"[+＋]?[{SIGNS}]+")
_EXTENSION: Final = re.compile(r"(?<=\d)[\s.()]*+(?:доб|вн|ext|x|х|[#,;]).*", re.IGNORECASE | re.DOTALL)
"""The extension, dialled after the call is answered."""
_ZERO: Final = re.compile(r"(?<=\d)[\s\-]*+\(0\)")
"""The zero for domestic calls, as in ``+44 (0)20…``."""
_ZERO_BEHIND_CODE: Final = re.compile(r"^(2[07]|3[0-46]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])0(?=[1-9]\d{5})")
"""The same without brackets; countries whose numbers begin with 0, such as Italy, are not among them."""
_PLUS: Final = re.compile(r"\D*[+＋]")
_ABROAD: Final = re.compile(r"(?:00|810)(?=\d{9,})")
"""International call prefixes; ``810`` only if more digits follow than a Russian number has."""
_TRUNK: Final = re.compile(r"^8(?=[34789]\d{9}$)")
"""Prefixes that Russians dial before ten digits; Russian and Kazakh numbers have no others."""
_TRUNK_REPORTED: Final = re.compile(r"^8(?!4|80[1-9]|86)(?=[34789]\d{9}$)")
"""The same, unless it may be a number of Vietnam, Bangladesh or Taiwan, the only others of this length."""
_TRUNK_TWICE: Final = re.compile(r"^78(?=[34789]\d{9}$)")
_NATIONAL: Final = re.compile(r"[34789]\d{9}")
_NATIONAL_REPORTED: Final = re.compile(r"9(?!5[19]|6[017]|75)\d{9}")
"""A Russian mobile number that cannot be of Myanmar, the Maldives, Lebanon, Yemen or Bhutan."""
_TRUNK_ALONE: Final = re.compile(r"\D*8\D")
"""No country has the code 8."""
_TOWN_FIRST: Final = re.compile(r"\W*\(\d{3,5}\)")
"""An area code in brackets at the beginning: there is no country code."""
_CODE_ALONE: Final = re.compile(r"\D*(?:[1-69]\d|8[1246]|8(?:5[02356]|80|86))\D+\d")
"""A separate code of another country: ``84 912…``, ``880 1712…``."""


def provider_digits(phone: str) -> str:
    """The digits of a number that a provider reports: exact, but often without the plus.

    Only a number that is not valid internationally is read the Russian way: ``8 (495)…``, ``8916…``, ``916…``,
    ``(495)…``. An extension is removed. Empty if there is no digit.
    """
    number, found = _without_extension(phone)
    if _PLUS.match(number):
        return _exact(found)
    if abroad := _ABROAD.match(found):
        return _exact(found[abroad.end() :])
    if _NATIONAL_REPORTED.fullmatch(found) or (_TOWN_FIRST.match(number) and _NATIONAL.fullmatch(found)):
        return "7" + found
    return _exact((_TRUNK if _TRUNK_ALONE.match(number) else _TRUNK_REPORTED).sub("7", found))


@lru_cache(256)  # one message asks several times for the same number
def typed(phone: str) -> str:
    """The digits of a number that a person in Russia types; with a plus it is exact.

    ``8 916…``, ``916…`` and ``(495)…`` are Russian; ``00`` and ``8 10`` come before another country's code, and a
    separate code of another country needs no prefix.
    """
    number, found = _without_extension(phone)
    if _PLUS.match(number) or _ABROAD.match(found) or _CODE_ALONE.match(number):
        return provider_digits(phone)
    return "7" + found if _NATIONAL.fullmatch(found) else _exact(_TRUNK.sub("7", found))


def piece(query: str) -> str:
    """The digits to search for in numbers, from a typed part of one, without the leading 8 or +7.

    Empty if it is not a number, or too short.
    """
    number = typed(query) if _PIECE.fullmatch(query) else ""
    if len(number) < _SHORTEST_PIECE:
        return ""
    exact = _PLUS.match(query) or _CODE_ALONE.match(query)
    return number[1:] if number[0] in ("7" if exact else "78") else number


def _without_extension(phone: str) -> tuple[str, str]:
    """A number without its extension, and its digits as ASCII."""
    number = _ZERO.sub("", _EXTENSION.sub("", phone))
    return number, "".join(str(int(digit)) for digit in re.findall(r"\d", number))


def _exact(found: str) -> str:
    """Remove domestic prefixes after the country code."""
    return _ZERO_BEHIND_CODE.sub(r"\1", _TRUNK_TWICE.sub("7", found))
