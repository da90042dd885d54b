"""Whether digits can be a phone of their country, and what stands in a field that takes phones only.

Lengths and numbering plans are those of ``phonenumbers``, the port of Google's libphonenumber.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.address import kinds
from chatapp_cli.domain.phone import typed

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_WITHOUT_COUNTRY: Final = 10
"""So many digits a Russian number has without its country."""


def e164(digits: str) -> str:
    """``+79160000001`` for digits that begin with a country's code; empty if no number there is so long."""
    number = _parsed(digits)
    if number is None:
        return ""
    import phonenumbers

    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_in_field(said: str) -> str:
    """The phone that a person wrote into a field of phones, in canonical form; empty if it is none.

    Ten digits are completed to a Russian number only if the country has it: ``8 916 555-00-4`` is a mobile number
    with a digit missing.
    """
    if "phone" not in kinds(said):
        return ""
    digits = typed(said)
    completed = len(re.findall(r"\d", said)) == _WITHOUT_COUNTRY and len(digits) > _WITHOUT_COUNTRY
    is_one = _exists(digits) if completed else bool(e164(digits))
    return f"+{digits}" if is_one else ""


def _exists(digits: str) -> bool:
    import phonenumbers

    number = _parsed(digits)
    return number is not None and phonenumbers.is_valid_number(number)


def _parsed(digits: str) -> PhoneNumber | None:
    import phonenumbers

    try:
        return phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
