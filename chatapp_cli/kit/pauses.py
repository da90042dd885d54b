"""How long to rest, whatever a provider said."""

from __future__ import annotations

import math


def pause(said: float | None, otherwise: float) -> float:
    """Seconds to rest: what was said, or as long as usual where that is nothing, none at all, or without an end."""
    return said if said is not None and 0 < said < math.inf else otherwise
