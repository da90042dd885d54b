"""Who still works in a portal in which we make cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chatapp_cli.crm.bitrix24 import lines
from chatapp_cli.crm.bitrix24.calls import MethodCalls
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.ports.world import Clock

_FRESH: Final = 600.0
"""Seconds for which those who work there are taken to be the same."""


class LiteStaff:
    """Those who work there, asked for now and then."""

    def __init__(self, api: MethodCalls, clock: Clock) -> None:
        self._api, self._clock = api, clock
        self._known: frozenset[str] | None = None
        self._at = 0.0

    async def working(self, wanted: Sequence[str]) -> Sequence[int]:
        """Those of these employees who work there; of a webhook that may not read that, all."""
        named = [one for one in wanted if one.isdecimal() and int(one)]
        active = await self._active() if named else None
        return [int(one) for one in named if active is None or one in active]

    async def _active(self) -> frozenset[str] | None:
        if self._known is None or self._clock.monotonic() - self._at > _FRESH:
            try:
                found = await lines.employees(self._api)
            except Rejected:
                return None
            self._known, self._at = frozenset(one.id for one in found), self._clock.monotonic()
        return self._known
