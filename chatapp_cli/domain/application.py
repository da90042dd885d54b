"""The stages of an application on paper (S-088)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class ApplicationStage(StrEnum):
    """The stage of an application."""

    READY = "ready"
    """The documents are made; a person signs them and sends them off."""
    SENT = "sent"
    """A person says that they were sent."""
    CHECKING = "checking"
    APPROVED = "approved"
    REJECTED = "rejected"


_NEXT: Final[Mapping[ApplicationStage, frozenset[ApplicationStage]]] = {
    ApplicationStage.READY: frozenset({ApplicationStage.SENT}),
    ApplicationStage.SENT: frozenset({ApplicationStage.CHECKING, ApplicationStage.APPROVED, ApplicationStage.REJECTED}),
    ApplicationStage.CHECKING: frozenset({ApplicationStage.APPROVED, ApplicationStage.REJECTED}),
    ApplicationStage.APPROVED: frozenset(),
    ApplicationStage.REJECTED: frozenset(),
}


def may_become(old: ApplicationStage, new: ApplicationStage) -> bool:
    """Whether an application may move from one stage to another; after a rejection a new one is needed."""
    return new in _NEXT[old]
