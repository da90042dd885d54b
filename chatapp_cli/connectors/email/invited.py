"""What of an invitation is kept with its mail, so that it can be answered."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from chatapp_cli.connectors.email.invitations import Invitation
from chatapp_cli.domain import border
from chatapp_cli.domain.invitation import Decision, EventInvitation

_DECISIONS = {one.upper(): one for one in Decision}


def kept_of(found: Iterable[tuple[str, Invitation]]) -> EventInvitation | None:
    """What the first of these calendars says that invites, cancels or answers; ``None`` if there is none."""
    said = (_kept(calendar, one) for calendar, one in found if one.organizer and "UID" in one.event)
    return next((one for one in said if one is not None), None)


def _kept(calendar: str, invitation: Invitation) -> EventInvitation | None:
    decision = _DECISIONS.get(invitation.decision)
    if not (invitation.can_be_answered or invitation.cancels or decision):
        return None
    return EventInvitation(
        event=border.external_id(_event(invitation)),
        organizer=border.address(invitation.organizer),
        summary=border.name(invitation.summary),
        calendar=border.text(calendar) if invitation.can_be_answered else border.NO_TEXT,
        ends=border.count(invitation.ends),
        cancels=invitation.cancels,
        decision=decision,
    )


def _event(invitation: Invitation) -> str:
    """A digest: UIDs are chosen by senders, as long as they like, and one sender may name another's."""
    event = invitation.event
    said = (str(event["UID"]), invitation.organizer, str(getattr(event.get("RECURRENCE-ID"), "dt", "")))
    return sha256("\n".join(said).encode("utf-8", "surrogatepass")).hexdigest()[:32]
