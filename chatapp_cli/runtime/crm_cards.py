"""Asks CRMs for the cards of a dialog, and for the client of a card."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.cards import CardRef, ClientOfCard
from chatapp_cli.domain.crm.entry import CrmChat
from chatapp_cli.domain.crm.link import Card
from chatapp_cli.domain.crm.questions import CrmQuestion
from chatapp_cli.domain.errors import ChannelError, Refused, Rejected
from chatapp_cli.domain.ids import DialogId, Millis
from chatapp_cli.domain.text import T
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime.asking_crm import asked
from chatapp_cli.runtime.crm_answers import NOT_HERE
from chatapp_cli.services import crm_cards, dialogs, links
from chatapp_cli.services.crm_cards import NO_CARD, DialogInCrm
from chatapp_cli.store.rows.crm import LinkRow

FRESH: Final[Millis] = 15_000
"""For how long after a dialog began its card may still be on its way, in milliseconds."""
LOOKS: Final = (1.0, 2.0, 3.0)
"""Seconds before each further look for a card that may be on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsInCrm:
    """The cards of a dialog in one CRM, or why there are none."""

    dialog: DialogInCrm
    cards: Sequence[Card] = ()
    error: ChannelError | None = None
    """Why the CRM did not answer, in its manifest's words."""


async def of_dialog(company: Company, dialog: DialogId, *, patient: bool = False) -> list[CardsInCrm]:
    """The cards of a dialog in each linked CRM; ``patient``: wait for those that a CRM makes seconds after a message.

    Raises NotFound.
    """
    found, card = await asyncio.to_thread(
        company.read, lambda tx: (crm_cards.standing(tx, dialog), dialogs.card(tx, dialog))
    )
    fresh = patient and company.world.clock.now() - card.created_at < FRESH
    return [await _in_crm(company, one, LOOKS if fresh else ()) for one in found]


async def _in_crm(company: Company, found: DialogInCrm, looks: Sequence[float]) -> CardsInCrm:
    if found.chat is None:
        return CardsInCrm(dialog=found)
    try:
        cards = await _cards(company, found.link, found.chat, looks)
    except ChannelError as error:
        return CardsInCrm(dialog=replace(found, code=error.code, detail=error.detail), error=error)
    return CardsInCrm(dialog=found if cards else replace(found, code=NO_CARD), cards=cards)


async def _cards(company: Company, link: LinkRow, chat: CrmChat, looks: Sequence[float]) -> Sequence[Card]:
    cards: Sequence[Card] = await asked(company, link, CrmQuestion.CARDS, chat=chat)
    for pause in looks:
        if cards:
            break
        await company.world.clock.sleep(pause)
        cards = await asked(company, link, CrmQuestion.CARDS, chat=chat)
    return cards


async def client_of(company: Company, link: LinkRow, card: CardRef) -> ClientOfCard:
    """Whom a card is about. Raises Refused for a kind of CRM that cannot tell, and the CRM's ChannelError."""
    try:
        found: ClientOfCard = await asked(company, link, CrmQuestion.CLIENT_OF, card=card)
    except Rejected as error:
        if error.code != NOT_HERE:
            raise
        links.require_called(manifest(link.kind), link)
        raise Refused("not_here", T("This kind of CRM cannot be asked for the client of a card.")) from None
    return found
