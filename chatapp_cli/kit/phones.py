"""Phones in the one spelling that all channels share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

REGION: Final = "RU"
"""Where a number without a country is at home."""
_NATIONAL: Final = re.compile(r"8[\s(-]")
"""An eight that stands apart is the Russian way to begin a call to another town."""


def e164(said: str) -> str:
    """``+79160000001`` for what a person types, which is at home in Russia unless it has a plus.

    Empty for what cannot be a phone. With a plus nothing is respelled: ``+84901234567`` stays in Vietnam.
    """
    number = _parsed(said)
    return _spelled(number) if number is not None and _is_possible(number) else ""


def incoming(said: str) -> str:
    """The same for a number in a provider's words, which are exact but often leave the plus out.

    It is read as an international number wherever it can be one in use: ``84901234567`` and ``85291234567`` are not
    Russian. Some Russian gateways write the national form: ``89161234567``, ``88005553535``, ``9161234567`` are no
    international number in use and therefore Russian, likewise everything whose 8 stands apart: ``8 (495) 123-45-67``.
    What is no number of either kind stays as it is: a short number, a sender's name.
    """
    bare = said.strip()
    if "+" in bare or _NATIONAL.match(bare):
        return e164(bare) or bare
    abroad, at_home = _parsed(f"+{bare}"), _parsed(bare)
    for good in (_is_valid, _is_possible):
        found = next((number for number in (abroad, at_home) if number is not None and good(number)), None)
        if found is not None:
            return _spelled(found)
    return bare


def _parsed(said: str) -> PhoneNumber | None:
    import phonenumbers

    try:
        return phonenumbers.parse(said, REGION)
    except phonenumbers.NumberParseException:
        return None


def _is_valid(number: PhoneNumber) -> bool:
    import phonenumbers

    return phonenumbers.is_valid_number(number)


def _is_possible(number: PhoneNumber) -> bool:
    import phonenumbers

    return phonenumbers.is_possible_number(number)


def _spelled(number: PhoneNumber) -> str:
    import phonenumbers

    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
