"""What was written for later and is not needed any more once the client writes first."""

from __future__ import annotations

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.journal.messages import MessageReceived, StateChanged
from chatapp_cli.domain.message import State
from chatapp_cli.store.tx import Tx

UNLESS_HEARD = "unless_heard"
"""Why such a message waits."""
HEARD_FIRST = "heard_first"
"""Why such a message never went."""


def give_up(tx: Tx, heard: MessageReceived) -> None:
    """The client wrote: what was to remind them does not go. A machine of theirs that answers is not the client."""
    channel, dialog = heard.channel, heard.dialog
    for message in tx.all(MessageId, "outbox.give_up", dialog=dialog, message=heard.message):
        tx.run("messages.state", id=message, state=State.CANCELLED, code=HEARD_FIRST, detail="")
        event = StateChanged(channel=channel, dialog=dialog, message=message, state=State.CANCELLED, code=HEARD_FIRST)
        tx.emit(event, actor=PROGRAM)
