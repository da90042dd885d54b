"""Passwords: hashing them, and comparing without telling who exists. Slow on purpose: never in a transaction."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST = 8
"""Characters."""


def hashed(password: str) -> str:
    """What is kept of a new password. Raises UsageError if it is too short."""
    if len(password) < LEAST:
        raise UsageError(T("A password needs at least {n} characters.", n=LEAST), field="password")
    return _hasher().hash(password)


def fits(password: str, kept: str) -> bool:
    """Compare; where nothing is kept, do as much work and say no."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    if not kept:
        _hasher().hash(password)
        return False
    try:
        return _hasher().verify(kept, password)
    except (Argon2Error, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Tell whether it was hashed as is no longer thought safe."""
    return _hasher().check_needs_rehash(kept)


@cache
def _hasher() -> PasswordHasher:
    """Argon2id with the library's parameters, those of RFC 9106 for little memory."""
    from argon2 import PasswordHasher

    return PasswordHasher()
