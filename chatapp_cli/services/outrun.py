"""What was written for later and is not needed any more once the client writes first."""

from __future__ import annotations

from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal.messages import StateChanged
from chatapp_cli.domain.message import State
from chatapp_cli.store.tx import Tx

UNLESS_HEARD = "unless_heard"
"""Why such a message waits."""
HEARD_FIRST = "heard_first"
"""Why such a message never went."""


def give_up(tx: Tx, channel: ChannelId, dialog: DialogId) -> None:
    """The client wrote: what was to remind them does not go."""
    for message in tx.all(MessageId, "outbox.give_up", dialog=dialog):
        tx.run("messages.state", id=message, state=State.CANCELLED, code=HEARD_FIRST, detail="")
        tx.emit(StateChanged(channel=channel, dialog=dialog, message=message, state=State.CANCELLED, code=HEARD_FIRST))
