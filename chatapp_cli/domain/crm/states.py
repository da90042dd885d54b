"""How a link is, and what an entry of the ledger asks for: values that are stored."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

OTHER_WAY: Final = "other_way"
"""The code of a pairing whose place belongs to the other way of linking its CRM, and of what is refused for that."""


class LinkState(StrEnum):
    """How a link is; programs use the value."""

    OK = "ok"
    LIMITED = "limited"
    """The CRM cannot be reached, or asks us to wait; the link tries by itself."""
    AUTH_LOST = "auth_lost"
    """The CRM does not accept our tokens: a person has to link it again."""
    PAYMENT = "payment"
    """The CRM's subscription has ended."""
    SUSPENDED = "suspended"
    """The CRM has blocked the application, or closed itself for a while."""


class Act(StrEnum):
    """What an entry of the ledger asks for; its value is stored."""

    ADD = "add"
    """Show a message in the CRM."""
    EDIT = "edit"
    """Show its new text."""
    DELETE = "delete"
    """Take it away there."""
    DELIVERED = "delivered"
    """Tell that a message written in the CRM was sent to the client."""
    FAILED = "failed"
    """Tell its author that it was not."""
    TEXTED = "texted"
    """Tell how a message fares that the CRM had us send to a phone."""
    OWNER = "owner"
    """Make an employee responsible for the cards of a chat."""
    READ = "read"
    """Tell that the client has read a message: one written in the CRM, or a copy of ours there."""
    REACT = "react"
    """Show the client's reaction to a message, or that it is taken back."""
    IMPORT = "import"
    """Show a message from before the pairing, without any notice of it."""
    CONTINUE = "continue"
    """Let an automation of the CRM go on that had us send messages, see ``CrmStepAsked``."""
    RESULT = "result"
    """Give an automation of the CRM the results of a robot, see ``RobotAsked``."""
    COMMENT = "comment"
    """Comment a card with what became of a robot, or the cards of a chat that its conversation goes on elsewhere."""


SHOWING: Final = frozenset({Act.ADD, Act.IMPORT})
"""What shows a message."""


class Tells(StrEnum):
    """What passes between the desk and some CRMs only, beside messages and how they fared: a manifest's ``tells``."""

    READ = "read"
    """That the client read a message, ``Act.READ``: told to the CRM."""
    REACTIONS = "reactions"
    """Reactions of clients, ``Act.REACT``, and of employees, ``CrmReacted``."""
    TYPING = "typing"
    """That the client or an employee types, see ``ports.crm.ShowsClientTyping`` and ``CrmReply.typed``."""
    HISTORY = "history"
    """Conversations from before a pairing, ``Act.IMPORT``: told to the CRM."""


class TextFate(StrEnum):
    """How a message fares that a CRM had us send to a phone."""

    QUEUED = "queued"
    """It waits here, or nobody can say yet whether the provider has it."""
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    """The provider had it and did not get it to the phone."""
    FAILED = "failed"
    """It did not leave us."""
