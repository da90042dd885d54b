"""Effects run in the transaction of their event; anything that needs a decision follows the journal instead."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.journal.messages import (
    MessageEchoed,
    MessageReceived,
    MessageStateChanged,
    MessageTextChanged,
    MessageWithdrawn,
)
from chatapp_cli.services import cancel_on_reply, ledger
from chatapp_cli.store.effects import EffectTable, effect, table
from chatapp_cli.store.tx import Tx

EFFECTS: EffectTable = table(
    effect(MessageReceived, "cancel_if_they_write", cancel_on_reply.give_up),
    effect(MessageReceived, "tell_crm_received", ledger.on_received),
    effect(MessageEchoed, "tell_crm_echoed", ledger.on_echoed),
    effect(MessageStateChanged, "tell_crm_state", ledger.on_state),
    effect(MessageTextChanged, "tell_crm_text", ledger.on_text),
    effect(MessageWithdrawn, "tell_crm_withdrawn", ledger.on_withdrawn),
)


def broken(tx: Tx) -> Sequence[tuple[str, str]]:
    """Failing effects of any process: their names, and their last errors."""
    return tx.all(lambda name, why: (name, why), "effects.broken")
