"""Effects run in the transaction of their event; anything that needs a decision follows the journal instead."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain.journal.channels import ChannelUnbound, SessionRequestEnded
from chatapp_cli.domain.journal.dialogs import AnswerTyped, Assigned
from chatapp_cli.domain.journal.lines import LineRemoved
from chatapp_cli.domain.journal.links import EntrySettled
from chatapp_cli.domain.journal.messages import (
    MessageEchoed,
    MessageReceived,
    MessageStateChanged,
    MessageTextChanged,
    MessageWithdrawn,
    ReactionsShown,
)
from chatapp_cli.services import auto_effects, cancel_on_reply, crm_effects
from chatapp_cli.store.effects import EffectTable, effect, table
from chatapp_cli.store.tx import Tx

EFFECTS: EffectTable = table(
    effect(MessageReceived, "cancel_if_they_write", cancel_on_reply.give_up),
    effect(MessageReceived, "tell_crm_received", crm_effects.on_received),
    effect(MessageEchoed, "tell_crm_echoed", crm_effects.on_echoed),
    effect(MessageStateChanged, "tell_crm_state", crm_effects.on_state),
    effect(MessageStateChanged, "tell_run_state", crm_effects.on_run_state),
    effect(SessionRequestEnded, "tell_run_answer", crm_effects.on_request_ended),
    effect(MessageTextChanged, "tell_crm_text", crm_effects.on_text),
    effect(ReactionsShown, "tell_crm_reactions", crm_effects.on_reactions),
    effect(MessageWithdrawn, "tell_crm_withdrawn", crm_effects.on_withdrawn),
    effect(Assigned, "tell_crm_assigned", crm_effects.on_assigned),
    effect(EntrySettled, "tell_crm_who_answers", crm_effects.on_settled),
    effect(ChannelUnbound, "ask_rules_anew", crm_effects.on_source_gone),
    effect(LineRemoved, "ask_rules_anew", crm_effects.on_source_gone),
    effect(AnswerTyped, "leave_who_types_alone", auto_effects.on_typed),
    effect(LineRemoved, "end_without_rules", auto_effects.on_line_removed),
)


def broken(tx: Tx) -> Sequence[tuple[str, str]]:
    """Failing effects of any process: their names, and their last errors."""
    return tx.all(lambda name, why: (name, why), "effects.broken")
