"""Our robots in a CRM, as it has them now (S-170)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RobotPresence(StrEnum):
    """How the CRM has a robot."""

    THERE = "there"
    MISSING = "missing"
    OLD = "old"
    """It calls another address of ours, or has the fields and words of another version."""
    STRANGE = "strange"
    """It bears our sign, and is none of those that we have now."""
    REFUSED = "refused"
    """The CRM did not take it, see ``code``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotThere:
    """One robot of ours in a CRM."""

    robot: str
    """A ``RobotCode``; of a strange one what stands in its place."""
    presence: RobotPresence
    code: str = ""
    """Why it was refused: a code of the manifest's errors."""
    detail: str = ""
