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
    SENDS_ONLY = "sends_only"
    """It sends but cannot receive for now."""


class ChannelState(StrEnum):
    """What a channel does now, as every front end says it: its health, its pauses and its last sign of life."""

    STARTING = "starting"
    WORKING = "working"
    RESTING = "resting"
    """Its provider made it wait; it continues by itself."""
    RECEIVES_ONLY = "receives_only"
    """Its provider does not let it send; it tries by itself now and then."""
    SENDS_ONLY = "sends_only"
    """It cannot receive for now; it tries by itself."""
    RETRYING = "retrying"
    STOPPED = "stopped"
    """The account is refused or a setting is wrong; it looks again by itself now and then."""
    SILENT = "silent"
    """It should work, and gives no sign of life."""


WORKING = frozenset({Health.STARTING, Health.OK})
SENDING = frozenset({Health.OK, Health.SENDS_ONLY})
DOWN = frozenset({Health.NEEDS_REBIND, Health.MISCONFIGURED})
"""It cannot be used until a person acts."""
STOPPED = DOWN | {Health.BLOCKED}
"""It does not send until a person acts or the provider allows it again."""
