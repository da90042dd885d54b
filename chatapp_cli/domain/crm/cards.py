"""A card of a CRM as a person names it, and the client that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chatapp_cli.domain.crm.link import Card
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import ChannelId, DialogId, Millis
from chatapp_cli.domain.text import T, Text

CARD_KINDS: Final = ("deal", "lead", "contact", "company")
_NAMED: Final = re.compile(rf"({'|'.join(CARD_KINDS)})[:\s]\s*([0-9]{{1,18}})")


@dataclass(frozen=True, slots=True)
class CardRef:
    """A card by kind and number, as ``deal:17``."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, named: str) -> CardRef:
        """A card as a person writes it. Raises UsageError."""
        found = _NAMED.fullmatch(named.strip().lower())
        if found is None:
            raise UsageError(
                T("{name} names no card.", name=named),
                T("Write it so: deal:17, lead:17, contact:17 or company:17"),
                field="card",
            )
        return cls(found[1], str(int(found[2])))


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChat:
    """A chat that the CRM has bound to a card, or to a person of the card."""

    remote: str
    """The CRM's own id of the chat."""
    whose: str = ""
    """The person whose it is; empty if only the card is known to which it is bound."""
    of_card: bool = False
    """Whether it is bound to the card itself, also where it is known whose it is."""

    @property
    def is_own(self) -> bool:
        """Whether it is the card's own, and not only one of its people's."""
        return self.of_card or not self.whose


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPhone:
    """A phone that stands in a card, or in the card of one of its people."""

    phone: str
    """As it is written there."""
    whose: str = ""
    """The person whose it is, as the CRM calls them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOfCard:
    """Whom a card is about: the chats and phones by which they can be reached."""

    card: Card
    """The card itself, or the one that it has become."""
    chats: Sequence[CardChat] = ()
    phones: Sequence[CardPhone] = ()
    others: Sequence[str] = ()
    """Other addresses of theirs that stand in the card: e-mail, @username."""
    people: Sequence[str] = ()
    """Everybody whom the card names, also those without a chat and a phone; each is called otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardVisit:
    """An employee of the CRM looks at a card."""

    employee: str
    """The CRM's id of them."""
    client: ClientOfCard
    """What they may see of it."""
    name: str = ""
    """What they are called there; empty if the CRM does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOnCard:
    """A message of a dialog that belongs to a card."""

    by: Text
    """Who wrote it."""
    at: Millis
    text: str
    files: Sequence[str] = ()
    """Names."""
    state: Text | None = None
    """How a message of ours fares; ``None`` for others'."""
    employee: str = ""
    """The CRM's id of who wrote it there, if they are no operator; empty for everybody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogOnCard:
    """A dialog of the desk that belongs to a card."""

    id: DialogId
    name: str
    channel: str
    """The channel's title."""
    last_at: Millis
    """When somebody wrote last."""
    messages: Sequence[MessageOnCard] = ()
    """The last ones that the CRM has, the newest at the end: who opens a card sees no more than in the CRM's chats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOnCard:
    """A channel by which the client of a card can be written to first."""

    id: ChannelId
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSheet:
    """What the desk shows in a card of the CRM."""

    dialogs: Sequence[DialogOnCard] = ()
    phones: Sequence[CardPhone] = ()
    channels: Sequence[ChannelOnCard] = ()
    employee: str = ""
    """The CRM's id of whoever opened the card; empty for a form that is only shown again."""
    employee_name: str = ""
    """What they are called there."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What employees are called who are no operators, by their ids; without those whom the CRM does not name."""

    @property
    def strangers(self) -> Collection[str]:
        """The ids of the employees who wrote and are no operators."""
        return {message.employee for dialog in self.dialogs for message in dialog.messages} - {""}
