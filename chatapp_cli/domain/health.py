"""How a bound channel is."""

from __future__ import annotations

from enum import StrEnum


class Health(StrEnum):
    """What is known of it; ``retrying`` and later come with a code."""

    STARTING = "starting"
    OK = "ok"
    RETRYING = "retrying"
    NEEDS_REBIND = "needs_rebind"
    """The provider lets the account in no longer."""
    MISCONFIGURED = "misconfigured"
    BLOCKED = "blocked"
    """It receives, and may not send."""


WORKING = frozenset({Health.STARTING, Health.OK})
DOWN = frozenset({Health.NEEDS_REBIND, Health.MISCONFIGURED})
"""It can be asked nothing until a person acts."""
STOPPED = DOWN | {Health.BLOCKED}
"""It sends nothing until a person acts, or the provider lets it again."""
