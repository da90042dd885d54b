"""The outbox: claims, and the effect of each verdict.

A claim is committed before waiting for its turn, and the hand-over before the provider is called: so a row that was
claimed but not handed over was certainly not sent. A process that lost the claim records nothing. A claim bears the
epoch of the lease (``services.lease``): once another process has taken the store, it can no longer be handed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chatapp_cli.domain import border
from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.buttons import from_json
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, Rejected
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId, Millis
from chatapp_cli.domain.journal.channels import ChannelPaused, ChannelResumed, StrangersPaused
from chatapp_cli.domain.journal.messages import (
    ChangeRefused,
    MessageMerged,
    MessageStateChanged,
    MessageTextChanged,
    MessageWithdrawn,
    ReactionsShown,
)
from chatapp_cli.domain.manifest import Lane
from chatapp_cli.domain.message import Direction, Operation, Origin, State
from chatapp_cli.domain.outbound import LocalFile, Outbound, Receipt
from chatapp_cli.domain.preview import preview
from chatapp_cli.domain.recipients import Recipients
from chatapp_cli.services import (
    alterations,
    answer_buttons,
    answering,
    delivery_reports,
    dialogs,
    sent_beside,
    state_changes,
)
from chatapp_cli.services.transcript import message as message_of
from chatapp_cli.store.media import Media
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.rows.messages import FileRow, MessageRef, MessageRow
from chatapp_cli.store.rows.outbox import OutboxRow, RecentSend
from chatapp_cli.store.tx import Tx

MOST_ATTEMPTS = 30
"""Counted attempts after which a person must decide."""
HANDED_OVER = "sending"
"""The state of an outbox row whose message the provider may have."""
WORTH_TELLING = 60.0
"""Seconds from which a pause of a channel is written to the journal."""
LONGEST_WAIT = 900.0
"""The longest back-off, in seconds."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed row, with everything needed to carry it out."""

    row: OutboxRow
    message: MessageRow
    outbound: Outbound
    parts: tuple[str, ...] = ()
    """The provider's ids of what is to be changed: one, or those of all parts concerned."""

    @property
    def began(self) -> bool:
        """Whether it was already handed over when the claim was read."""
        return self.row.state == HANDED_OVER


def claim(tx: Tx, media: Media, channel: ChannelId, epoch: int = 0) -> Claim | None:
    """Claim the first row that may go: by priority, then in order; no row of its dialog is before it or in flight.

    ``epoch`` is that of the caller's lease; 0 holds only in a store that nobody has ever run.
    """
    row = tx.one(OutboxRow, "outbox.claim", channel=channel, epoch=epoch, now=tx.now)
    return None if row is None else _loaded(tx, media, row)


def begin(tx: Tx, claim: Claim) -> bool:
    """Record the hand-over to the provider: from here on the outcome is unknown until an answer comes.

    False if the claim was lost, because the message was cancelled or the store is another process's by now: then it
    must not be sent.
    """
    mine = _mine(tx, claim)
    if mine is None or not tx.run("outbox.begin", id=claim.row.id, claims=claim.row.claims):
        return False
    if mine.row.action == Operation.SEND:
        _mark(tx, mine.row, State.SENDING)
    _start(tx, mine)
    return True


def note_attempt(tx: Tx, claim: Claim) -> None:
    """Record an attempt that ended before the hand-over; its verdict follows."""
    mine = _mine(tx, claim)
    if mine is not None:
        _start(tx, mine)


def _start(tx: Tx, claim: Claim) -> None:
    row = claim.row
    tx.run(
        "attempts.start",
        message=row.message_id,
        channel=row.channel_id,
        dialog=row.dialog_id,
        action=row.action,
        address=claim.outbound.address,
        stranger=int(claim.outbound.stranger),
        now=tx.now,
    )


def left_by_last_holder(tx: Tx, media: Media, channel: ChannelId, epoch: int = 0) -> list[Claim]:
    """The claims that the last holder left; ``began`` tells which were handed over.

    None for a process that holds the store no longer: they are being carried out by the one that does.
    """
    return [_loaded(tx, media, row) for row in tx.all(OutboxRow, "outbox.in_flight", channel=channel, epoch=epoch)]


def _loaded(tx: Tx, media: Media, row: OutboxRow) -> Claim:
    message = message_of(tx, row.message_id)
    card = dialogs.card(tx, row.dialog_id)
    files = tx.all(FileRow, "files.of_message", message=row.message_id) if row.action == Operation.SEND else []
    beside = sent_beside.of(tx, message.id)
    copies, answers = Recipients.parse(beside.recipients), message.reply_to or beside.answers
    outbound = Outbound(
        message_id=message.id,
        key=message.key or "",
        address=card.address,
        chat_kind=card.chat_kind,
        title=title(card),
        text=message.text,
        subject=message.subject,
        buttons=from_json(beside.buttons),
        files=tuple(_local(media, file) for file in files),
        reply_to=answers,
        thread=answering.thread(tx, card, message.subject, until=answers),
        automatic=Origin(message.origin).traits.automatic,
        stranger=card.heard_at is None and card.chat_kind == "private",
        first_name=card.first_name,
        last_name=card.last_name,
        template=beside.filled,
        cc=[one.address for one in copies.cc],
        names={one.address: one.name for one in copies.cc if one.name},
        bcc=[one.address for one in copies.bcc],
        signature=beside.signature,
        forwards=bool(beside.forwards),
        typed_subject=bool(beside.typed_subject),
        invitation=beside.answer,
        answered=answering.answered(
            tx, card, message.reply_to, message.subject, unchosen=beside.answers, copies=copies.copied
        ),
    )
    return Claim(row, message, outbound, _meant(tx, row, message.ext_id or ""))


def title(card: DialogCard) -> str:
    """The client's own name, never the operators' name of the dialog."""
    if card.chat_kind == "private":
        return card.person
    return "" if card.renamed else card.name


def _meant(tx: Tx, row: OutboxRow, first: str) -> tuple[str, ...]:
    """The parts that a change concerns: a deletion all, an edit those with the text, a reaction the first."""
    if row.action not in {Operation.DELETE, Operation.EDIT}:
        return (first,)
    parts = tx.all(lambda ext_id, bears_text: (ext_id, bears_text), "messages.parts", message=row.message_id)
    if row.action == Operation.DELETE:
        return (first, *(ext_id for ext_id, _ in parts))
    return tuple(ext_id for ext_id, bears_text in parts if bears_text) or (first,)


def _local(media: Media, file: FileRow) -> LocalFile:
    return LocalFile(
        path=media.path(file.sha256),
        name=file.name,
        mime=file.mime,
        size=file.size,
        kind=file.kind,
    )


def succeed(tx: Tx, claim: Claim, receipt: Receipt) -> bool:
    """Record that the provider accepted it."""
    mine = _mine(tx, claim)
    if mine is None:
        return False
    receipt = _checked(receipt)
    _CARRIED_OUT[Operation(mine.row.action)](tx, mine, receipt)
    _finish(tx, mine, "done", detail=" ".join(receipt.ids))
    return True


def _checked(receipt: Receipt) -> Receipt:
    """A receipt whose ids are those under which an echo of the message arrives."""
    ids, texts = (tuple(map(border.external_id, some)) for some in (receipt.ids, receipt.texts))
    return replace(receipt, ids=ids, texts=texts)


def _sent(tx: Tx, claim: Claim, receipt: Receipt) -> None:
    row, at = claim.row, border.at(receipt.at or tx.now, tx.now)
    ids = list(receipt.ids)
    for ext_id in receipt.ids:
        if not _take_id(tx, row, ext_id):
            ids.remove(ext_id)
    first = ids[0] if ids else None
    tx.run("messages.verdict", id=row.message_id, state=State.SENT, code="", detail="", ext_id=first, at=at)
    for ext_id in ids[1:]:
        bears_text = int(ext_id in receipt.texts)
        tx.run("messages.add_part", dialog=row.dialog_id, ext_id=ext_id, message=row.message_id, bears_text=bears_text)
    state_changes.show(tx, row.dialog_id, row.message_id, State.SENT)
    _emit_state(tx, row, State.SENT, "")
    _hear_early(tx, row, receipt.ids)


def _hear_early(tx: Tx, row: OutboxRow, ids: Sequence[str]) -> None:
    """Apply the reports and changes that arrived before the verdict."""
    delivery_reports.apply_early(tx, row.channel_id, row.message_id, ids)
    key = tx.value("dialogs.early_key", id=row.dialog_id)
    for ext_id in ids if key else ():
        alterations.catch_up(tx, row.channel_id, key, ext_id)


def _take_id(tx: Tx, row: OutboxRow, ext_id: str) -> bool:
    """Free a provider's id for our message: an echo that arrived before the receipt is merged into it.

    False if the id belongs to another message and stays there, such as to a received mail to ourselves.
    """
    other = tx.one(MessageRef, "messages.ref", channel=row.channel_id, ext_id=ext_id, dialog=row.dialog_id)
    if other is None or other.id == row.message_id:
        return True
    if other.direction == Direction.IN or other.origin != Origin.PHONE:
        return False
    for statement in ("ledger.becomes", "ledger.becomes_entry", "parts.becomes"):
        tx.run(statement, old=other.id, new=row.message_id)
    tx.run("dialogs.last_becomes", id=row.dialog_id, old=other.id, new=row.message_id)
    tx.run("messages.drop", id=other.id)
    event = MessageMerged(channel=row.channel_id, dialog=row.dialog_id, message=other.id, into=row.message_id)
    tx.emit(event, actor=PROGRAM)
    return True


def _edited(tx: Tx, claim: Claim, receipt: Receipt) -> None:
    del receipt
    row = claim.row
    tx.run("messages.revise", id=row.message_id, text=row.value, at=tx.now)
    tx.run("messages.edit", id=row.message_id, text=row.value, at=tx.now)
    answer_buttons.after_edit(tx, row.message_id, row.value)
    tx.run("dialogs.preview", id=row.dialog_id, message=row.message_id, preview=preview(row.value, []))
    tx.emit(MessageTextChanged(dialog=row.dialog_id, message=row.message_id), actor=row.actor)


def _deleted(tx: Tx, claim: Claim, receipt: Receipt) -> None:
    del receipt
    tx.run("messages.delete", id=claim.row.message_id, at=tx.now)
    tx.emit(MessageWithdrawn(dialog=claim.row.dialog_id, message=claim.row.message_id), actor=claim.row.actor)


def _reacted(tx: Tx, claim: Claim, receipt: Receipt) -> None:
    del receipt
    row = claim.row
    tx.run("reactions.clear", message=row.message_id, person="")
    if row.value:
        tx.run("reactions.add", message=row.message_id, person="", emoji=row.value, name=row.actor)
    tx.emit(ReactionsShown(dialog=row.dialog_id, message=row.message_id, by_us=True), actor=row.actor)


_CARRIED_OUT = {Operation.SEND: _sent, Operation.EDIT: _edited, Operation.DELETE: _deleted, Operation.REACT: _reacted}


def fail(tx: Tx, claim: Claim, error: Rejected | ChannelError) -> bool:
    """Record a final failure: it was certainly not carried out, and a retry would not help."""
    mine = _mine(tx, claim)
    if mine is None:
        return False
    if mine.row.action == Operation.SEND:
        _mark(tx, mine.row, State.FAILED, code=error.code, detail=error.detail)
    else:
        _emit_refusal(tx, mine.row, error)
    _finish(tx, mine, "failed", code=error.code, detail=error.detail)
    return True


def _emit_refusal(tx: Tx, row: OutboxRow, error: ChannelError) -> None:
    tx.emit(
        ChangeRefused(
            channel=row.channel_id,
            dialog=row.dialog_id,
            message=row.message_id,
            action=row.action,
            code=error.code,
            detail=error.detail,
        ),
        actor=PROGRAM,
    )


def postpone(tx: Tx, claim: Claim, error: ChannelError, *, seconds: float, counted: bool) -> bool:
    """Requeue a row that was certainly not carried out, for a retry after this many seconds."""
    if counted and claim.row.attempts >= MOST_ATTEMPTS:
        return fail(tx, claim, error)
    mine = _mine(tx, claim)
    if mine is None:
        return False
    tx.run(
        "outbox.again",
        id=mine.row.id,
        not_before=tx.now + int(seconds * 1000),
        code=error.code,
        uncounted=0 if counted else 1,
    )
    if mine.row.action == Operation.SEND:
        _mark(tx, mine.row, State.QUEUED, code=error.code, detail=error.detail)
    _log(tx, mine, "postponed", code=error.code, detail=error.detail)
    return True


def leave_uncertain(tx: Tx, claim: Claim, error: ChannelError) -> bool:
    """Record an unknown outcome: a person decides, and nothing is resent automatically.

    Edits, deletions and reactions are repeatable and are simply retried.
    """
    if claim.row.action != Operation.SEND:
        return postpone(tx, claim, error, seconds=backoff(claim.row.attempts), counted=True)
    mine = _mine(tx, claim)
    if mine is None:
        return False
    ids = error.ids if isinstance(error, OutcomeUnknown) else ()
    named = message_of(tx, mine.row.message_id).ext_id
    if named and tx.value("early.told", channel=mine.row.channel_id, ext_id=named) is not None:
        return succeed(tx, mine, Receipt(ids=(named,)))  # its answer was lost, but the provider has reported it
    if any(_echoed(tx, mine.row, ext_id) for ext_id in ids):
        return succeed(tx, mine, Receipt(ids=ids))
    _mark(tx, mine.row, State.UNCERTAIN, code=error.code, detail=error.detail)
    if ids and _take_id(tx, mine.row, ids[0]):
        tx.run("messages.expect", id=mine.row.message_id, ext_id=ids[0])
    _finish(tx, mine, "uncertain", code=error.code, detail=error.detail)
    _hear_early(tx, mine.row, ids)
    return True


def _echoed(tx: Tx, row: OutboxRow, ext_id: str) -> bool:
    """Whether the provider's echo has already arrived, which proves that it was sent."""
    copy = tx.one(MessageRef, "messages.ref", channel=row.channel_id, ext_id=ext_id, dialog=row.dialog_id)
    return copy is not None and copy.origin == Origin.PHONE


def backoff(attempts: int) -> float:
    """Seconds before the next attempt, without jitter: 2, 4, 8 … 900."""
    return min(LONGEST_WAIT, 2.0 ** min(attempts, 10))


def delay(tx: Tx, dialog: DialogId, rests: Mapping[Lane, float], *, code: str = "pace") -> None:
    """Delay what waits in a dialog's lanes by this many seconds, with a reason."""
    for lane, seconds in rests.items():
        tx.run(_HOLD[lane], dialog=dialog, until=tx.now + int(seconds * 1000), code=code)


_HOLD: Mapping[Lane, str] = {
    "dialog": "outbox.hold_dialog",
    "phone": "outbox.hold_phones",
    "strangers": "outbox.hold_strangers",
}


def pause(tx: Tx, channel: ChannelId, *, seconds: float, code: str, detail: str = "") -> None:
    """Pause an account that must wait or may not send; survives restarts, and a long pause is reported."""
    until = tx.now + int(seconds * 1000)
    tx.run("channels.pause", id=channel, until=until, code=code, detail=detail)
    if seconds >= WORTH_TELLING:
        tx.emit(ChannelPaused(channel=channel, until=until, code=code, detail=detail), actor=PROGRAM)


def show_pause(tx: Tx, channel: ChannelId, *, seconds: float) -> None:
    """Show when the account's own rate lets the outbox continue.

    A pause of the provider that lasts as long keeps its reason; of a shorter one its words are kept beside ours. If the
    provider put off all of the latest messages, its answer is the reason: what it does not take uses up the rate too.
    """
    latest = tx.all(lambda *row: row, "attempts.latest", channel=channel)
    refused = len({(verdict, code) for verdict, code, _detail in latest}) == 1 and latest[0][0] == "postponed"
    code, detail = latest[0][1:] if refused else ("pace", "")
    until = tx.now + int(seconds * 1000)
    tx.run("channels.show_pause", id=channel, until=until, now=tx.now, code=code, detail=detail)


def unpause(tx: Tx, channel: ChannelId) -> None:
    """End the pause of an account."""
    tx.run("channels.unpause", id=channel)
    tx.run("outbox.release", channel=channel, now=tx.now)
    tx.emit(ChannelResumed(channel=channel), actor=PROGRAM)


def pause_strangers(tx: Tx, row: OutboxRow, *, seconds: float, code: str) -> None:
    """Pause an account's messages to strangers; survives restarts."""
    tx.run("channels.pause_strangers", id=row.channel_id, until=tx.now + int(seconds * 1000))
    delay(tx, row.dialog_id, {"strangers": seconds}, code=code)
    tx.emit(StrangersPaused(channel=row.channel_id, seconds=int(seconds), code=code), actor=PROGRAM)


def something_due(tx: Tx) -> bool:
    """Whether anything scheduled is due."""
    return tx.value("outbox.something_due", now=tx.now) is not None


def promote(tx: Tx) -> Sequence[tuple[MessageId, ChannelId]]:
    """Queue scheduled messages that are due."""
    due = tx.all(lambda *row: row, "outbox.promote", now=tx.now)
    for message, dialog, channel in due:
        _show_due(tx, dialog, message)
        event = MessageStateChanged(channel=channel, dialog=dialog, message=message, state=State.QUEUED)
        tx.emit(event, actor=PROGRAM)
    return [(message, channel) for message, _, channel in due]


def _show_due(tx: Tx, dialog: DialogId, message: MessageId) -> None:
    """Show a scheduled message as sent now; it answers only what the client wrote before it was composed."""
    due = message_of(tx, message)
    files = [file.name for file in tx.all(FileRow, "files.of_message", message=message)]
    waiting = dialogs.card(tx, dialog).waiting_since
    answers = not Origin(due.origin).traits.automatic and waiting is not None and waiting <= due.stored_at
    tx.run("messages.due", id=message, now=tx.now, answers=int(answers))
    dialogs.show_last(tx, dialog, message, preview(due.text or due.subject, files), answers=answers)


def next_due(tx: Tx, channel: ChannelId) -> Millis | None:
    """When the next wait in a channel ends; ``None`` if nothing waits for a time."""
    due: Millis | None = tx.value("outbox.next_due", channel=channel, now=tx.now)
    return due


def recent(tx: Tx, channel: ChannelId, *, seconds: float) -> list[RecentSend]:
    """The sends that a governor needs after a restart."""
    return tx.all(RecentSend, "attempts.recent", channel=channel, since=tx.now - int(seconds * 1000))


def _mine(tx: Tx, claim: Claim) -> Claim | None:
    """The current state of our claim, if it is still ours; its dialog may have been merged meanwhile."""
    dialog = tx.value("outbox.mine", id=claim.row.id, claims=claim.row.claims)
    return None if dialog is None else replace(claim, row=claim.row._replace(dialog_id=DialogId(dialog)))


def _mark(tx: Tx, row: OutboxRow, state: State, *, code: str = "", detail: str = "") -> None:
    """Show a message's state; a delivered one stays delivered while it is sent once more."""
    if not tx.run("messages.mark", id=row.message_id, state=state, code=code, detail=detail):
        return
    state_changes.show(tx, row.dialog_id, row.message_id, state)
    _emit_state(tx, row, state, code)


def _emit_state(tx: Tx, row: OutboxRow, state: State, code: str) -> None:
    event = MessageStateChanged(
        channel=row.channel_id, dialog=row.dialog_id, message=row.message_id, state=state, code=code
    )
    tx.emit(event, actor=PROGRAM)


def _finish(tx: Tx, claim: Claim, verdict: str, *, code: str = "", detail: str = "") -> None:
    _log(tx, claim, verdict, code=code, detail=detail)
    tx.run("outbox.done", id=claim.row.id)


def _log(tx: Tx, claim: Claim, verdict: str, *, code: str = "", detail: str = "") -> None:
    tx.run("attempts.finish", message=claim.row.message_id, now=tx.now, verdict=verdict, code=code, detail=detail)
