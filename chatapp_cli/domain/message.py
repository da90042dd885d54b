"""A message's states and how they may follow one another."""

from __future__ import annotations

from enum import StrEnum


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
