"""Limits pauses that providers ask for."""

from __future__ import annotations

import math


def pause(said: float | None, otherwise: float) -> float:
    """Seconds to pause: as asked, or the default if that is missing, zero or infinite."""
    return said if said is not None and 0 < said < math.inf else otherwise
