"""What a message of ours has beside its text."""

from __future__ import annotations

import json
from typing import NamedTuple

from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.invitation import Decision, InvitationAnswer
from chatapp_cli.domain.template import Filled
from chatapp_cli.store.tx import Tx


class Beside(NamedTuple):
    """What a message of ours has beside its text."""

    template: str = ""
    recipients: str = ""
    signature: str = ""
    forwards: int = 0
    typed_subject: int = 0
    answers: str = ""
    event: str = ""
    decision: str = ""
    calendar: str = ""
    buttons: str = ""
    """Those that the channel shows below the text, as JSON."""

    @property
    def filled(self) -> Filled | None:
        """The approved template that its text was made from."""
        if not self.template:
            return None
        said = json.loads(self.template)
        return Filled(**{**said, "values": tuple((gap, text) for gap, text in said["values"])})

    @property
    def answer(self) -> InvitationAnswer | None:
        """What it answers to an invitation."""
        if not self.decision:
            return None
        return InvitationAnswer(decision=Decision(self.decision), event=self.event, calendar=self.calendar)


def of(tx: Tx, message: MessageId) -> Beside:
    """What a message of ours has beside its text."""
    return tx.one(Beside, "messages.beside", id=message) or Beside()
