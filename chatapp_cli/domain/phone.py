"""Phone numbers as people type them and as providers tell them: the one place that knows whose country is meant.

Two readings are needed, as the same eleven digits may be two people's: ``84951234567`` is typed for Moscow, but told
by a provider it is a number in Vietnam. Wherever the spelling leaves no doubt, both give the same.
"""

from __future__ import annotations

import re
from typing import Final

DASHES: Final = r"\-\u2010-\u2012"
SIGNS: Final = rf"\d\s(){DASHES}"
"""What a number is written with, as part of a regular expression's class; so are the hyphens that do not break."""
_SHORTEST_PIECE: Final = 5
_PIECE: Final = re.compile(rf"[+＋]?[{SIGNS}]+")
_EXTENSION: Final = re.compile(r"(?<=\d)[\s.()]*+(?:доб|вн|ext|x|х|[#,;]).*", re.IGNORECASE | re.DOTALL)
"""What is dialled after somebody took up."""
_ZERO: Final = re.compile(r"(?<=\d)[\s\-]*+\(0\)")
"""What is dialled at home only, as in ``+44 (0)20…``."""
_ZERO_BEHIND_CODE: Final = re.compile(r"^(2[07]|3[0-46]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])0(?=[1-9]\d{5})")
"""The same without brackets; countries whose numbers begin with 0, such as Italy, are not among them."""
_PLUS: Final = re.compile(r"\D*[+＋]")
_ABROAD: Final = re.compile(r"(?:00|810)(?=\d{9,})")
"""What is dialled before the code of another country; of ``810`` only where more digits follow than in Russia."""
_TRUNK: Final = re.compile(r"^8(?=[34789]\d{9}$)")
"""What Russians dial before a number of ten digits; theirs and Kazakh ones begin with no others."""
_TRUNK_TOLD: Final = re.compile(r"^8(?!4|80[1-9]|86)(?=[34789]\d{9}$)")
"""The same where it can be no number of Vietnam, Bangladesh or Taiwan, the only ones of this length."""
_TRUNK_TWICE: Final = re.compile(r"^78(?=[34789]\d{9}$)")
_NATIONAL: Final = re.compile(r"[34789]\d{9}")
_NATIONAL_TOLD: Final = re.compile(r"9(?!5[19]|6[017]|75)\d{9}")
"""A Russian mobile that can be no number of Myanmar, the Maldives, Lebanon, Yemen or Bhutan."""
_TRUNK_ALONE: Final = re.compile(r"\D*8\D")
"""No country has the code 8."""
_TOWN_FIRST: Final = re.compile(r"\W*\(\d{3,5}\)")
"""Where a town stands in brackets at the beginning, there is no country's code."""
_CODE_ALONE: Final = re.compile(r"\D*(?:[1-69]\d|8[1246]|8(?:5[02356]|80|86))\D+\d")
"""The code of another country, apart from the digits behind it: ``84 912…``, ``880 1712…``."""


def told(phone: str) -> str:
    """The digits of a number in a provider's words, which are exact but often leave the plus out.

    Only what can be no country's is read in the Russian way: ``8 (495)…``, ``8916…``, ``916…``, ``(495)…``. An
    extension goes. Empty where there is no digit.
    """
    said, found = _said(phone)
    if _PLUS.match(said):
        return _exact(found)
    if abroad := _ABROAD.match(found):
        return _exact(found[abroad.end() :])
    if _NATIONAL_TOLD.fullmatch(found) or (_TOWN_FIRST.match(said) and _NATIONAL.fullmatch(found)):
        return "7" + found
    return _exact((_TRUNK if _TRUNK_ALONE.match(said) else _TRUNK_TOLD).sub("7", found))


def typed(phone: str) -> str:
    """The digits of a number as somebody in Russia types it; with a plus it is exact.

    ``8 916…``, ``916…`` and ``(495)…`` are Russian, ``00`` and ``8 10`` stand before the code of another country,
    and so does nothing where that code stands apart.
    """
    said, found = _said(phone)
    if _PLUS.match(said) or _ABROAD.match(found) or _CODE_ALONE.match(said):
        return told(phone)
    return "7" + found if _NATIONAL.fullmatch(found) else _exact(_TRUNK.sub("7", found))


def piece(query: str) -> str:
    """What stands in every number of which somebody typed this much, without the 8 or +7 in front.

    Empty for what is no number, or too little of one.
    """
    number = typed(query) if _PIECE.fullmatch(query) else ""
    if len(number) < _SHORTEST_PIECE:
        return ""
    exact = _PLUS.match(query) or _CODE_ALONE.match(query)
    return number[1:] if number[0] in ("7" if exact else "78") else number


def _said(phone: str) -> tuple[str, str]:
    """A number without its extension, and its digits, whichever script they are of."""
    said = _ZERO.sub("", _EXTENSION.sub("", phone))
    return said, "".join(str(int(digit)) for digit in re.findall(r"\d", said))


def _exact(found: str) -> str:
    """Without what is dialled at home only and was left behind the country's code."""
    return _ZERO_BEHIND_CODE.sub(r"\1", _TRUNK_TWICE.sub("7", found))
