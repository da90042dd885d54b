"""Phones in the canonical form of all channels, if they are possible numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.domain.phone import provider_digits, typed

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber


def e164(text: str) -> str:
    """``+79160000001`` for a person's input, see ``domain.phone.typed``; empty if it cannot be a phone."""
    return _spelled(typed(text))


def incoming(text: str) -> str:
    """The same for a number that a provider reports, see ``domain.phone.provider_digits``.

    Anything else stays as it is: a short number, a sender's name.
    """
    bare = text.strip()
    return bare if bare[:1].isalpha() and not bare.startswith("tel:") else _spelled(provider_digits(bare)) or bare


def _spelled(digits: str) -> str:
    number = _parsed(f"+{digits}")
    if number is None or not _is_possible(number):
        return ""
    import phonenumbers

    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parsed(text: str) -> PhoneNumber | None:
    import phonenumbers

    try:
        return phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None


def _is_possible(number: PhoneNumber) -> bool:
    import phonenumbers

    return phonenumbers.is_possible_number(number)
