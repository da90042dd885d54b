"""How a link is, and what an entry of the ledger asks for: values that are stored."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

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
    """Comment a card with what became of a robot."""
    REMARK = "remark"
    """Note in the cards of a chat what employees have to know, such as that its conversation goes on elsewhere."""

    @property
    def traits(self) -> ActTraits:
        """Its consequences."""
        return _TRAITS[self]


class ActTraits(NamedTuple):
    """The consequences of what an entry asks for."""

    shows: bool = False
    """It shows a message."""
    changes: bool = False
    """It changes how a message is shown."""
    signs: bool = False
    """It says something about a message by the CRM's id of it."""
    beside: bool = False
    """It stands beside the messages of its dialog: it waits for those before it, and keeps none back."""
    anywhere: bool = False
    """It is told elsewhere than in the place of its pairing, and never waits for that."""
    of_run: bool = False
    """It tells of a run, see ``services/runs``."""
    awaited: bool = False
    """Something in the CRM stands still until it is told, when its run has ended, or at its deadline.

    To tell it before is to give up what the run has waiting; until then nothing is late.
    """


_TRAITS: Mapping[Act, ActTraits] = MappingProxyType(
    {
        Act.ADD: ActTraits(shows=True),
        Act.IMPORT: ActTraits(shows=True),
        Act.EDIT: ActTraits(changes=True),
        Act.DELETE: ActTraits(changes=True),
        Act.DELIVERED: ActTraits(beside=True),
        Act.READ: ActTraits(signs=True, beside=True),
        Act.REACT: ActTraits(signs=True, beside=True),
        Act.OWNER: ActTraits(beside=True, anywhere=True),
        Act.FAILED: ActTraits(beside=True, anywhere=True),
        Act.TEXTED: ActTraits(anywhere=True),
        Act.REMARK: ActTraits(beside=True, anywhere=True),
        Act.COMMENT: ActTraits(anywhere=True, of_run=True),
        Act.CONTINUE: ActTraits(anywhere=True, of_run=True, awaited=True),
        Act.RESULT: ActTraits(anywhere=True, of_run=True, awaited=True),
    }
)

# The statements of the ledger name these acts too; ``tests/store/test_act_lists.py`` compares.
SHOWING: Final = frozenset(act for act in Act if act.traits.shows)
CHANGING: Final = frozenset(act for act in Act if act.traits.changes)
SIGNS: Final = frozenset(act for act in Act if act.traits.signs)
BESIDE: Final = frozenset(act for act in Act if act.traits.beside)
ANYWHERE: Final = frozenset(act for act in Act if act.traits.anywhere)
OF_RUN: Final = frozenset(act for act in Act if act.traits.of_run)
AWAITED: Final = frozenset(act for act in Act if act.traits.awaited)


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
    REMARKS = "remarks"
    """Notes in the cards of a chat, ``Act.REMARK``: told to the CRM."""


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
