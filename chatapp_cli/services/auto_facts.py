"""The facts of a message and its dialog that conditions ask for, as the store has them now."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from chatapp_cli.domain.address import is_name
from chatapp_cli.domain.condition import Occasion, OnSource
from chatapp_cli.domain.dialog_condition import FirstOf, Known
from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.moment import local, utc
from chatapp_cli.services import crm_stages, dialogs

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import ChatKind
    from chatapp_cli.domain.dialog_condition import HoursOf
    from chatapp_cli.domain.ids import Millis
    from chatapp_cli.store.rows.automation import JudgedMessage
    from chatapp_cli.store.rows.dialogs import DialogCard
    from chatapp_cli.store.tx import Tx


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """What conditions ask of a message, or of a dialog alone."""

    tx: Tx
    card: DialogCard
    message: JudgedMessage | None
    hours: HoursOf
    """Whose clocks tell when the day began."""

    @property
    def direction(self) -> Direction:
        """Whether the client wrote it; an event without a message counts as theirs."""
        return Direction.IN if self.message is None else Direction(self.message.direction)

    @property
    def chat(self) -> ChatKind:
        """The kind of its chat."""
        return self.card.chat_kind

    @property
    def addresses(self) -> Collection[str]:
        """The ids and addresses of the chat and of who wrote it, folded; a username with and without its sign."""
        card = self.card
        said = [card.key, card.address, card.username, card.phone, card.email]
        if self.message is not None:
            said += [self.message.sender, self.message.author_phone]
        return {one for word in map(fold, filter(None, said)) for one in (word, word.removeprefix("@"))}

    def tags(self) -> AbstractSet[str]:
        """The tags of the dialog."""
        return frozenset(dialogs.tags(self.tx, self.card.id))

    def assignee(self) -> str:
        """Who answers for the dialog; empty: nobody."""
        return self.card.assignee

    def is_first(self, of: str) -> bool:
        """Whether the client wrote nothing in this dialog before, ever or on that day."""
        if self.message is None:
            return False
        since = 0 if of == FirstOf.EVER else self._day_began(self.message.at)
        there = self.tx.value("auto.heard_before", dialog=self.card.id, message=self.message.id, since=since)
        return there is None

    def _day_began(self, at: Millis) -> Millis:
        hours = self.hours(self.card.line_id)
        here: datetime = local(at) if hours is None else utc(at).astimezone(hours.zone)
        return round(here.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)

    def waits_since(self) -> Millis | None:
        """Since when the client waits for an answer."""
        return self.card.waiting_since

    def known(self) -> AbstractSet[str]:
        """What is known of the client."""
        card = self.card
        told = {
            Known.NAME: is_name(card.first_name or card.person),
            Known.PHONE: bool(card.phone),
            Known.EMAIL: bool(card.email),
            Known.USERNAME: bool(card.username),
        }
        return frozenset(what for what, there in told.items() if there)

    def stages(self) -> AbstractSet[str]:
        """The stages at which the cards of the dialog stand, as CRMs last told."""
        return crm_stages.of_dialog(self.tx, self.card.id)


def occasion(tx: Tx, card: DialogCard, message: JudgedMessage | None, at: Millis, hours: HoursOf) -> Occasion:
    """What conditions are asked about."""
    source = OnSource(card.line_id, card.kind, card.channel_id)
    return Occasion.of(source, "" if message is None else message.text, at, StoredFacts(tx, card, message, hours))
