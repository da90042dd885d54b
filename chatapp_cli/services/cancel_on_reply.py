"""Scheduled messages that are cancelled if the client writes first."""

from __future__ import annotations

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.journal.messages import MessageReceived, MessageStateChanged
from chatapp_cli.domain.message import State
from chatapp_cli.store.tx import Tx

UNLESS_REPLIED = "unless_heard"
"""Why such a message waits."""
REPLIED_FIRST = "heard_first"
"""Why such a message was not sent."""


def give_up(tx: Tx, reply: MessageReceived) -> None:
    """Cancel reminders because the client wrote. An automatic answer does not count."""
    channel, dialog = reply.channel, reply.dialog
    for message in tx.all(MessageId, "outbox.give_up", dialog=dialog, message=reply.message):
        tx.run("messages.state", id=message, state=State.CANCELLED, code=REPLIED_FIRST, detail="")
        event = MessageStateChanged(
            channel=channel, dialog=dialog, message=message, state=State.CANCELLED, code=REPLIED_FIRST
        )
        tx.emit(event, actor=PROGRAM)
