"""A card that was made for a message is remembered until the ledger has surely heard of it, and not for ever."""

from __future__ import annotations

import asyncio

from chatapp_cli.domain.crm.entry import CrmChat, LedgerEntry
from chatapp_cli.domain.crm.outcome import CardOutcome
from chatapp_cli.kit.decided_cards import KEPT, DecidedCards
from chatapp_cli.ports.memory import ShortMemory
from tests.crm.amocrm.desk import entry

OUTCOME = CardOutcome(number=5)


def said(chat: int, at: int) -> LedgerEntry:
    return entry(f"m-{chat}", chat=CrmChat(id=f"chat-{chat}", name="Иван"), outcome=OUTCOME, at=at)


def test_the_card_of_a_chat_that_is_silent_for_long_is_forgotten_unless_its_answer_was_lost() -> None:
    memory = ShortMemory()

    async def life() -> None:
        cards = DecidedCards(memory)
        await cards.made(said(1, 0), OUTCOME, "deal:1")
        await cards.intend(said(2, 0), OUTCOME)
        await cards.made(said(3, KEPT), OUTCOME, "deal:3")
        assert len(await memory.known()) == 3
        await DecidedCards(memory).made(said(4, KEPT + 1), OUTCOME, "deal:4")

    asyncio.run(life())
    assert sorted(asyncio.run(memory.known())) == ["decided chat-2", "decided chat-3", "decided chat-4"]
