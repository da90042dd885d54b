"""The facts of a message and its dialog that conditions ask for, as the store has them now."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from chatapp_cli.domain.address import is_name
from chatapp_cli.domain.condition import Occasion, OnSource
from chatapp_cli.domain.dialog_condition import FirstOf, Known
from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.moment import local, utc
from chatapp_cli.services import crm_stages, dialogs
from chatapp_cli.store.rows.automation import DialogPlace, JudgedMessage, PlannedWait, TagOfDialog

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import ChatKind
    from chatapp_cli.domain.dialog_condition import HoursOf
    from chatapp_cli.domain.ids import AutoRuleId, DialogId, Millis
    from chatapp_cli.store.tx import Tx


class ReadTogether:
    """What is read of many dialogs and messages at once: each kind of fact when a rule first asks for it."""

    def __init__(self, tx: Tx, dialogs_wanted: Iterable[DialogId | None], wanted: Iterable[MessageId | None]) -> None:
        """What is gone is left out of ``places`` and ``messages``."""
        self.tx = tx
        self._ids = _ids(dialogs_wanted)
        self.places = {one.id: one for one in tx.all(DialogPlace, "auto.places", ids=self._ids)}
        self.messages = {one.id: one for one in tx.all(JudgedMessage, "auto.messages", ids=_ids(wanted))}

    def tags(self, dialog: DialogId) -> AbstractSet[str]:
        """The tags of a dialog, also of another one."""
        if (known := self._tags.get(dialog)) is not None:
            return known
        return frozenset() if dialog in self.places else frozenset(dialogs.tags(self.tx, dialog))

    def is_first_ever(self, message: MessageId) -> bool:
        """Whether the client wrote nothing in its dialog before, also of another message."""
        return message in (self._first_ever if message in self.messages else self._first_of(_ids([message])))

    @cached_property
    def _tags(self) -> Mapping[DialogId, AbstractSet[str]]:
        found: dict[DialogId, set[str]] = defaultdict(set)
        for dialog, tag in self.tx.all(TagOfDialog, "auto.tags", ids=self._ids):
            found[dialog].add(tag)
        return found

    @cached_property
    def _first_ever(self) -> AbstractSet[MessageId]:
        return self._first_of(_ids(self.messages))

    def _first_of(self, ids: str) -> AbstractSet[MessageId]:
        return frozenset(self.tx.all(MessageId, "auto.first_ever", ids=ids))

    @cached_property
    def waits(self) -> set[tuple[DialogId, AutoRuleId, int]]:
        """The dialogs, rules and versions in which acts were planned for the wait of the client that goes on."""
        return set(self.tx.all(PlannedWait, "autoacts.waits", ids=self._ids))


def _ids(wanted: Iterable[int | None]) -> str:
    return json.dumps(sorted({one for one in wanted if one is not None}))


@dataclass(slots=True, eq=False)
class StoredFacts:
    """What conditions ask of a message, or of a dialog alone. Nobody changes it."""

    near: ReadTogether
    place: DialogPlace
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
        return self.place.chat_kind

    @property
    def addresses(self) -> Collection[str]:
        """The ids and addresses of the chat and of who wrote it, folded; a username with and without its sign."""
        card = dialogs.card(self.near.tx, self.place.id)
        said = [card.key, card.address, card.username, card.phone, card.email]
        if self.message is not None:
            said += [self.message.sender, self.message.author_phone]
        return {one for word in map(fold, filter(None, said)) for one in (word, word.removeprefix("@"))}

    def tags(self) -> AbstractSet[str]:
        """The tags of the dialog."""
        return self.near.tags(self.place.id)

    def assignee(self) -> str:
        """Who answers for the dialog; empty: nobody."""
        return self.place.assignee

    def is_first(self, of: str) -> bool:
        """Whether the client wrote nothing in this dialog before, ever or on that day."""
        if self.message is None:
            return False
        if of == FirstOf.EVER:
            return self.near.is_first_ever(self.message.id)
        since = self._day_began(self.message.at)
        there = self.near.tx.value("auto.heard_before", dialog=self.place.id, message=self.message.id, since=since)
        return there is None

    def _day_began(self, at: Millis) -> Millis:
        hours = self.hours(self.place.line_id)
        here: datetime = local(at) if hours is None else utc(at).astimezone(hours.zone)
        return round(here.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)

    def waits_since(self) -> Millis | None:
        """Since when the client waits for an answer."""
        return self.place.waiting_since

    def known(self) -> AbstractSet[str]:
        """What is known of the client."""
        card = dialogs.card(self.near.tx, self.place.id)
        told = {
            Known.NAME: is_name(card.first_name or card.person),
            Known.PHONE: bool(card.phone),
            Known.EMAIL: bool(card.email),
            Known.USERNAME: bool(card.username),
        }
        return frozenset(what for what, there in told.items() if there)

    def stages(self) -> AbstractSet[str]:
        """The stages at which the cards of the dialog stand, as CRMs last told."""
        return crm_stages.of_dialog(self.near.tx, self.place.id)


def occasion(facts: StoredFacts, at: Millis) -> Occasion:
    """What conditions are asked about."""
    place, message = facts.place, facts.message
    source = OnSource(place.line_id, place.kind, place.channel_id)
    return Occasion.of(source, "" if message is None else message.text, at, facts)
