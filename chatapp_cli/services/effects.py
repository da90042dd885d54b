"""Effects run in the transaction of their event; anything that needs a decision follows the journal instead."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.journal.messages import MessageReceived
from chatapp_cli.services import cancel_on_reply
from chatapp_cli.store.effects import EffectTable, effect, table
from chatapp_cli.store.tx import Tx

EFFECTS: EffectTable = table(effect(MessageReceived, "cancel_if_they_write", cancel_on_reply.give_up))


def broken(tx: Tx) -> Sequence[tuple[str, str]]:
    """Failing effects of any process: their names, and their last errors."""
    return tx.all(lambda name, why: (name, why), "effects.broken")
