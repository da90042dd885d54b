"""The states of a message and their transitions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Direction(StrEnum):
    """The direction of a message; an inbound one can never fail."""

    IN = "in"
    OUT = "out"


class Origin(StrEnum):
    """Who caused a message; it is never sent back to its origin."""

    CLIENT = "client"
    OPERATOR = "operator"
    PHONE = "phone"
    """Written by us in the provider's own application."""
    API = "api"
    AUTOREPLY = "autoreply"
    CRM = "crm"
    """Written by a person in the customer system."""
    ROBOT = "robot"
    """A program that leads a conversation."""
    RULE = "rule"
    """A rule, on an event or at a time."""
    CAMPAIGN = "campaign"
    """One text to many."""

    @property
    def traits(self) -> Traits:
        """Its consequences."""
        return _TRAITS[self]


class State(StrEnum):
    """The state of a message. ``sent`` and later need a provider id."""

    RECEIVED = "received"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"


COPY_FAILED = "copy_failed"
"""The code of a sent message that reached the client, but not everybody who was to get a copy."""
ELSEWHERE_FAILED = "elsewhere_failed"
"""The code of a sent message that failed for an address which we did not write to, such as one behind the client's."""
DELAYED = "delayed"
"""The code of a sent message that a server on the way has not passed on yet and keeps trying to."""
SENT = frozenset({State.SENT, State.DELIVERED, State.READ})
"""The provider has it."""
WAITING = frozenset({State.SCHEDULED, State.QUEUED, State.SENDING})
"""It is decided later."""
UNDECIDED = WAITING | {State.UNCERTAIN}
"""It may reach the client yet, or may have."""


class Operation(StrEnum):
    """The operation that an outbox row asks for."""

    SEND = "send"
    EDIT = "edit"
    DELETE = "delete"
    REACT = "react"


class Priority:
    """Priority among waiting rows of a channel: higher goes first."""

    BULK = 0
    AUTOMATIC = 5
    OPERATOR = 9


class Traits(NamedTuple):
    """The consequences of a message's origin."""

    automatic: bool = False
    """Not written by a person: the client still waits for an answer, and a mail is marked as automatic."""
    priority: int = Priority.OPERATOR
    """Its default priority in the outbox."""
    opens_work: bool = True
    """Whether it makes the dialog wait for an operator, if it does not yet."""


_TRAITS: Mapping[Origin, Traits] = MappingProxyType(
    {
        Origin.CLIENT: Traits(),
        Origin.OPERATOR: Traits(),
        Origin.PHONE: Traits(),
        Origin.API: Traits(),
        Origin.CRM: Traits(),
        Origin.AUTOREPLY: Traits(automatic=True, priority=Priority.AUTOMATIC, opens_work=False),
        Origin.ROBOT: Traits(automatic=True, priority=Priority.AUTOMATIC, opens_work=False),
        Origin.RULE: Traits(automatic=True, priority=Priority.AUTOMATIC, opens_work=False),
        Origin.CAMPAIGN: Traits(automatic=True, priority=Priority.BULK, opens_work=False),
    }
)

PENDING = frozenset({State.SCHEDULED, State.QUEUED, State.SENDING})
"""There is no verdict yet."""

REACHED = frozenset({State.DELIVERED, State.READ})
"""The client has it: it is never sent through another channel, whatever is reported later."""

_PROGRESS = (State.SENDING, State.UNCERTAIN, State.FAILED, State.SENT, State.DELIVERED, State.READ)


def may_follow(old: State, new: State, *, of_part: bool = False) -> bool:
    """Whether a delivery report may change a message's state: never backwards, never after a cancel.

    A bounce may still turn ``sent`` into ``failed``; a receipt confirms an uncertain one. A message that the other
    side's device confirmed stays delivered, unless a later report is about another part of it.
    """
    if new is State.FAILED:
        return old in {State.SENDING, State.UNCERTAIN, State.SENT} or (of_part and old is State.DELIVERED)
    if old not in _PROGRESS or new not in _PROGRESS:
        return False
    return _PROGRESS.index(new) > _PROGRESS.index(old)
