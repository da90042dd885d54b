"""How names, phones and addresses are made comparable before they are stored or looked for."""

from __future__ import annotations

import re

_FOLD = str.maketrans("ё", "е")
_LONG_ENOUGH_FOR_A_PHONE = 4
_PHONE_DIGITS = 11
_NATIONAL_DIGITS = 10
_RUSSIAN_PREFIXES = "78"


def fold(words: str) -> str:
    """Lower case, ё as е, single spaces: SQLite's LIKE knows only ASCII case."""
    return " ".join(words.lower().translate(_FOLD).split())


def digits(phone: str) -> str:
    """The digits of a phone however it is written; a Russian mobile number gets its 7 in front."""
    found = re.sub(r"\D", "", phone)
    if len(found) == _NATIONAL_DIGITS and found[0] == "9" and "+" not in phone:
        return "7" + found
    return "7" + found[1:] if len(found) == _PHONE_DIGITS and found[0] == "8" else found


def search_text(*parts: str, phone: str = "") -> str:
    """What a dialog is found by: everything known of the client, folded."""
    return " ".join(filter(None, [*(fold(part) for part in parts), digits(phone)]))


def needles(query: str) -> list[str]:
    """The pieces that must all occur; something that looks like a phone is one, without the 8 or +7 in front."""
    if re.fullmatch(r"\+?[\d\s()\-]+", query) and len(digits(query)) > _LONG_ENOUGH_FOR_A_PHONE:
        number = digits(query)
        return [number[1:] if number[0] in _RUSSIAN_PREFIXES else number]
    return fold(query).lstrip("@").split()
