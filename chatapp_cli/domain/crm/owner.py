"""Who answers: how a pairing joins a dialog's operator with the employee who is responsible for its cards (K-04)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chatapp_cli.domain.ids import Millis

_CARDS: Final[Mapping[str, str]] = {
    "deal": "owner_deal",
    "lead": "owner_lead",
    "contact": "owner_contact",
    "company": "owner_company",
}
"""The kinds of cards that may count, see ``Card.kind``, and the option that chooses each."""
FROM_CRM: Final = "from_crm"
TO_CRM: Final = "to_crm"
"""Who tells whom: the cards the dialogs, or the dialogs the cards."""
_SYNC: Final = "owner_sync"
_FROM: Final = frozenset({FROM_CRM, "both"})
_TO: Final = frozenset({TO_CRM, "both"})
_ON: Final = "on"
"""A kind of card counts in each way in which the pairing synchronises; ``from_crm`` and ``to_crm``: in that one."""


def heeds_cards(options: Mapping[str, str]) -> bool:
    """Whether the employee who is responsible for a card becomes the operator of its dialogs."""
    return bool(heeded(options))


def tells_cards(options: Mapping[str, str]) -> bool:
    """Whether the operator of a dialog becomes responsible for its cards."""
    return options.get(_SYNC) in _TO


def heeded(options: Mapping[str, str]) -> Sequence[str]:
    """The kinds of cards whose responsible employee becomes the operator of a dialog."""
    return _counting(options, _FROM, FROM_CRM)


def told(options: Mapping[str, str]) -> Sequence[str]:
    """The kinds of cards for which the operator of a dialog becomes responsible."""
    return _counting(options, _TO, TO_CRM)


def _counting(options: Mapping[str, str], ways: frozenset[str], only: str) -> Sequence[str]:
    counts = {_ON, only} if options.get(_SYNC) in ways else frozenset[str]()
    return [kind for kind, name in _CARDS.items() if options.get(name) in counts]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOwner:
    """The employee who is responsible for the card of a chat that changed last."""

    kind: str
    """The channel's kind that the CRM's connector stands for."""
    place: str
    chat: str
    """Our id of the chat, see ``CrmChat.id``."""
    remote_chat: str
    employee: str
    at: Millis
    """When that card changed, by the CRM's clock."""
    card: str = ""
    """That card, as ``CardRef`` writes it."""
