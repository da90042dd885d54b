"""Phones in the one spelling that all channels share."""

from __future__ import annotations

from typing import Final

REGION: Final = "RU"
"""Where a number without a country is at home."""


def e164(said: str) -> str:
    """``+79160000001`` for any way of writing it; empty for what cannot be a phone."""
    import phonenumbers

    try:
        number = phonenumbers.parse(said, REGION)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def incoming(said: str) -> str:
    """The same for a number in a provider's words, which often leaves the plus out; else as it is: a short number."""
    bare = said.strip()
    return e164(bare) or e164(f"+{bare}") or bare
