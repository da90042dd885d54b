"""What a process has in place of a lease if it runs no channels."""

from __future__ import annotations

import asyncio
import math


class NoLease:
    """Nothing that could end, and the epoch of a store that nobody ran."""

    epoch = 0
    holds = True
    remaining = age = math.inf

    async def lost(self) -> None:
        """Wait for ever."""
        await asyncio.get_running_loop().create_future()


NO_LEASE = NoLease()
