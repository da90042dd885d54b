"""Answering an invitation that came by mail: whether it can be answered, to whom the answer goes, and sending it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.address import mailbox_of
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.invitation import Decision, EventInvitation, InvitationAnswer
from chatapp_cli.domain.message import SENT, UNDECIDED, Direction, State
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _
from chatapp_cli.services import access, composing, dialogs, words
from chatapp_cli.services.message_request import InDialog, MessageRequest, SendTarget, ToAddress
from chatapp_cli.services.options import Options
from chatapp_cli.services.routes import Able
from chatapp_cli.services.sending import SendOptions
from chatapp_cli.services.transcript import message as message_of
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx

OVER = T("The event is over.")
_SUBJECTS: Mapping[Decision, str] = MappingProxyType(
    {
        Decision.ACCEPTED: N_("Accepted: {what}"),
        Decision.TENTATIVE: N_("Tentative: {what}"),
        Decision.DECLINED: N_("Declined: {what}"),
    }
)
_TEXTS: Mapping[Decision, str] = MappingProxyType(
    {
        Decision.ACCEPTED: N_("The invitation is accepted: {what}"),
        Decision.TENTATIVE: N_("It is not certain yet whether we will come: {what}"),
        Decision.DECLINED: N_("The invitation is declined: {what}"),
    }
)


class OpenInvitation(NamedTuple):
    """An invitation that can be answered now."""

    message: MessageRow
    invitation: EventInvitation
    to: SendTarget
    elsewhere: bool
    """Whether the organizer is neither the sender of the mail nor the other side of its dialog."""
    is_over: bool

    @property
    def what(self) -> str:
        """The title of the event."""
        return self.invitation.summary or _("(no title)")


class _Stored(NamedTuple):
    """An invitation as it is stored, and the address of who sent the mail."""

    invitation: str
    sender: str


def find(tx: Tx, message: MessageId) -> OpenInvitation:
    """The invitation of a message. Raises Refused for a message that has none, or one that no longer stands."""
    found = message_of(tx, message)
    stored = tx.one(_Stored, "mails.invitation", message=message)
    if stored is None:
        raise Refused("no_invitation", T("Message {n} is no invitation that can be answered.", n=message))
    invitation = EventInvitation.parse(stored.invitation)
    card = dialogs.card(tx, found.dialog_id)
    for later in _later(tx, found, invitation):
        _require_standing(later)
    organizer = mailbox_of(invitation.organizer)
    here = organizer == mailbox_of(card.address)
    return OpenInvitation(
        message=found,
        invitation=invitation,
        to=InDialog(card.id) if here else ToAddress(card.channel_id, invitation.organizer),
        elsewhere=not here and organizer != mailbox_of(stored.sender),
        is_over=0 < invitation.ends < tx.now,
    )


def answer(
    tx: Tx,
    able: Able,
    message: MessageId,
    decision: Decision,
    options: SendOptions,
    *,
    elsewhere: bool = False,
    undo_options: Options | None = None,
) -> MessageId:
    """Accept the answer to an invitation for sending to its organizer.

    Raises Refused, also if the organizer is somebody else than the sender and ``elsewhere`` does not allow that.
    """
    access.require(tx, Right.ANSWER)
    found = find(tx, message)
    _require_new(tx, found, decision)
    if found.elsewhere and not elsewhere:
        raise Refused(
            "other_organizer",
            T("The answer goes to {address}, who is not the sender.", address=found.invitation.organizer),
            T("If that is right: {how}", how=to_do(Next.TO_ORGANIZER, n=message, answer=decision)),
        )
    request = MessageRequest(to=found.to, draft=_draft(found, decision), options=options, undo_options=undo_options)
    return composing.accept(tx, able, request)


def _draft(found: OpenInvitation, decision: Decision) -> Draft:
    invitation = found.invitation
    quotes = isinstance(found.to, InDialog) and found.message.ext_id
    return Draft(
        text=_(_TEXTS[decision], what=found.what),
        subject=_(_SUBJECTS[decision], what=found.what)[: limits.SUBJECT.most],
        reply_to=found.message.id if quotes else None,
        invitation=InvitationAnswer(decision=decision, event=invitation.event, calendar=invitation.calendar),
    )


class _OfEvent(NamedTuple):
    """A message about the same event."""

    id: MessageId
    direction: str
    state: str
    says: str


def _later(tx: Tx, found: MessageRow, invitation: EventInvitation) -> list[_OfEvent]:
    """What came or was written about the event after the invitation, the latest first.

    Of what came, only mails of the organizer or in the same dialog count: anybody can name an event and its organizer.
    """
    card = dialogs.card(tx, DialogId(found.dialog_id))
    return tx.all(
        _OfEvent,
        "mails.of_event",
        event=invitation.event,
        channel=card.channel_id,
        message=found.id,
        dialog=card.id,
        organizer=invitation.organizer,
    )


def _require_standing(later: _OfEvent) -> None:
    if later.direction != Direction.IN:
        return
    if later.says == "cancelled":
        raise Refused("event_cancelled", T("The event was cancelled: message {n}.", n=later.id))
    raise Refused(
        "newer_invitation",
        T("There is a newer invitation to this event: message {n}.", n=later.id),
        T("Answer that one."),
    )


def _require_new(tx: Tx, found: OpenInvitation, decision: Decision) -> None:
    """Raise Refused if the last answer says the same, also while it waits or may have gone.

    What is shown waits for the provider: only there an answer counts once it is in ``message.SENT``.
    """
    answers = (one for one in _later(tx, found.message, found.invitation) if State(one.state) in SENT | UNDECIDED)
    last = next(answers, None)
    if last is not None and last.says == decision:
        raise Refused(
            "answered_already",
            T("Message {n} answers so already: it is {state}.", n=last.id, state=words.state(last.state)),
        )
