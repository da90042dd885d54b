"""Failed logins, counted in the store: for every way in together, and across restarts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.name import known_as
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import operators
from chatapp_cli.store.tx import Tx

WITHIN: Final = 900_000
"""Milliseconds for which a wrong password counts."""
MOST: Final = MappingProxyType({"name": 10, "address": 30, "way": 10})
"""Failed logins allowed within that time for one name, from one address, which an office shares, and by one account
of a provider."""


class TooManyAttempts(Refused):
    """Too many failed logins; ``wait`` is the number of milliseconds until the next attempt is allowed."""

    def __init__(self, wait: Millis, what: Text) -> None:
        super().__init__("login_limit", what)
        self.wait = wait


def begin(tx: Tx, name: str, address: str = "") -> None:
    """Count an attempt, before the password is checked, so that concurrent ones count too. Raises TooManyAttempts.

    ``address`` is where a browser is; empty at the machine itself.
    """
    _count(tx, _counted(tx, name, address), T("Too many wrong passwords. Wait a quarter of an hour."))


def begin_by(tx: Tx, way: str) -> None:
    """Count an attempt by a provider, named by ``LoginWay.counted``. Raises TooManyAttempts.

    It is counted before anybody is asked, so that nobody has the provider asked without end.
    """
    what = T("Too many logins failed. Wait a quarter of an hour, or log in with your password.")
    _count(tx, {"way": way}, what)


def succeeded_by(tx: Tx, way: str) -> None:
    """Uncount the last attempt by a provider: it told who that is, and the operator was let in."""
    tx.run("logins.take_back", kind="way", value=way)


def _count(tx: Tx, counted: Mapping[str, str], too_many: Text) -> None:
    tx.run("logins.sweep", until=tx.now - WITHIN)
    wait = max(_wait(tx, kind, value) for kind, value in counted.items())
    if wait > 0:
        raise TooManyAttempts(wait, too_many)
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
