"""Failed logins, counted in the store: for every way in together, and across restarts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.name import known_as
from chatapp_cli.domain.text import T
from chatapp_cli.services import operators
from chatapp_cli.store.tx import Tx

WITHIN: Final = 900_000
"""Milliseconds for which a wrong password counts."""
MOST: Final = MappingProxyType({"name": 10, "address": 30})
"""Wrong passwords allowed within that time for one name, and from one address, which an office shares."""


class TooManyAttempts(Refused):
    """Too many wrong passwords; ``wait`` is the number of milliseconds until the next attempt is allowed."""

    def __init__(self, wait: Millis) -> None:
        super().__init__("login_limit", T("Too many wrong passwords. Wait a quarter of an hour."))
        self.wait = wait


def begin(tx: Tx, name: str, address: str = "") -> None:
    """Count an attempt, before the password is checked, so that concurrent ones count too. Raises TooManyAttempts.

    ``address`` is where a browser is; empty at the machine itself.
    """
    tx.run("logins.sweep", until=tx.now - WITHIN)
    counted = _counted(tx, name, address)
    wait = max(_wait(tx, kind, value) for kind, value in counted.items())
    if wait > 0:
        raise TooManyAttempts(wait)
    for kind, value in counted.items():
        tx.run("logins.add", kind=kind, value=value, now=tx.now)


def succeeded(tx: Tx, name: str, address: str = "") -> None:
    """Uncount the last attempt: the password was right."""
    for kind, value in _counted(tx, name, address).items():
        tx.run("logins.take_back", kind=kind, value=value)


def _counted(tx: Tx, name: str, address: str) -> Mapping[str, str]:
    """What an attempt is counted by; a name that no account has may be a password typed into the wrong box."""
    known = known_as(name)
    value = known if operators.known(tx, known) else hashlib.sha256(known.encode()).hexdigest()
    return {"name": value, **({"address": address} if address else {})}


def _wait(tx: Tx, kind: str, value: str) -> Millis:
    """Milliseconds until the next attempt is allowed; 0 or less for now."""
    counted = tx.all(Millis, "logins.recent", kind=kind, value=value, since=tx.now - WITHIN)
    return counted[-MOST[kind]] + WITHIN - tx.now if len(counted) >= MOST[kind] else 0
