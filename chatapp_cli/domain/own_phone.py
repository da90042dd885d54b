"""The phone of an account of ours whose name at the provider is something else, known again by its digest.

A binding shows such a phone masked, see ``Bound.facts``; the digest tells only whether another phone is the same.
"""

from __future__ import annotations

from typing import Final

SETTING: Final = "phone_digest"
"""The name among a channel's settings."""


def digest(phone: str) -> str:
    """What is stored of a phone, in any spelling with its country's code; empty for none."""
    import hashlib  # three megabytes, which a window need not have

    digits = "".join(filter(str.isdecimal, phone))
    return hashlib.sha256(f"own phone {digits}".encode()).hexdigest()[:24] if digits else ""
