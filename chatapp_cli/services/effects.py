"""What happens in the very transaction of an event; what has to be judged follows the journal instead."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.journal.messages import MessageReceived
from chatapp_cli.services import outrun
from chatapp_cli.store.effects import Table, effect, table
from chatapp_cli.store.tx import Tx

EFFECTS: Table = table(effect(MessageReceived, "cancel_if_they_write", outrun.give_up))


def broken(tx: Tx) -> Sequence[tuple[str, str]]:
    """Effects that fail, in whichever process: their names, and why they did so last."""
    return tx.all(lambda name, why: (name, why), "effects.broken")
