"""Which card a session made or moved for which message as the rules said, kept until the ledger has heard of it.

A card is made before its message is told, and the session may end between the two. So what is about to be made is
remembered first: a card that is found when the same message is told again was made by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.outcome import CardOutcome
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.records import remembered, written
from chatapp_cli.ports.memory import Memory

_NAME: Final = "decided "
"""In the memory before our id of a chat."""
KEPT: Final[Millis] = 30 * 86_400_000
"""How long a card is remembered that was made for the last message of a chat."""
_EVERY: Final[Millis] = 86_400_000
"""How often those are looked for that need not be remembered any more."""


class DecidedCard(msgspec.Struct, frozen=True, kw_only=True):
    """The last card of a chat that was made or moved as the rules said."""

    key: str
    """Of the message."""
    outcome: int
    turn: int = 0
    """The turn that it took, counted from 1; 0 if nobody's."""
    card: str = ""
    """Empty until the CRM has said that it made it."""
    at: Millis = 0
    """When the message was written."""


class DecidedCards:
    """Those of one session."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._turns: dict[int, int] = {}
        self._drops_next: Millis = 0

    def turn(self, outcome: CardOutcome) -> int:
        """Whose turn it is: what the ledger knew of, and the cards that were made since."""
        return max(outcome.turn, self._turns.get(outcome.number, 0))

    async def intend(self, entry: LedgerEntry, outcome: CardOutcome) -> None:
        """Remember that a card is about to be made."""
        await self._keep(
            entry, DecidedCard(key=entry.key, outcome=outcome.number, turn=self.turn(outcome) + 1, at=entry.at)
        )

    async def was_intended(self, entry: LedgerEntry) -> bool:
        """Whether a card was about to be made for this message when its answer was lost."""
        known = await self._known(entry)
        return known is not None and not known.card

    async def made(self, entry: LedgerEntry, outcome: CardOutcome, card: str) -> None:
        """A card was made or moved: the turn is taken."""
        known = await self._known(entry)
        turn = known.turn if known is not None and known.turn else self.turn(outcome) + 1
        self._turns[outcome.number] = max(turn, self._turns.get(outcome.number, 0))
        await self._keep(entry, DecidedCard(key=entry.key, outcome=outcome.number, turn=turn, card=card, at=entry.at))

    async def receipt(self, entry: LedgerEntry, *, chat: str = "", remote: str = "") -> CrmReceipt:
        """What the ledger is told of a message that was taken, with the card that was made or moved for it."""
        known = None if entry.outcome is None else await self._known(entry)
        if known is None or not known.card:
            return CrmReceipt(chat=chat, remote=remote)
        return CrmReceipt(chat=chat, remote=remote, card=known.card, outcome=known.outcome, turn=known.turn)

    async def _known(self, entry: LedgerEntry) -> DecidedCard | None:
        """What is remembered of this very message."""
        known = await remembered(self._memory, _NAME + entry.chat.id, DecidedCard)
        return known if known is not None and entry.key and known.key == entry.key else None

    async def _keep(self, entry: LedgerEntry, card: DecidedCard) -> None:
        stale = await self._stale(entry.at) if entry.at >= self._drops_next else {}
        await self._memory.save({**stale, _NAME + entry.chat.id: written(card)})

    async def _stale(self, now: Millis) -> Mapping[str, str]:
        """The cards of chats without another one for long, of which the ledger has heard, as entries to remove."""
        self._drops_next = now + _EVERY
        known = await self._memory.known(_NAME)
        cards = {name: msgspec.json.decode(text, type=DecidedCard) for name, text in known.items()}
        return {name: "" for name, one in cards.items() if one.card and one.at < now - KEPT}
