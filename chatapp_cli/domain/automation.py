"""Automation: rules that act on what happens at the desk, and what became of each act (S-035, S-141)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.journal.automation import RuleTimeCame
from chatapp_cli.domain.journal.base import JournalEvent
from chatapp_cli.domain.journal.contacts import ContactChanged
from chatapp_cli.domain.journal.dialogs import Assigned, DialogOpened, Tagged, Untagged
from chatapp_cli.domain.journal.links import CardStageChanged
from chatapp_cli.domain.journal.messages import MessageEchoed, MessageReceived, MessageStateChanged
from chatapp_cli.domain.message import State
from chatapp_cli.domain.text import T, Text

FOLLOWER: Final = "automation"
"""The name of the follower of the journal that plans acts."""
CLOCK: Final = "automation clock"
"""The kind of the timers of rules that run by the clock."""


class RuleKind(StrEnum):
    """What a rule is for people."""

    RULE = "rule"
    AUTOREPLY = "autoreply"
    """It answers clients, and does nothing else."""


class RuleEvent(StrEnum):
    """What a rule waits for; its value is what people write."""

    ARRIVED = "message.arrived"
    SENT = "message.sent"
    """The provider took a message of ours, or we wrote it elsewhere."""
    FAILED = "message.failed"
    CREATED = "dialog.created"
    ASSIGNED = "dialog.assigned"
    TAG_ADDED = "tag.added"
    TAG_REMOVED = "tag.removed"
    CONTACT = "contact.changed"
    """What is known of a client changed; asked in the latest dialog of the contact on each line."""
    STAGE = "crm.stage"
    """A card of the client went to another stage; asked in the latest dialog of the card on each line."""
    TIME = "time.due"
    """By the clock, for each dialog for which the condition holds then."""


class ActCause(StrEnum):
    """What made an act of a rule due."""

    EVENT = "event"
    """A client, a person or a provider did something."""
    RULE = "rule"
    """An act of another rule did."""
    TIME = "time"
    """Time alone: such acts are spread, because they cannot be a loop."""


EVENTS: Final[Mapping[RuleEvent, Text]] = MappingProxyType(
    {
        RuleEvent.ARRIVED: T("a client writes"),
        RuleEvent.SENT: T("a message of ours is sent"),
        RuleEvent.FAILED: T("a message of ours fails"),
        RuleEvent.CREATED: T("a dialog begins"),
        RuleEvent.ASSIGNED: T("a dialog is assigned"),
        RuleEvent.TAG_ADDED: T("a tag is added"),
        RuleEvent.TAG_REMOVED: T("a tag is removed"),
        RuleEvent.CONTACT: T("what is known of a client changes"),
        RuleEvent.STAGE: T("a card goes to another stage"),
        RuleEvent.TIME: T("it is time"),
    }
)
"""Each event as people read it."""
OF_MESSAGES: Final = frozenset({RuleEvent.ARRIVED, RuleEvent.SENT, RuleEvent.FAILED})
"""The events with a message whose words can be asked for."""
NAMING: Final = frozenset(
    {RuleEvent.ASSIGNED, RuleEvent.TAG_ADDED, RuleEvent.TAG_REMOVED, RuleEvent.CONTACT, RuleEvent.STAGE}
)
"""The events of which a rule may want those about one operator, tag, field or stage."""
FIELDS: Final = ("name", "phone", "email", "username")
"""What of a contact an event may be about."""


class HappenedEvent(NamedTuple):
    """An event of the journal as rules see it."""

    event: RuleEvent
    about: str = ""
    """The operator, tag, field or stage; of the clock the number of the rule whose time it is."""
    in_full: str = ""
    """The stage with its pipeline, such as ``Sales/Won``."""


def seen(event: JournalEvent) -> HappenedEvent | None:
    """What an event of the journal is for rules; ``None``: nothing."""
    if (alone := _ALONE.get(type(event))) is not None:
        return alone
    found = _OF_STATES.get(event.state) if isinstance(event, MessageStateChanged) else _OF_KINDS.get(type(event))
    in_full = f"{event.pipeline}/{event.stage}" if isinstance(event, CardStageChanged) else ""
    return None if found is None else HappenedEvent(found, _about(event), in_full)


def _about(event: JournalEvent) -> str:
    if isinstance(event, Tagged | Untagged):
        return event.tag
    if isinstance(event, ContactChanged):
        return event.field
    if isinstance(event, CardStageChanged):
        return event.stage
    if isinstance(event, RuleTimeCame):
        return str(event.rule)
    return event.name if isinstance(event, Assigned) else ""


_OF_STATES: Final[Mapping[str, RuleEvent]] = {State.SENT: RuleEvent.SENT, State.FAILED: RuleEvent.FAILED}
_OF_KINDS: Final[Mapping[type[JournalEvent], RuleEvent]] = {
    MessageReceived: RuleEvent.ARRIVED,
    MessageEchoed: RuleEvent.SENT,
    DialogOpened: RuleEvent.CREATED,
    Assigned: RuleEvent.ASSIGNED,
    Tagged: RuleEvent.TAG_ADDED,
    Untagged: RuleEvent.TAG_REMOVED,
    ContactChanged: RuleEvent.CONTACT,
    CardStageChanged: RuleEvent.STAGE,
    RuleTimeCame: RuleEvent.TIME,
}
_ALONE: Final[Mapping[type[JournalEvent], HappenedEvent]] = {
    kind: HappenedEvent(_OF_KINDS[kind]) for kind in (MessageReceived, MessageEchoed, DialogOpened)
}
"""Those that are about nothing further."""
SEEN: Final[tuple[type[JournalEvent], ...]] = (MessageStateChanged, *_OF_KINDS)
"""The events of the journal that may be something for rules."""


class PlannedState(StrEnum):
    """How far an act is."""

    WAITING = "waiting"
    """Its time has not come: then the rule is asked again."""
    PLANNED = "planned"
    CALLING = "calling"
    """Another program is told of it, as often as that takes."""
    DONE = "done"
    SKIPPED = "skipped"
    """It was not done, as the guards or the conditions demand."""
    CANCELLED = "cancelled"
    """Its rule was changed, switched off or removed first."""
    FAILED = "failed"
    """It could not be done."""


STATES: Final[Mapping[PlannedState, Text]] = MappingProxyType(
    {
        PlannedState.WAITING: T("waits for its time"),
        PlannedState.PLANNED: T("about to be done"),
        PlannedState.CALLING: T("being told to another program"),
        PlannedState.DONE: T("done"),
        PlannedState.SKIPPED: T("not done"),
        PlannedState.CANCELLED: T("cancelled"),
        PlannedState.FAILED: T("failed"),
    }
)
"""Each state as people read it."""
TRIED_STATES: Final[Mapping[PlannedState, Text]] = MappingProxyType(
    {
        **STATES,
        PlannedState.DONE: T("would be done"),
        PlannedState.SKIPPED: T("would not be done"),
        PlannedState.FAILED: T("would fail"),
    }
)
"""The same in a trial, in which nothing is done."""
GOING_ON: Final = frozenset({PlannedState.WAITING, PlannedState.PLANNED, PlannedState.CALLING})
"""The states of acts that have not ended."""


class ActWanted(NamedTuple):
    """One act of a rule: what to do, and with what."""

    do: str
    value: Any
    """A text, a list of texts, a number of minutes or fields, as the act demands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWanted:
    """A rule as somebody asks for it."""

    name: str
    event: RuleEvent = RuleEvent.ARRIVED
    about: str = ""
    """Only events about this operator, tag, field or stage; empty: any. Of the clock: when it is time."""
    kind: RuleKind = RuleKind.RULE
    line: LineId | None = None
    """Whose rule it is; ``None``: the company's."""
    asked: Mapping[str, Any] = field(default_factory=dict)
    """Its condition, see ``services.conditions``."""
    acts: Sequence[ActWanted] = ()
    otherwise: Sequence[ActWanted] = ()
    """What it does besides if nobody is there whom a dialog could be given to (K-06)."""
    stop: bool = False
    """Whether no later rule is asked once it holds."""
    enabled: bool = True

    @property
    def every(self) -> Sequence[ActWanted]:
        """All of its acts: the place of each is its number, and those for when nobody is there come last."""
        return [*self.acts, *self.otherwise]
