"""Limits pauses that providers ask for."""

from __future__ import annotations

import math


def pause(asked: float | None, otherwise: float) -> float:
    """Seconds to pause: as asked, or the default if that is missing, zero or infinite."""
    return asked if asked is not None and 0 < asked < math.inf else otherwise
