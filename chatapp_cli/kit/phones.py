"""Phones in the normalised form that all channels share, if they are valid numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.domain.phone import told, typed

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber


def e164(said: str) -> str:
    """``+79160000001`` from a person's input, see ``domain.phone.typed``; empty for an invalid phone."""
    return _spelled(typed(said))


def incoming(said: str) -> str:
    """The same from a provider's number, see ``domain.phone.told``.

    Anything else, such as a short number or a sender's name, is unchanged.
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
