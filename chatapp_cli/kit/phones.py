"""Phones in the one spelling that all channels share, as far as they can be in use at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.domain.phone import told, typed

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber


def e164(said: str) -> str:
    """``+79160000001`` for what a person types, see ``domain.phone.typed``; empty for what cannot be a phone."""
    return _spelled(typed(said))


def incoming(said: str) -> str:
    """The same for a number in a provider's words, see ``domain.phone.told``.

    What is no number stays as it is: a short number, a sender's name.
    """
    bare = said.strip()
    return bare if bare[:1].isalpha() and not bare.startswith("tel:") else _spelled(told(bare)) or bare


def _spelled(digits: str) -> str:
    number = _parsed(f"+{digits}")
    if number is None or not _is_possible(number):
        return ""
    import phonenumbers

    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parsed(said: str) -> PhoneNumber | None:
    import phonenumbers

    try:
        return phonenumbers.parse(said)
    except phonenumbers.NumberParseException:
        return None


def _is_possible(number: PhoneNumber) -> bool:
    import phonenumbers

    return phonenumbers.is_possible_number(number)
