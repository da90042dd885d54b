"""Conditions on more than words, place and time: on the dialog of a message, on who wrote it, on how long it waits.

What they ask is looked up only when a condition asks for it, in the store or in what a trial pretends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from chatapp_cli.domain.arrival import ChatKind
from chatapp_cli.domain.condition import AllOf, AnyOf, Condition, Negated, Occasion
from chatapp_cli.domain.ids import LineId, Millis
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.opening_hours import OpeningHours
from chatapp_cli.domain.text import T, Text

NOBODY: Final = "nobody"
ANYBODY: Final = "anybody"
_MINUTE: Final = 60_000


class FirstOf(StrEnum):
    """Of what a message is the client's first."""

    EVER = "ever"
    DAY = "day"


class Known(StrEnum):
    """What may be known of a client."""

    NAME = "name"
    PHONE = "phone"
    EMAIL = "email"
    USERNAME = "username"


class Searches(Protocol):
    """A compiled regular expression."""

    def found(self, text: str) -> str:
        """The first place that fits; empty if there is none. Raises TimeoutError if that takes too long."""
        ...


class HoursOf(Protocol):
    """The working hours of lines. Both raise UsageError for a line with a calendar that is gone."""

    def __call__(self, line: LineId) -> OpeningHours | None:
        """Those of a line; ``None``: always open."""
        ...

    def is_open(self, line: LineId, at: Millis) -> bool:
        """Whether a line is open at a time."""
        ...


@dataclass(frozen=True, slots=True)
class GoingOneWay:
    """The message came in, or we wrote it."""

    direction: Direction

    def holds(self, occasion: Occasion) -> bool:
        """Whether it went that way."""
        return occasion.facts.direction is self.direction

    def why(self, occasion: Occasion) -> Text:
        """Which way it went."""
        return (
            T("the client wrote it") if occasion.facts.direction is Direction.IN else T("it was written to the client")
        )


@dataclass(frozen=True, slots=True)
class InChat:
    """The chat is of one of these kinds."""

    kinds: AbstractSet[ChatKind]

    def holds(self, occasion: Occasion) -> bool:
        """Whether it is."""
        return occasion.facts.chat in self.kinds

    def why(self, occasion: Occasion) -> Text:
        """What kind of chat it is."""
        return CHATS[occasion.facts.chat]


CHATS: Final = {
    "private": T("it is a private chat"),
    "group": T("it is a group"),
    "channel": T("it is a channel"),
}


@dataclass(frozen=True, slots=True)
class FromAddress:
    """The chat, or who wrote in it, has one of these ids or addresses."""

    addresses: AbstractSet[str]

    def holds(self, occasion: Occasion) -> bool:
        """Whether one of them is meant."""
        return not self.addresses.isdisjoint(occasion.facts.addresses)

    def why(self, occasion: Occasion) -> Text:
        """Which of them it is, or that it is none."""
        found = sorted(self.addresses & set(occasion.facts.addresses))
        if found:
            return T("it came from {address}", address=", ".join(found))
        return T("it did not come from {address}", address=", ".join(sorted(self.addresses)))


@dataclass(frozen=True, slots=True)
class Matches:
    """The text fits a regular expression."""

    pattern: str
    searches: Searches = field(compare=False)

    def holds(self, occasion: Occasion) -> bool:
        """Whether it fits. Raises TimeoutError if that takes too long."""
        return bool(self.searches.found(occasion.text))

    def why(self, occasion: Occasion) -> Text:
        """What fits, or that nothing does."""
        if found := self.searches.found(occasion.text):
            return T("«{text}» fits {pattern}", text=found, pattern=self.pattern)
        return T("nothing fits {pattern}", pattern=self.pattern)


@dataclass(frozen=True, slots=True)
class HasTags:
    """The dialog has any of the tags."""

    tags: AbstractSet[str]

    def holds(self, occasion: Occasion) -> bool:
        """Whether it has one of them."""
        return not self.tags.isdisjoint(occasion.facts.tags())

    def why(self, occasion: Occasion) -> Text:
        """Which it has, or that it has none of them."""
        if found := sorted(self.tags & occasion.facts.tags()):
            return T("the dialog has {tags}", tags=_tagged(found))
        return T("the dialog has none of {tags}", tags=_tagged(sorted(self.tags)))


def _tagged(tags: Sequence[str]) -> str:
    return ", ".join(f"#{tag}" for tag in tags)


@dataclass(frozen=True, slots=True)
class AssignedTo:
    """One of these answers for the dialog; ``nobody`` and ``anybody`` are meant so."""

    names: AbstractSet[str]

    def holds(self, occasion: Occasion) -> bool:
        """Whether it is one of them."""
        now = occasion.facts.assignee()
        return (now or NOBODY) in self.names or (bool(now) and ANYBODY in self.names)

    def why(self, occasion: Occasion) -> Text:
        """Who answers for it."""
        now = occasion.facts.assignee()
        return T("{name} answers for it", name=now) if now else T("nobody answers for it")


@dataclass(frozen=True, slots=True)
class IsFirst:
    """It is the client's first message ever, or of the day by the clock of the line's hours."""

    of: FirstOf

    def holds(self, occasion: Occasion) -> bool:
        """Whether nothing came before it."""
        return occasion.facts.is_first(self.of)

    def why(self, occasion: Occasion) -> Text:
        """That it is, or that something came before."""
        if self.of is FirstOf.EVER:
            return T("it is the client's first message") if self.holds(occasion) else T("the client wrote before")
        if self.holds(occasion):
            return T("it is the client's first message of the day")
        return T("the client wrote before on that day")


@dataclass(frozen=True, slots=True)
class Waited:
    """The client has waited for an answer for so many minutes during which the line was open."""

    minutes: int
    hours: HoursOf = field(compare=False)

    def holds(self, occasion: Occasion) -> bool:
        """Whether they have."""
        return self._waited(occasion) >= self.minutes

    def why(self, occasion: Occasion) -> Text:
        """How long they have waited."""
        if occasion.facts.waits_since() is None:
            return T("the client waits for no answer")
        return T("the client has waited {n} of {wanted} minutes", n=self._waited(occasion), wanted=self.minutes)

    def _waited(self, occasion: Occasion) -> int:
        since, now = occasion.facts.waits_since(), occasion.at
        if since is None:
            return -1
        known = self.hours(occasion.source.line)
        return (now - since) // _MINUTE if known is None else known.minutes(since, now)

    def due(self, line: LineId, since: int) -> int | None:
        """When a client who waits since then will have waited long enough; ``None``: not within a year."""
        known = self.hours(line)
        return since + self.minutes * _MINUTE if known is None else known.after(since, self.minutes)


def waiting(condition: Condition) -> Iterator[Waited]:
    """The parts of a condition that time alone can fulfil."""
    if isinstance(condition, Waited):
        yield condition
    elif isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from waiting(part)
    elif isinstance(condition, Negated):
        yield from waiting(condition.of)


@dataclass(frozen=True, slots=True)
class IsOpen:
    """The line is open, by its working hours."""

    hours: HoursOf = field(compare=False)

    def holds(self, occasion: Occasion) -> bool:
        """Whether it is open; a line without hours always is."""
        return self.hours.is_open(occasion.source.line, occasion.at)

    def why(self, occasion: Occasion) -> Text:
        """That it is open or closed."""
        return T("the line is open") if self.holds(occasion) else T("the line is closed")


@dataclass(frozen=True, slots=True)
class IsKnown:
    """All of this is known of the client."""

    what: AbstractSet[Known]

    def holds(self, occasion: Occasion) -> bool:
        """Whether it is."""
        return self.what <= occasion.facts.known()

    def why(self, occasion: Occasion) -> Text:
        """That it is known, or what is not."""
        lacking = sorted(self.what - occasion.facts.known())
        if lacking:
            return T("not known of the client: {what}", what=", ".join(lacking))
        return T("known of the client: {what}", what=", ".join(sorted(self.what)))


@dataclass(frozen=True, slots=True)
class AtStage:
    """A card of the client in a CRM stands at one of these stages, named as ``stage`` or ``pipeline/stage``."""

    stages: AbstractSet[str]

    def holds(self, occasion: Occasion) -> bool:
        """Whether one does."""
        return not self.stages.isdisjoint(occasion.facts.stages())

    def why(self, occasion: Occasion) -> Text:
        """At which stage it stands, or that it stands at none of these."""
        if found := sorted(self.stages & occasion.facts.stages()):
            return T("the card stands at {stage}", stage=", ".join(found))
        return T("no card stands at {stage}", stage=", ".join(sorted(self.stages)))
