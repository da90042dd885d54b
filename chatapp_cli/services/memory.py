"""Data that sessions store besides binding and cursor; encrypted, because it may contain secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.store.patterns import beginning_with
from chatapp_cli.store.secrets import Vault
from chatapp_cli.store.tx import Tx


class MemoryOwner(NamedTuple):
    """Whose memory it is, by the statements for it and their parameter."""

    known: str
    keep: str
    forget: str
    whose: Mapping[str, int]


def of_channel(channel: ChannelId) -> MemoryOwner:
    """The memory of a channel's sessions."""
    return MemoryOwner("memory.known", "memory.keep", "memory.forget", {"channel": channel})


def of_link(link: LinkId) -> MemoryOwner:
    """The memory of the sessions of a link to a CRM."""
    return MemoryOwner("linkmemory.known", "linkmemory.keep", "linkmemory.forget", {"link": link})


def known(tx: Tx, vault: Vault, owner: MemoryOwner, prefix: str = "") -> Mapping[str, str]:
    """All entries with this prefix. Raises StoreError if the key does not decrypt them."""
    rows = tx.all(lambda name, value: (name, bytes(value)), owner.known, like=beginning_with(prefix), **owner.whose)
    texts = vault.open_all([value for _, value in rows])
    return {name: text for (name, _), text in zip(rows, texts, strict=True)}


def save(tx: Tx, vault: Vault, owner: MemoryOwner, changes: Mapping[str, str]) -> None:
    """Store an entry; an empty text deletes it."""
    kept = {name: text for name, text in changes.items() if text}
    for name, sealed in zip(kept, vault.seal_all(kept.values()), strict=True):
        tx.run(owner.keep, name=name, sealed=sealed, **owner.whose)
    for name in changes.keys() - kept.keys():
        tx.run(owner.forget, name=name, **owner.whose)


def swap(tx: Tx, vault: Vault, owner: MemoryOwner, name: str, before: str, after: str) -> bool:
    """Replace an entry if it still is ``before``; empty texts stand for no entry. Whether it was."""
    if known(tx, vault, owner, name).get(name, "") != before:
        return False
    save(tx, vault, owner, {name: after})
    return True
