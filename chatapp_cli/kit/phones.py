"""Phones in the canonical form of all channels, if they are possible numbers."""

from __future__ import annotations

from chatapp_cli.domain import possible_phone
from chatapp_cli.domain.phone import provider_digits, typed


def e164(text: str) -> str:
    """``+79160000001`` for a person's input, see ``domain.phone.typed``; empty if it cannot be a phone."""
    return possible_phone.e164(typed(text))


def incoming(text: str) -> str:
    """The same for a number that a provider reports, see ``domain.phone.provider_digits``.

    Anything else stays as it is: a short number, a sender's name.
    """
    bare = text.strip()
    if bare[:1].isalpha() and not bare.startswith("tel:"):
        return bare
    return possible_phone.e164(provider_digits(bare)) or bare
