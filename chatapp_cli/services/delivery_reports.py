"""What providers report of our messages: delivered, read or failed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.arrival import ChatRead, DeliveryChanged
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal.dialogs import MarkedRead
from chatapp_cli.domain.journal.messages import MessageStateChanged
from chatapp_cli.domain.message import COPY_FAILED, ELSEWHERE_FAILED, REACHED, State, may_follow
from chatapp_cli.services import dialogs, mails, state_changes, transcript
from chatapp_cli.store.rows.dialogs import IngestDialog
from chatapp_cli.store.rows.messages import MessageRef
from chatapp_cli.store.rows.outbox import EarlyRow
from chatapp_cli.store.tx import Tx

_PROVEN = REACHED | {State.SENT}


class Reported(NamedTuple):
    """What is reported of a message, or of a part of it."""

    state: State
    code: str
    detail: str
    about: Sequence[str]
    """The recipients that it is about; empty if it does not say."""
    of_part: bool = False


def apply_delivery(tx: Tx, channel: ChannelId, event: DeliveryChanged) -> None:
    """Apply a delivery report to our message; one that arrives before the verdict waits for it."""
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
            about=json.dumps(event.about, ensure_ascii=False) if event.about else "",
            at=tx.now,
        )
        return
    _apply(tx, channel, found, Reported(event.state, event.code, event.detail, event.about, of_part))


def knows(tx: Tx, channel: ChannelId, ext_id: str) -> bool:
    """Whether a report with this id is about a message of ours, or a part of one."""
    ours = ("messages.ref_of_ours", "messages.part_of_ours")
    return any(tx.one(MessageRef, one, channel=channel, ext_id=ext_id) is not None for one in ours)


def apply_early(tx: Tx, channel: ChannelId, message: MessageId, ids: Sequence[str]) -> None:
    """Apply the reports that arrived before the message, or before the verdict, which gave it these ids."""
    for ext_id in ids:
        for early in sorted(tx.all(EarlyRow, "early.take", channel=channel, ext_id=ext_id)):
            about = json.loads(early.about) if early.about else ()
            report = Reported(State(early.state), early.code, early.detail, about, of_part=ext_id != ids[0])
            found = tx.one(MessageRef, "messages.ref_by_id", id=message)
            if found is not None:
                _apply(tx, channel, found, report)


def _apply(tx: Tx, channel: ChannelId, found: MessageRef, report: Reported) -> None:
    """Change a message as a report says, whether it came before the verdict or after it.

    A split message has the state of its first part, but it failed if any part did.
    """
    state, code, detail, about, of_part = report
    if of_part and state is not State.FAILED:
        return
    if about and (beside := mails.beside_client(tx, found, about)) is not None:
        _apply_beside(tx, channel, found, report._replace(about=beside or about), is_copy=bool(beside))
        return
    if about and state is State.SENT and found.state == State.FAILED:
        return  # another server said that the client did not get it, which must not vanish
    before = transcript.message(tx, found.id)
    if state is State.FAILED and before.code == COPY_FAILED:
        detail = "; ".join((f"{dialogs.card(tx, found.dialog_id).address}: {detail}", before.detail))
    move_on(tx, channel, found, state, code=code, detail=detail, of_part=of_part)


def _apply_beside(tx: Tx, channel: ChannelId, found: MessageRef, report: Reported, *, is_copy: bool) -> None:
    """Record a failure that does not concern the client: the mail stays sent, with a code and who did not get it.

    Of copies, all who did not get one, also if the client did not either; otherwise the address that was named last,
    which the mail may have been passed on to. Any report proves that an uncertain mail was sent. One that waits to be
    sent again still goes: the client may not have it.
    """
    if report.state is not State.FAILED:
        if found.state == State.UNCERTAIN:
            move_on(tx, channel, found, State.SENT)
    elif found.state in {State.UNCERTAIN, State.SENT}:
        before = transcript.message(tx, found.id)
        lost = f"{', '.join(report.about)}: {report.detail}"
        if is_copy:
            known = before.detail if before.code == COPY_FAILED else ""
            move_on(tx, channel, found, State.SENT, code=COPY_FAILED, detail=_with(known, lost))
        elif before.code in {"", ELSEWHERE_FAILED} or found.state == State.UNCERTAIN:
            move_on(tx, channel, found, State.SENT, code=ELSEWHERE_FAILED, detail=lost)
    elif found.state == State.FAILED and is_copy:
        _name_too(tx, channel, found, f"{', '.join(report.about)}: {report.detail}")


def _name_too(tx: Tx, channel: ChannelId, found: MessageRef, lost: str) -> None:
    """Name a copy that did not arrive beside the reason why the message failed."""
    before = transcript.message(tx, found.id)
    if (detail := _with(before.detail, lost)) == before.detail:
        return
    tx.run("messages.state", id=found.id, state=State.FAILED, code=before.code, detail=detail)
    event = MessageStateChanged(
        channel=channel, dialog=found.dialog_id, message=found.id, state=State.FAILED, code=before.code
    )
    tx.emit(event, actor=PROGRAM)


def _with(known: str, lost: str) -> str:
    return known if lost in known else "; ".join(filter(None, (known, lost)))


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

    A message that a person queued again but which turns out to be delivered is not sent twice. A report that it is
    late, which is the state *sent* with a code, changes the code of a sent message and revives no failed one.
    """
    if state is State.SENT and (found.state == State.SENT or (code and found.state == State.FAILED)):
        _note(tx, channel, found, code, detail)
        return
    proved = found.state == State.QUEUED and state in _PROVEN and tx.run("outbox.withdraw", message=found.id)
    if not proved and not may_follow(State(found.state), state, of_part=of_part):
        return
    statement = "messages.reached" if state in REACHED else "messages.state"
    tx.run(statement, id=found.id, state=state, code=code, detail=detail)
    state_changes.show(tx, found.dialog_id, found.id, state, before=found.state)
    tx.emit(
        MessageStateChanged(channel=channel, dialog=found.dialog_id, message=found.id, state=state, code=code),
        actor=PROGRAM,
    )


def _note(tx: Tx, channel: ChannelId, found: MessageRef, code: str, detail: str) -> None:
    """Record why a sent message has not arrived yet, or that nothing holds it any more."""
    if found.state == State.SENT and tx.run("messages.note", id=found.id, code=code, detail=detail):
        event = MessageStateChanged(
            channel=channel, dialog=found.dialog_id, message=found.id, state=State.SENT, code=code
        )
        tx.emit(event, actor=PROGRAM)


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
