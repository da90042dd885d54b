"""Hash and check passwords without revealing which accounts exist. Slow on purpose: never in a transaction."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST = 8
"""Characters."""


def hashed(password: str, names: Iterable[str] = ()) -> str:
    """The hash of a new password. Raises UsageError if it is too short or easily guessed.

    ``names`` are those of the operator and the company, which are guessed first.
    """
    from chatapp_cli.services.common_passwords import is_common

    if len(password) < LEAST:
        raise UsageError(T("A password needs at least {n} characters.", n=LEAST), field="password")
    if is_common(password, names):
        raise UsageError(
            T("This password is among the first that anybody would try."),
            T("Take a few words that do not belong together, or one that a program made."),
            field="password",
        )
    return _hasher().hash(password)


def renewed(password: str) -> str:
    """A new hash of a password that is in use."""
    return _hasher().hash(password)


def fits(password: str, kept: str) -> bool:
    """Check a password; without a hash, do the same work and return false."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    if not kept:
        _hasher().hash(password)
        return False
    try:
        return _hasher().verify(kept, password)
    except (Argon2Error, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether a hash uses outdated parameters."""
    return _hasher().check_needs_rehash(kept)


@cache
def _hasher() -> PasswordHasher:
    """Argon2id with the library's parameters, those of RFC 9106 for little memory."""
    from argon2 import PasswordHasher

    return PasswordHasher()
