"""Where a new card of a conversation goes and who is responsible for it, as was decided before a CRM is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOutcome:
    """What holds for a card that has to be made; an open card of the client is used as it is."""

    number: int
    """Ours, of what decided; it comes back in ``CrmReceipt.outcome``."""
    name: str = ""
    """What people call what decided."""
    pipeline: str = ""
    """The CRM's id; empty: that of the pairing."""
    stage: str = ""
    """The CRM's id; empty: the first one."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Values by the CRM's ids of fields."""
    tags: Sequence[str] = ()
    like_contact: bool = False
    """Whether the employee who is responsible for the contact is to be so for the card, if there is one."""
    employees: Sequence[str] = ()
    """The CRM's ids; who no longer works there is passed over."""
    turn: int = 0
    """Whose turn it is among those who still work there, counted on and on from 0; a session counts on from it.

    Only a card that is made or moved takes a turn, see ``CrmReceipt.turn``.
    """
    moves: str = ""
    """The open card, as ``deal:17``, that goes to the pipeline and stage; empty: none is moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmStage:
    """A stage of a pipeline."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmField:
    """A field of a card that can be filled when it is made."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmPipeline:
    """A pipeline in which cards can be made."""

    id: str
    name: str
    stages: Sequence[CrmStage] = ()
    fields: Sequence[CrmField] = ()
    has_tags: bool = False
    """Whether its cards can have tags."""
