"""Accepting messages for sending, and cancelling, retrying and changing them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal, NamedTuple

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.draft import Draft, StagedFile, laid_out, require_deliverable
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId, Millis
from chatapp_cli.domain.journal.channels import OutboxReplayed
from chatapp_cli.domain.journal.messages import ChangeAsked, MessageStateChanged, MessageWritten
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import SENT, Direction, Operation, Origin, Priority, State
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.preview import preview
from chatapp_cli.domain.template import Filled
from chatapp_cli.domain.text import T
from chatapp_cli.services import (
    access,
    answer_buttons,
    answering,
    auto_answers,
    cancel_on_reply,
    changes,
    channels,
    dialogs,
    duties,
    mails,
    obstacles,
    state_changes,
    words,
)
from chatapp_cli.services.transcript import message as message_of
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOptions:
    """When a message is sent, under which key and with which origin; the acting operator is its author."""

    key: str
    """Idempotency key: the same key means the same message."""
    asked: str = ""
    """Digest of the request; the key is refused for a request with another one."""
    origin: Origin = Origin.OPERATOR
    priority: int | None = None
    """The priority in the outbox; ``None``: that of the origin."""
    at: Millis | None = None
    """Not before this time."""
    unless_heard: bool = False
    """With a time: cancel it if the client writes before."""
    hold: Millis = 0
    """Without a time: how long it is held in the outbox, where it can be taken back."""
    assignee: str = ""
    """The new assignee of the dialog; empty: unchanged."""
    insists: bool = False
    """Of a robot: whether it writes even if a rule has just answered the client, as a person has it work."""

    @property
    def rank(self) -> int:
        """The priority in the outbox."""
        return self.origin.traits.priority if self.priority is None else self.priority

    @property
    def rest(self) -> Millis:
        """How long it can be taken back; 0 for messages not sent by a person."""
        return self.hold if self.origin is Origin.OPERATOR else 0


def key_of(text: str) -> str:
    """The key for a word chosen by a person or a program."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def enqueue(tx: Tx, can: Capabilities, dialog: DialogId, draft: Draft, options: SendOptions) -> MessageId:
    """Accept a message. Raises Refused, with the reason, if it could not be delivered."""
    access.require(tx, Right.ANSWER)
    card = dialogs.card(tx, dialog)
    require_sending(tx, can, card.channel_id)
    draft = laid_out(can, draft, chat=card.chat_kind, address=card.address)
    plan = planned(tx, can, card, draft, options)
    if options.origin is Origin.ROBOT and not options.insists:
        auto_answers.require_unanswered(tx, card)
    subject = draft.subject
    if can.subject and not subject:
        subject = answering.subject_of_answer(tx, dialog, draft.reply_to or draft.answers)
    if (draft.cc or draft.bcc) and not (draft.reply_to or draft.forwards):
        draft = replace(draft, answers=answering.answered_with_copies(tx, card, draft, subject))
    values = message_values(tx, plan, draft, options) | {"subject": subject, "reply_to": _quoted(tx, card, draft)}
    written = tx.insert("messages.say", dialog=dialog, channel=card.channel_id, **values)
    if written is None:
        return MessageId(tx.value("messages.by_key", key=options.key))
    message = MessageId(written)
    if draft.first_name or draft.last_name:
        dialogs.introduce(tx, dialog, first_name=draft.first_name, last_name=draft.last_name)
    for file in draft.files:
        tx.insert("files.add", message=message, channel=card.channel_id, **file_values(tx, file))
    mails.keep_written(tx, message, dialog, draft)
    answer_buttons.keep(tx, message, draft)
    _queue(tx, card, message, Operation.SEND, options, state=plan.state)
    if plan.state is State.QUEUED:
        dialogs.show_last(tx, dialog, message, shown(draft), answers=plan.answers)
    tx.emit(MessageWritten(channel=card.channel_id, dialog=dialog, message=message, state=plan.state))
    if options.origin is Origin.ROBOT:
        auto_answers.claim_for_robot(tx, card)
    if options.assignee:
        duties.assign(tx, dialog, options.assignee)
    return message


class Plan(NamedTuple):
    """How a message that may be said begins."""

    state: Literal[State.QUEUED, State.SCHEDULED]
    answers: bool
    """Whether a person answers with it, so that the dialog is read and waits no longer."""


def planned(tx: Tx, can: Capabilities, card: obstacles.Reachable, draft: Draft, options: SendOptions) -> Plan:
    """How a draft begins in a dialog. Raises Refused, with the reason, if it could not be delivered."""
    obstacles.require_reachable(card)
    require_deliverable(can, draft)
    scheduled = options.at is not None and options.at > tx.now
    refusal = (
        None if draft.template else obstacles.why_closed(can, card, options.at if options.at and scheduled else tx.now)
    )
    if refusal is not None:
        raise refusal
    answers = not (scheduled or draft.forwards or options.origin.traits.automatic)
    return Plan(State.SCHEDULED if scheduled else State.QUEUED, answers)


def message_values(tx: Tx, plan: Plan, draft: Draft, options: SendOptions) -> dict[str, object]:
    """The values of a new message, except where it is said."""
    return {
        "origin": options.origin,
        "author": tx.name,
        "key": options.key,
        "asked": options.asked,
        "state": plan.state,
        "text": draft.text,
        "subject": draft.subject,
        "reply_to": "",
        "automatic": int(options.origin.traits.automatic),
        "answers": int(plan.answers),
        "template": _kept(draft.template),
        "now": tx.now,
    }


def shown(draft: Draft) -> str:
    """The draft in the list of dialogs."""
    return preview(draft.text or draft.subject, [file.name for file in draft.files])


def require_sending(tx: Tx, can: Capabilities, channel: ChannelId) -> None:
    """Raise Refused for an account that only receives."""
    if can.send_needs and (refusal := obstacles.why_nothing_goes_out(can, channels.one(tx, channel))) is not None:
        raise refusal


def _kept(template: Filled | None) -> str:
    """A filled template in stored form."""
    return json.dumps(asdict(template), ensure_ascii=False) if template else ""


def _quoted(tx: Tx, card: DialogCard, draft: Draft) -> str:
    if draft.reply_to is None:
        return ""
    quoted = message_of(tx, draft.reply_to)
    if quoted.dialog_id != card.id or not quoted.ext_id:
        raise Refused("bad_reply", T("Message {n} cannot be quoted here.", n=draft.reply_to))
    return quoted.ext_id


def file_values(tx: Tx, file: StagedFile) -> dict[str, object]:
    """The values of a file that is sent, except for which message."""
    return {
        "kind": file.kind,
        "name": file.name,
        "mime": file.mime,
        "size": file.size,
        "seconds": 0,
        "sha256": file.sha256,
        "remote": "",
        "state": "here",
        "code": "",
        "now": tx.now,
    }


def _queue(
    tx: Tx,
    card: DialogCard,
    message: MessageId,
    action: Operation,
    options: SendOptions,
    *,
    state: State,
    value: str = "",
) -> None:
    values = outbox_values(tx, options, action, state) | {"value": value}
    tx.insert("outbox.add", message=message, dialog=card.id, channel=card.channel_id, **values)


def outbox_values(tx: Tx, options: SendOptions, action: Operation, state: State) -> dict[str, object]:
    """The values of what is done at the provider, except for which message."""
    return {
        "action": action,
        "value": "",
        "actor": tx.name,
        "priority": options.rank,
        "state": state,
        "not_before": options.at or (options.rest and tx.now + options.rest),
        "wait_code": _wait_code(options, state),
        "now": tx.now,
    }


def _wait_code(options: SendOptions, state: State) -> str:
    if state is State.SCHEDULED:
        return cancel_on_reply.UNLESS_REPLIED if options.unless_heard else "scheduled"
    return "held" if options.rest else ""


def cancel(tx: Tx, message: MessageId) -> None:
    """Cancel an unclaimed message. Raises Refused once it may be in flight."""
    access.require(tx, Right.ANSWER)
    found = message_of(tx, message)
    if not tx.run("outbox.withdraw", message=message):
        raise Refused(
            "too_late",
            T("Message {n} is not waiting any more: it is {state}.", n=message, state=words.state(found.state)),
        )
    _settle(tx, found, State.CANCELLED)


def retry(tx: Tx, message: MessageId) -> None:
    """Resend a failed or uncertain message; for the latter a person accepts the risk of a duplicate.

    A cancelled message stays cancelled.
    """
    access.require(tx, Right.ANSWER)
    found = message_of(tx, message)
    if found.state == State.CANCELLED:
        raise Refused(
            "cancelled",
            T("Message {n} was cancelled and will not be sent.", n=message),
            T("Write it again: {how}", how=to_do(Next.ANSWER, n=found.dialog_id)),
        )
    if found.direction != Direction.OUT or found.state not in {State.FAILED, State.UNCERTAIN}:
        raise Refused(
            "not_failed",
            T("Message {n} is {state}; there is nothing to retry.", n=message, state=words.state(found.state)),
        )
    card = dialogs.card(tx, found.dialog_id)
    obstacles.require_reachable(card._replace(reachable=1))
    _queue(tx, card, message, Operation.SEND, SendOptions(key=""), state=State.QUEUED)
    _settle(tx, found, State.QUEUED)


def sent_since(tx: Tx, channel: ChannelRow, since: Millis) -> Sequence[MessageId]:
    """What was sent through a channel since then and can be resent, in order."""
    return tx.all(MessageId, "messages.sent_since", channel=channel.id, since=since)


def replay(tx: Tx, channel: ChannelRow, can: Capabilities, messages: Sequence[MessageId]) -> int:
    """Resend messages under the same keys, except those that changed meanwhile; returns the number.

    Raises Refused if the other side does not recognise keys, because clients would get everything twice.
    """
    access.require(tx, Right.REPAIR)
    channels.one(tx, channel.id)
    if not can.idempotent_send:
        raise Refused(
            "not_idempotent",
            T("{channel} would deliver everything a second time.", channel=channel.title),
            T("One message that failed goes again with: {how}", how=to_do(Next.RETRY)),
        )
    found = [row for row in (message_of(tx, message) for message in messages) if State(row.state) in SENT]
    for row in found:
        options = SendOptions(key=row.key or "", priority=Priority.BULK)
        _queue(tx, dialogs.card(tx, row.dialog_id), row.id, Operation.SEND, options, state=State.QUEUED)
    tx.emit(OutboxReplayed(channel=channel.id, messages=len(found)))
    return len(found)


def resolve(tx: Tx, message: MessageId, verdict: Literal["sent", "failed"]) -> None:
    """Record a person's finding about an uncertain message."""
    access.require(tx, Right.ANSWER)
    found = message_of(tx, message)
    if found.state != State.UNCERTAIN:
        raise Refused(
            "not_uncertain", T("Message {n} is {state}, not uncertain.", n=message, state=words.state(found.state))
        )
    _settle(tx, found, State(verdict), code="said_by_person")


def _settle(tx: Tx, found: MessageRow, state: State, *, code: str = "") -> None:
    tx.run("messages.state", id=found.id, state=state, code=code, detail="")
    state_changes.show(tx, found.dialog_id, found.id, state, before=found.state)
    channel = dialogs.card(tx, found.dialog_id).channel_id
    tx.emit(MessageStateChanged(channel=channel, dialog=found.dialog_id, message=found.id, state=state, code=code))


def change(
    tx: Tx, can: Capabilities, message: MessageId, action: Operation, value: str, *, options: SendOptions
) -> None:
    """Queue an edit, a deletion or a reaction at the provider. Raises Refused with the reason."""
    access.require(tx, Right.ANSWER)
    found = message_of(tx, message)
    refusal = changes.obstacle(can, found, action, tx.now)
    if refusal is not None:
        raise refusal
    if action is Operation.EDIT:
        require_deliverable(can, Draft(text=value))
    else:
        limits.REACTION.require(value, field="reaction")
    card = dialogs.card(tx, found.dialog_id)
    _queue(tx, card, message, action, options, state=State.QUEUED, value=value)
    tx.emit(ChangeAsked(channel=card.channel_id, dialog=card.id, message=message, action=action))
