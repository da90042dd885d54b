"""The health of a bound channel."""

from __future__ import annotations

from enum import StrEnum


class Health(StrEnum):
    """States of health; ``retrying`` and later ones have a code."""

    STARTING = "starting"
    OK = "ok"
    RETRYING = "retrying"
    NEEDS_REBIND = "needs_rebind"
    """The provider no longer accepts the account."""
    MISCONFIGURED = "misconfigured"
    BLOCKED = "blocked"
    """It receives but may not send."""


WORKING = frozenset({Health.STARTING, Health.OK})
DOWN = frozenset({Health.NEEDS_REBIND, Health.MISCONFIGURED})
"""It cannot be used until a person acts."""
STOPPED = DOWN | {Health.BLOCKED}
"""It does not send until a person acts or the provider allows it again."""
