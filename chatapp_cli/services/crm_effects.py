"""Effects that owe CRMs what happened; what they do is loaded with the first event of a channel that a CRM shows."""

from __future__ import annotations

from chatapp_cli.domain.journal.channels import ChannelUnbound, SessionRequestEnded
from chatapp_cli.domain.journal.dialogs import Assigned
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
from chatapp_cli.domain.message import SENT, State
from chatapp_cli.services.crm_presence import is_paired
from chatapp_cli.store.tx import Tx

_SAYS_MORE = SENT | {State.FAILED, State.UNCERTAIN, State.CANCELLED}


def on_received(tx: Tx, event: MessageReceived) -> None:
    """Have the paired CRMs told of a client's message."""
    if event.paired:
        from chatapp_cli.services import crm_owed

        crm_owed.on_received(tx, event)


def on_echoed(tx: Tx, event: MessageEchoed) -> None:
    """Have the paired CRMs told of a message that we wrote in the provider's own application."""
    if event.paired:
        from chatapp_cli.services import crm_owed

        crm_owed.on_echoed(tx, event)


def on_state(tx: Tx, event: MessageStateChanged) -> None:
    """Have the CRM that a message came from told how it fared, and the others of a message that was sent."""
    if event.state in _SAYS_MORE and is_paired(tx, event.dialog):
        from chatapp_cli.services import crm_owed

        crm_owed.on_state(tx, event)
        if event.state == State.READ:
            from chatapp_cli.services import crm_signs

            crm_signs.on_read(tx, event)


def on_run_state(tx: Tx, event: MessageStateChanged) -> None:
    """Decide what an automation is told of a message that it had us send."""
    decides = event.state == State.QUEUED or event.state in _SAYS_MORE
    if decides and tx.one(int, "parts.any_of_message", message=event.message) is not None:
        from chatapp_cli.services import runs

        runs.on_state(tx, event)


def on_request_ended(tx: Tx, event: SessionRequestEnded) -> None:
    """Decide what an automation is told of a request to a channel's session."""
    if tx.one(int, "parts.any_of_request", id=event.request) is not None:
        from chatapp_cli.services import runs

        runs.on_request(tx, event)


def on_text(tx: Tx, event: MessageTextChanged) -> None:
    """Have the CRMs that show a message told of its new text."""
    if is_paired(tx, event.dialog):
        from chatapp_cli.services import crm_owed

        crm_owed.on_text(tx, event)


def on_reactions(tx: Tx, event: ReactionsShown) -> None:
    """Have the CRMs that can show it told of the client's reaction to a message that they show."""
    if not event.by_us and is_paired(tx, event.dialog):
        from chatapp_cli.services import crm_signs

        crm_signs.on_reactions(tx, event)


def on_withdrawn(tx: Tx, event: MessageWithdrawn) -> None:
    """Have the CRMs that show a message told that it is gone; one that does not show it yet is told nothing."""
    if is_paired(tx, event.dialog):
        from chatapp_cli.services import crm_owed

        crm_owed.on_withdrawn(tx, event)


def on_assigned(tx: Tx, event: Assigned) -> None:
    """Have the CRMs told who answers now, except the one that said so."""
    if is_paired(tx, event.dialog):
        from chatapp_cli.services import crm_owner_effects

        crm_owner_effects.on_assigned(tx, event)


def on_settled(tx: Tx, event: EntrySettled) -> None:
    """Have a CRM that shows the first message of a dialog told who answers it."""
    from chatapp_cli.services import crm_owner_effects

    crm_owner_effects.on_settled(tx, event)


def on_source_gone(tx: Tx, event: ChannelUnbound | LineRemoved) -> None:  # noqa: ARG001 - whichever is gone
    """Have all rules compiled anew: what they name is not there any more."""
    tx.run("rules.sources_changed")
