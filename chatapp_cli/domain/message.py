"""A message's states and how they may follow one another."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Direction(StrEnum):
    """Which way a message went; an inbound one can never fail."""

    IN = "in"
    OUT = "out"


class Origin(StrEnum):
    """Who caused a message: nothing is ever pushed back to where it came from."""

    CLIENT = "client"
    OPERATOR = "operator"
    PHONE = "phone"
    """Written by us in the provider's own application."""
    API = "api"
    AUTOREPLY = "autoreply"
    CRM = "crm"
    """Written by a person in the customer system."""
    ROBOT = "robot"
    """A conversation that a program leads."""
    RULE = "rule"
    """Something happened, or time passed."""
    CAMPAIGN = "campaign"
    """One text to many."""

    @property
    def traits(self) -> Traits:
        """What follows from it."""
        return _TRAITS[self]


class State(StrEnum):
    """Where a message stands. ``sent`` and later need a provider id."""

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


class Action(StrEnum):
    """What an outbox row asks of a channel."""

    SEND = "send"
    EDIT = "edit"
    DELETE = "delete"
    REACT = "react"


class Priority:
    """Order among waiting rows of a channel: higher goes first."""

    BULK = 0
    AUTOMATIC = 5
    OPERATOR = 9


class Traits(NamedTuple):
    """What follows from who caused a message."""

    automatic: bool = False
    """No person stands behind it: it is no answer, the client still waits, and a letter says so to other programs."""
    priority: int = Priority.OPERATOR
    """Of the outbox, unless somebody says otherwise."""
    opens_work: bool = True
    """Somebody has to see to the dialog after it, if nobody does yet."""


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
"""The verdict is still to come."""

REACHED = frozenset({State.DELIVERED, State.READ})
"""The client has it: whatever is told afterwards, it is not sent through another channel as well."""

_PROGRESS = (State.SENDING, State.UNCERTAIN, State.FAILED, State.SENT, State.DELIVERED, State.READ)


def may_follow(old: State, new: State, *, of_part: bool = False) -> bool:
    """Tell whether a provider's news may move a sent message on: never backwards, never after a cancel.

    A bounce may still turn ``sent`` into ``failed``; a receipt proves an uncertain one. What the other side's device
    confirmed is there, whatever is reported afterwards, unless it is about another part of the message.
    """
    if new is State.FAILED:
        return old in {State.SENDING, State.UNCERTAIN, State.SENT} or (of_part and old is State.DELIVERED)
    if old not in _PROGRESS or new not in _PROGRESS:
        return False
    return _PROGRESS.index(new) > _PROGRESS.index(old)
