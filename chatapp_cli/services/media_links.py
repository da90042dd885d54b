"""Signed addresses under which a CRM fetches files of messages; they end after some days."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from chatapp_cli.domain.errors import StoreError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.store.secrets import Vault

PREFIX = "/media/"
LASTS: Millis = 7 * 86_400_000
"""A CRM that is down for days fetches a file late; the entry itself is told again with a new address."""
_LONGEST = 1000


class SharedContent(msgspec.Struct, frozen=True):
    """What a signed address leads to."""

    sha256: str
    mime: str
    until: Millis


def address(vault: Vault, public_url: str, name: str, content: SharedContent) -> str:
    """The address of a file under our public one."""
    (token,) = vault.seal_all([msgspec.json.encode(content).decode()])
    return f"{public_url}{PREFIX}{token.decode()}/{quote(name, safe='')}"


def content_of(vault: Vault, token: str, now: Millis) -> SharedContent | None:
    """What an address leads to; ``None`` if it was not made by us or has ended."""
    if len(token) > _LONGEST or not token.isascii():
        return None
    try:
        (text,) = vault.open_all([token.encode()])
        found = msgspec.json.decode(text, type=SharedContent)
    except (
        StoreError,
        msgspec.DecodeError,
        ValueError,
    ):  # made with another key, for another purpose, or by a stranger
        return None
    return found if found.until >= now else None
