"""Who somebody proved to be by a way of logging in other than a password."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginIdentity:
    """A person at a provider; which operator that is, only the desk decides.

    ``way``, ``realm`` and ``person`` together are one person for ever. Names, addresses and numbers that can change
    hands are in none of them.
    """

    way: str
    """The kind of provider, such as ``amocrm``."""
    realm: str
    """Within which the provider's ids are unique, such as an account there."""
    person: str
    """The provider's id of the person."""
    name: str = ""
    """What the person is called there; it decides nothing."""
