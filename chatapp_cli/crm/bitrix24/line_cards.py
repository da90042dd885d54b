"""Cards of an open line that works without the CRM: its tracker makes none, so that they are made as rules say (S-188).

With ``CRM=Y`` the tracker makes them by itself, and we never do: the settings of the line are asked for first
(providers' sheet §3.1, addendum B1). Nothing in the portal binds the chat of such a line to its card.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

import structlog

from chatapp_cli.crm.bitrix24 import errors, lines
from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.cards import bound_cards
from chatapp_cli.crm.bitrix24.lite_cards import CARD, LiteCard, LiteCards, LitePlace, card_of_chat
from chatapp_cli.crm.bitrix24.record import mark_of
from chatapp_cli.crm.bitrix24.together import TogetherCalls
from chatapp_cli.domain.crm import showing
from chatapp_cli.domain.crm.entry import CrmChat, CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.link import Card
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import ChannelError, Rejected
from chatapp_cli.kit.decided_cards import DecidedCards
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import Clock

log = structlog.get_logger()

_FRESH: Final = 60.0
"""Seconds for which the settings of a line are taken to be the same."""
_HOME: Final = LitePlace("deal")
"""Where a deal goes whose pipeline is gone: the first one, which every portal has."""


class _LineLook(NamedTuple):
    at: float
    has_crm: bool


class LineCards:
    """Those of one session."""

    def __init__(self, api: PortalApi, bound: Bound, clock: Clock) -> None:
        self._api, self._memory, self._clock = api, bound.memory, clock
        self._decided = DecidedCards(bound.memory)
        mark = mark_of(bound.secrets, bound.hook_key)
        self._cards = LiteCards(api, TogetherCalls(api), mark, clock, self._decided)
        self._lines: dict[str, _LineLook] = {}
        self._known: dict[str, LiteCard] = {}

    async def made(self, entries: Sequence[LedgerEntry]) -> Mapping[int, ChannelError]:
        """Have each message's client have a card, where a rule decides of it and the tracker makes none.

        Returns what hindered entries that are to be told later; a card that the portal refuses hinders none. Raises
        what concerns all of them.
        """
        wanted = [(place, entry) for place, entry in enumerate(entries) if _may_need_one(entry)]
        told = await asyncio.gather(*(self._make(entry) for _, entry in wanted), return_exceptions=True)
        hindered: dict[int, ChannelError] = {}
        for (place, _), error in zip(wanted, told, strict=True):
            if isinstance(error, ChannelError) and not errors.stops_everything(error):
                hindered[place] = error
            elif isinstance(error, BaseException):
                raise error
        return hindered

    async def receipt(self, entry: LedgerEntry, shown: CrmReceipt) -> CrmReceipt:
        """What the ledger is told of a message that was taken, with the card that was made or moved for it."""
        said = await self._decided.receipt(entry)
        return replace(shown, card=said.card, outcome=said.outcome, turn=said.turn)

    async def of_chat(self, chat: CrmChat) -> Sequence[Card]:
        """The card that we made or found for a chat."""
        return await card_of_chat(self._api, self._memory, chat.id, self._api.held.origin, staff=True)

    async def _make(self, entry: LedgerEntry) -> None:
        try:
            if (await self._line(entry.pairing.place)).has_crm:
                return
            card = await self._cards.in_place(entry, _HOME, partial(self._contact_of, entry.chat))
        except Rejected as error:
            log.warning("bitrix24.no_card", code=error.code)
            return
        if card is not None and self._known.get(entry.chat.id) != card:
            await self._memory.save({CARD + entry.chat.id: f"{card.kind}-{card.id}"})
            self._known[entry.chat.id] = card

    async def _line(self, line: str) -> _LineLook:
        """A line, asked for now and then."""
        look = self._lines.get(line)
        if look is None or self._clock.monotonic() - look.at >= _FRESH:
            has_crm = not line.isdecimal() or await lines.has_crm(self._api, line)
            look = self._lines[line] = _LineLook(self._clock.monotonic(), has_crm)
        return look

    async def _contact_of(self, chat: CrmChat) -> int | None:
        """The contact that the tracker bound to the chat while the line worked with the CRM."""
        found = await bound_cards(self._api, {"chat": chat.remote})
        return found.get("chat", {}).get("contact")


def _may_need_one(entry: LedgerEntry) -> bool:
    about = entry.act is Act.ADD and not entry.ours and entry.chat.kind != "group"
    return about and entry.outcome is not None and showing.is_shown(entry)
