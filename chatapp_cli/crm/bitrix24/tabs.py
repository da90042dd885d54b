"""Binds the tab «ChatApp» in cards: once at the present address, and nowhere without a paired channel.

What a second binding of the same place and address answers is in no document, so what is there is read first.
Sources: b24-rest-docs ``placement.bind``, ``placement.unbind``, ``placement.get``; addendum B2, B10.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import structlog

from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.calls import BatchCommand
from chatapp_cli.crm.bitrix24.card_tab import PLACEMENTS
from chatapp_cli.domain.errors import ChannelError, NeedsRebind
from chatapp_cli.kit.pace import Urgency

log = structlog.get_logger()

TITLE: Final = "ChatApp"


class CardTabs:
    """The tabs of one link."""

    def __init__(self, api: PortalApi, address: str) -> None:
        self._api, self._address = api, address

    async def arrange(self, *, wanted: bool) -> None:
        """Have one tab in each kind of card, or none; one that the portal refuses keeps nothing else from working."""
        there = await self._all({"there": BatchCommand("placement.get")})
        rows = there.get("there")
        ours = [_place(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else None
        if ours is None:
            return
        kept = set(PLACEMENTS) if wanted else set()
        gone = {pair for pair in ours if pair[0] in PLACEMENTS and pair not in {(one, self._address) for one in kept}}
        lacking = [one for one in PLACEMENTS if one in kept and (one, self._address) not in ours]
        commands = {
            f"u{n}": BatchCommand("placement.unbind", {"PLACEMENT": place, "HANDLER": handler})
            for n, (place, handler) in enumerate(sorted(gone))
        }
        commands |= {
            f"b {place}": BatchCommand("placement.bind", {"PLACEMENT": place, "HANDLER": self._address, "TITLE": TITLE})
            for place in lacking
        }
        await self._all(commands)

    async def _all(self, commands: Mapping[str, BatchCommand]) -> Mapping[str, Any]:
        answers = await self._api.batch(commands, urgency=Urgency.BACKGROUND)
        for name, answer in answers.items():
            if isinstance(answer, NeedsRebind):
                raise answer
            if isinstance(answer, ChannelError):
                log.info("crm.tab_refused", what=name, code=answer.code, detail=answer.detail)
        return answers


def _place(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row.get("placement") or "").upper(), str(row.get("handler") or "")
