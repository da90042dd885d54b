"""How far an application on paper got (S-088)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """Where an application stands."""

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
    """Tell whether an application may go on so; after a rejection there is only a new one."""
    return new in _NEXT[old]
