"""How far our clock and the account's are apart, as its answers tell: its bots' tokens are dated by its own."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Final

from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.memory import Memory

_APART: Final = "clock"
"""In the memory: seconds."""
_NOTED: Final = 60
"""Seconds of difference that are worth remembering anew."""

EXACT: Final = 2
"""Seconds by which clocks may seem to differ that do not: answers tell whole seconds, and take their time."""


def apart(date: str, now: Millis) -> float | None:
    """Seconds by which our clock is ahead of the header ``Date`` of an answer; ``None`` if that tells no time."""
    try:
        return now / 1000 - parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


async def learn(memory: Memory, date: str, now: Millis) -> None:
    """Remember how far the clocks are apart."""
    found = apart(date, now)
    if found is not None and abs(found - await known(memory)) > _NOTED:
        await memory.save({_APART: str(round(found))})


async def known(memory: Memory) -> int:
    """Seconds by which our clock was ahead at the last look; 0 if nobody has looked."""
    return int((await memory.known(_APART)).get(_APART, "") or 0)
