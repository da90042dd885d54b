"""Invitations that come by mail, and the answers to them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from chatapp_cli.domain.border import NOTHING, Address, Count, ExternalId, ExternalText


class Decision(StrEnum):
    """What an invited person answers."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventInvitation:
    """What a mail says of an event: an invitation that can be answered, a cancellation, or an answer of ours."""

    event: ExternalId
    """The same in all mails of the organizer about the event."""
    organizer: Address
    summary: ExternalText
    calendar: ExternalText
    """The invitation as it came (RFC 5545); empty for anything else."""
    ends: Count = NOTHING
    """When the event is over, in milliseconds since 1970; 0 if that is unknown or it repeats."""
    cancels: bool = False
    decision: Decision | None = None
    """What an answer says that was written outside the desk."""

    @property
    def says(self) -> str:
        """How it is stored: ``open``, ``cancelled`` or the decision."""
        return self.decision or ("cancelled" if self.cancels else "open")

    @classmethod
    def parse(cls, stored: str) -> EventInvitation:
        """The invitation in its stored form."""
        return cls(**json.loads(stored))

    def stored(self) -> str:
        """The invitation as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationAnswer:
    """The answer that a mail of ours gives to an invitation."""

    decision: Decision
    event: str
    """See ``EventInvitation``."""
    calendar: str
    """The invitation that is answered."""
