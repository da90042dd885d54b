"""Whether there is anything for automation to do; a desk without rules loads nothing else of it."""

from __future__ import annotations

from chatapp_cli.store.tx import Tx


def has_rules(tx: Tx) -> bool:
    """Whether a rule is switched on."""
    return tx.value("autorules.any") is not None


def has_calls(tx: Tx) -> bool:
    """Whether a rule has another program called, now or later."""
    return tx.value("autocalls.any") is not None
