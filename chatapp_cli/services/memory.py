"""Data that sessions store besides binding and cursor; encrypted, because it may contain secrets."""

from __future__ import annotations

from collections.abc import Mapping

from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.store.secrets import Vault
from chatapp_cli.store.tx import Tx


def known(tx: Tx, vault: Vault, channel: ChannelId, prefix: str = "") -> Mapping[str, str]:
    """All entries with this prefix. Raises StoreError if the key does not decrypt them."""
    like = "".join(f"!{letter}" if letter in "!%_" else letter for letter in prefix) + "%"
    rows = tx.all(lambda name, value: (name, bytes(value)), "memory.known", channel=channel, like=like)
    texts = vault.open_all([value for _, value in rows])
    return {name: text for (name, _), text in zip(rows, texts, strict=True)}


def save(tx: Tx, vault: Vault, channel: ChannelId, changes: Mapping[str, str]) -> None:
    """Store an entry; an empty text deletes it."""
    kept = {name: text for name, text in changes.items() if text}
    for name, sealed in zip(kept, vault.seal_all(kept.values()), strict=True):
        tx.run("memory.keep", channel=channel, name=name, sealed=sealed)
    for name in changes.keys() - kept.keys():
        tx.run("memory.forget", channel=channel, name=name)


def swap(tx: Tx, vault: Vault, channel: ChannelId, name: str, before: str, after: str) -> bool:
    """Replace an entry if it still is ``before``; empty texts stand for no entry. Whether it was."""
    if known(tx, vault, channel, name).get(name, "") != before:
        return False
    save(tx, vault, channel, {name: after})
    return True
