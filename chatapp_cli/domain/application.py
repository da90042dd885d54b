"""The stages of an application on paper (S-088)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """The stage of an application."""

    READY = "ready"
    """The documents are made; a person signs them and sends them off."""
    SENT = "sent"
    """A person says that they were sent."""
    CHECKING = "checking"
    APPROVED = "approved"
    REJECTED = "rejected"


_NEXT: Final[Mapping[Stage, frozenset[Stage]]] = {
    Stage.READY: frozenset({Stage.SENT}),
    Stage.SENT: frozenset({Stage.CHECKING, Stage.APPROVED, Stage.REJECTED}),
    Stage.CHECKING: frozenset({Stage.APPROVED, Stage.REJECTED}),
    Stage.APPROVED: frozenset(),
    Stage.REJECTED: frozenset(),
}


def may_become(old: Stage, new: Stage) -> bool:
    """Whether an application may move from one stage to another; after a rejection a new one is needed."""
    return new in _NEXT[old]
