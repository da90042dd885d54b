"""What providers report of our messages: delivered, read or failed."""

from __future__ import annotations

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.arrival import ChatRead, DeliveryChanged
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.journal.dialogs import MarkedRead
from chatapp_cli.domain.journal.messages import MessageStateChanged
from chatapp_cli.domain.message import REACHED, State, may_follow
from chatapp_cli.store.rows.dialogs import IngestDialog
from chatapp_cli.store.rows.messages import MessageRef
from chatapp_cli.store.tx import Tx

_PROVEN = REACHED | {State.SENT}


def apply_delivery(tx: Tx, channel: ChannelId, event: DeliveryChanged) -> None:
    """Apply a delivery state to our message; one that arrives before the verdict waits for it.

    A split message has the state of its first part, but it failed if any part did.
    """
    of_part = False
    found = tx.one(MessageRef, "messages.ref_of_ours", channel=channel, ext_id=event.ext_id)
    if found is None and event.state is State.FAILED:
        found = tx.one(MessageRef, "messages.part_of_ours", channel=channel, ext_id=event.ext_id)
        of_part = found is not None
    if found is None and event.key:
        found = _proved(tx, channel, event)
    if found is None or found.state == State.SENDING:
        tx.run(
            "early.keep",
            channel=channel,
            ext_id=event.ext_id,
            state=event.state,
            code=event.code,
            detail=event.detail,
            at=tx.now,
        )
        return
    move_on(tx, channel, found, event.state, code=event.code, detail=event.detail, of_part=of_part)


def _proved(tx: Tx, channel: ChannelId, event: DeliveryChanged) -> MessageRef | None:
    """The message with our key whose answer was lost or is pending: now its id is known."""
    found = tx.one(MessageRef, "messages.uncertain_under", channel=channel, key=event.key)
    if found is not None:
        tx.run("messages.expect", id=found.id, ext_id=event.ext_id)
    return found


def move_on(
    tx: Tx,
    channel: ChannelId,
    found: MessageRef,
    state: State,
    *,
    code: str = "",
    detail: str = "",
    of_part: bool = False,
) -> None:
    """Change a message's state by the provider's report, if allowed. A delivered message cancels its other channels.

    A message that a person queued again but which turns out to be delivered is not sent twice.
    """
    proved = found.state == State.QUEUED and state in _PROVEN and tx.run("outbox.withdraw", message=found.id)
    if not proved and not may_follow(State(found.state), state, of_part=of_part):
        return
    statement = "messages.reached" if state in REACHED else "messages.state"
    tx.run(statement, id=found.id, state=state, code=code, detail=detail)
    tx.run("dialogs.state", id=found.dialog_id, message=found.id, state=state)
    tx.emit(
        MessageStateChanged(channel=channel, dialog=found.dialog_id, message=found.id, state=state, code=code),
        actor=PROGRAM,
    )


def apply_read(tx: Tx, channel: ChannelId, event: ChatRead) -> None:
    """Apply a read mark: the client read our messages up to one, or we read the dialog elsewhere."""
    dialog = tx.one(IngestDialog, "dialogs.known", channel=channel, key=event.peer_key)
    until = _number(event.ext_id)
    if dialog is None or until is None:
        return
    if event.by_us:
        _read_by_us(tx, channel, dialog.id, until)
        return
    for *ref, ext_id in tx.all(lambda *row: row, "messages.not_read_by_them", dialog=dialog.id):
        number = _number(ext_id)
        if number is not None and number <= until:
            move_on(tx, channel, MessageRef(*ref), State.READ)


def _read_by_us(tx: Tx, channel: ChannelId, dialog: DialogId, until: int) -> None:
    last = _number(tx.value("dialogs.last_heard", dialog=dialog) or "")
    if last is not None and last <= until and tx.run("dialogs.read", id=dialog):
        tx.emit(MarkedRead(channel=channel, dialog=dialog), actor=PROGRAM)


def _number(ext_id: str) -> int | None:
    """The ascending part of an id; the part after a dot is the chat."""
    number = ext_id.partition(".")[0]
    return int(number) if number.isdecimal() else None
