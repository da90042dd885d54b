"""Sanitise waiting times given by providers."""

from __future__ import annotations

import math


def pause(said: float | None, otherwise: float) -> float:
    """The seconds to wait: the given ones, or the usual ones if they are missing, zero, negative or infinite."""
    return said if said is not None and 0 < said < math.inf else otherwise
