"""Conditions on a message: where it came from, its words, and when; each says yes or no, and why.

The forms of a word are no business of a condition: it is made with all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, timedelta, tzinfo
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from chatapp_cli.domain.ids import ChannelId, LineId, Millis
from chatapp_cli.domain.message_facts import BARE, MessageFacts
from chatapp_cli.domain.moment import utc
from chatapp_cli.domain.text import T, Text
from chatapp_cli.domain.wording import words
from chatapp_cli.domain.working_days import PLAIN_WEEK, SATURDAY, WorkingCalendar

MINUTES_OF_DAY: Final = 24 * 60
_MINUTES_OF_WEEK: Final = 7 * MINUTES_OF_DAY
_DAY: Final = timedelta(days=1)
WEEKDAYS: Final = (T("Mon"), T("Tue"), T("Wed"), T("Thu"), T("Fri"), T("Sat"), T("Sun"))


class Judgement(NamedTuple):
    """The answer of a condition."""

    holds: bool
    why: Text


class WallClock(NamedTuple):
    """A time as the clocks of a zone show it."""

    day: date
    minute: int
    """Since midnight by the clock: 60 for 01:00, also on a day on which the clocks change."""


class OnSource(NamedTuple):
    """Where a message came from."""

    line: LineId
    kind: str
    """The channel's kind, such as ``telegram``."""
    channel: ChannelId


@dataclass(slots=True, eq=False)
class Occasion:
    """What conditions are asked about: a message, split into words once. Nobody changes it."""

    source: OnSource
    words: Sequence[str]
    """Folded, in order."""
    at: Millis
    vocabulary: AbstractSet[str]
    text: str = ""
    """As it was written."""
    facts: MessageFacts = BARE
    _clocks: dict[tzinfo, WallClock] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, source: OnSource, text: str, at: Millis, facts: MessageFacts = BARE) -> Occasion:
        """A message with this text, written at this time."""
        said = words(text)
        return cls(source, said, at, frozenset(said), text, facts)

    def clock(self, zone: tzinfo) -> WallClock:
        """What the clocks of a zone showed."""
        if (known := self._clocks.get(zone)) is None:
            here = utc(self.at).astimezone(zone)
            known = self._clocks[zone] = WallClock(here.date(), here.hour * 60 + here.minute)
        return known


class Condition(Protocol):
    """Something that holds for a message or does not. Implementations are values: equal if they say the same."""

    def holds(self, occasion: Occasion) -> bool:
        """Whether it holds."""
        ...

    def why(self, occasion: Occasion) -> Text:
        """Why it holds or does not, as a part of a sentence."""
        ...


def judge(condition: Condition, occasion: Occasion) -> Judgement:
    """Whether a condition holds, and why."""
    return Judgement(condition.holds(occasion), condition.why(occasion))


@dataclass(frozen=True, slots=True)
class Always:
    """Holds for every message."""

    def holds(self, occasion: Occasion) -> bool:  # noqa: ARG002 - asks for nothing
        """Yes."""
        return True

    def why(self, occasion: Occasion) -> Text:  # noqa: ARG002 - asks for nothing
        """There is nothing to fulfil."""
        return T("it asks for nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class FromSource:
    """The message came by one of these lines, kinds of channels and channels; what is empty is not asked for."""

    lines: AbstractSet[LineId] = frozenset()
    kinds: AbstractSet[str] = frozenset()
    channels: AbstractSet[ChannelId] = frozenset()
    named: str = field(default="", compare=False)
    """How people name these."""

    def holds(self, occasion: Occasion) -> bool:
        """Whether it came from there."""
        return self.takes(occasion.source)

    def takes(self, source: OnSource) -> bool:
        """Whether a source is one of these."""
        return (
            (not self.lines or source.line in self.lines)
            and (not self.kinds or source.kind in self.kinds)
            and (not self.channels or source.channel in self.channels)
        )

    def why(self, occasion: Occasion) -> Text:
        """That it came from there, or not."""
        if self.holds(occasion):
            return T("it came by {source}", source=self.named)
        return T("it did not come by {source}", source=self.named)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand one behind the other, each in any of its forms."""

    forms: tuple[AbstractSet[str], ...]
    """The folded forms of each word; never empty."""
    said: str = field(default="", compare=False)
    """As the person wrote it who asked for it."""
    gaps: tuple[int, ...] = ()
    """How many other words may stand before each word; empty: none before any."""

    def found(self, words: Sequence[str]) -> Sequence[str]:
        """The first such words among those of a text; empty if there are none."""
        for start in range(len(words) - len(self.forms) + 1):
            if words[start] in self.forms[0] and (end := self._end(words, start + 1, 1)):
                return words[start:end]
        return ()

    def _end(self, words: Sequence[str], place: int, number: int) -> int:
        """Behind the last word of the phrase if it goes on from a place with this word; 0: it does not."""
        if number == len(self.forms):
            return place
        last = place + (self.gaps[number] if self.gaps else 0)
        for at in range(place, min(last + 1, len(words))):
            if words[at] in self.forms[number] and (end := self._end(words, at + 1, number + 1)):
                return end
        return 0

    def occurs(self, occasion: Occasion) -> bool:
        """Whether it is in a message."""
        spoken = occasion.vocabulary
        if any(spoken.isdisjoint(forms) for forms in self.forms):
            return False
        return len(self.forms) == 1 or bool(self.found(occasion.words))


@dataclass(frozen=True, slots=True)
class HasWords:
    """Any of the phrases is in the message, or with ``every`` all of them."""

    phrases: tuple[Phrase, ...]
    every: bool = False
    _words: AbstractSet[str] = field(default=frozenset(), init=False, repr=False, compare=False)
    """Those of which each is a phrase by itself."""
    _longer: tuple[Phrase, ...] = field(default=(), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        words = frozenset[str]().union(*(one.forms[0] for one in self.phrases if len(one.forms) == 1))
        object.__setattr__(self, "_words", words)
        object.__setattr__(self, "_longer", tuple(one for one in self.phrases if len(one.forms) > 1))

    def holds(self, occasion: Occasion) -> bool:
        """Whether the words are there."""
        if self.every:
            return all(phrase.occurs(occasion) for phrase in self.phrases)
        if not self._words.isdisjoint(occasion.vocabulary):
            return True
        return any(phrase.occurs(occasion) for phrase in self._longer)

    def why(self, occasion: Occasion) -> Text:
        """Which words are there, or which are missing."""
        there = [phrase for phrase in self.phrases if phrase.occurs(occasion)]
        if self.every and len(there) < len(self.phrases):
            return T("it does not say {words}", words=_quoted(one for one in self.phrases if one not in there))
        if not there:
            return T("it says none of {words}", words=_quoted(self.phrases))
        shown = ", ".join(f"«{' '.join(one.found(occasion.words))}»" for one in there)
        return T("it says {words}", words=shown)


def _quoted(phrases: Iterable[Phrase]) -> str:
    return ", ".join(f"«{one.said}»" for one in phrases)


class DayKind(StrEnum):
    """Which days of a calendar are meant."""

    ANY = "any"
    WORKING = "working"
    OFF = "off"


class TimeSpan(NamedTuple):
    """From one minute of the day until before another; one that is not later is meant on the next day."""

    start: int
    end: int
    """At most ``MINUTES_OF_DAY``."""

    def __str__(self) -> str:
        return f"{_clock(self.start)}-{_clock(self.end)}"

    @property
    def overnight(self) -> bool:
        """Whether it ends on the next day."""
        return self.end <= self.start


WHOLE_DAY: Final = TimeSpan(0, MINUTES_OF_DAY)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WithinHours:
    """Hours of some days, by the clocks of a time zone.

    What is after midnight belongs to the day on which the span began: 22:00-06:00 on Fridays ends on Saturday. When the
    clocks go back, an hour that occurs twice counts twice; one that the clocks skip does not occur.
    """

    zone: tzinfo = field(compare=False)
    zone_name: str
    spans: tuple[TimeSpan, ...] = (WHOLE_DAY,)
    weekdays: AbstractSet[int] = frozenset(range(7))
    """0 is Monday."""
    day: DayKind = DayKind.ANY
    calendar: WorkingCalendar = PLAIN_WEEK

    def holds(self, occasion: Occasion) -> bool:
        """Whether it is one of these hours."""
        now = occasion.clock(self.zone)
        return any(self._within(span, now) for span in self.spans)

    def _within(self, span: TimeSpan, now: WallClock) -> bool:
        if not span.overnight:
            return span.start <= now.minute < span.end and self.takes(now.day)
        if now.minute >= span.start:
            return self.takes(now.day)
        return now.minute < span.end and self.takes(now.day - _DAY)

    def minutes_of_week(self) -> int:
        """The minutes of a week, Monday's first, in which these hours can be, one bit each."""
        found = 0
        for weekday in self._possible_weekdays():
            for start, end in self.spans:
                length = (end - start) % MINUTES_OF_DAY or MINUTES_OF_DAY
                found |= ((1 << length) - 1) << (weekday * MINUTES_OF_DAY + start)
        return (found | found >> _MINUTES_OF_WEEK) & ((1 << _MINUTES_OF_WEEK) - 1)

    def _possible_weekdays(self) -> AbstractSet[int]:
        """Without a calendar of its own, what is a working day is the same in every week."""
        if self.day is DayKind.ANY or self.calendar != PLAIN_WEEK:
            return self.weekdays
        return {one for one in self.weekdays if (one >= SATURDAY) is (self.day is DayKind.OFF)}

    def takes(self, day: date) -> bool:
        """Whether a day is one of these."""
        if day.weekday() not in self.weekdays:
            return False
        return self.day is DayKind.ANY or self.calendar.is_off(day) is (self.day is DayKind.OFF)

    def why(self, occasion: Occasion) -> Text:
        """What time it was there, and that it is within the hours or not."""
        now = occasion.clock(self.zone)
        begun = self._begun(now)
        kind = self.calendar.why(begun)
        if begun != now.day:
            kind = T("in the night after {day}, {kind}", day=_day(begun), kind=kind)
        when = T("{day} {clock} ({zone}, {kind})", day=_day(now.day), clock=_clock(now.minute), zone=self.zone_name,
                 kind=kind)  # fmt: skip
        if self.holds(occasion):
            return T("{when} is within {hours}", when=when, hours=self.hours())
        return T("{when} is not within {hours}", when=when, hours=self.hours())

    def _begun(self, now: WallClock) -> date:
        """The day that counts: that of before if it is the morning after a span that has not ended yet."""
        today = any(span.start <= now.minute and (span.overnight or now.minute < span.end) for span in self.spans)
        nightly = any(span.overnight and now.minute < span.end for span in self.spans)
        if not nightly or (today and self.takes(now.day)):
            return now.day
        return now.day - _DAY

    def hours(self) -> Text:
        """The hours and days in words."""
        spans = ", ".join(map(str, self.spans))
        if self.day is DayKind.ANY and len(self.weekdays) == len(WEEKDAYS):
            return Text("{spans}", {"spans": spans})
        named = joined([WEEKDAYS[number] for number in sorted(self.weekdays)], Text(", "))
        if self.day is DayKind.ANY:
            return T("{spans} on {days}", spans=spans, days=named)
        kind = T("working days") if self.day is DayKind.WORKING else T("days off")
        if len(self.weekdays) == len(WEEKDAYS):
            return T("{spans} on {days}", spans=spans, days=kind)
        return T("{spans} on {days} that are {kind}", spans=spans, days=named, kind=kind)


def _day(day: date) -> Text:
    return Text("{weekday} {date}", {"weekday": WEEKDAYS[day.weekday()], "date": day.isoformat()})


def joined(parts: Sequence[Text], between: Text) -> Text:
    """Texts one behind the other."""
    shown = parts[0]
    for part in parts[1:]:
        shown = Text("{before}{between}{after}", {"before": shown, "between": between, "after": part})
    return shown


@dataclass(frozen=True, slots=True)
class Negated:
    """The opposite of a condition."""

    of: Condition

    def holds(self, occasion: Occasion) -> bool:
        """Whether the condition does not hold."""
        return not self.of.holds(occasion)

    def why(self, occasion: Occasion) -> Text:
        """Why the condition holds or does not, and that the opposite is wanted."""
        if self.holds(occasion):
            return self.of.why(occasion)
        return T("{why}, which is excluded", why=self.of.why(occasion))


@dataclass(frozen=True, slots=True)
class AllOf:
    """All conditions hold."""

    parts: tuple[Condition, ...]

    def holds(self, occasion: Occasion) -> bool:
        """Whether all hold."""
        return all(part.holds(occasion) for part in self.parts)

    def why(self, occasion: Occasion) -> Text:
        """Why all hold, or why the first does not that does not."""
        return _reasons(self.parts, occasion, wanted=False)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the conditions holds."""

    parts: tuple[Condition, ...]

    def holds(self, occasion: Occasion) -> bool:
        """Whether one holds."""
        return any(part.holds(occasion) for part in self.parts)

    def why(self, occasion: Occasion) -> Text:
        """Why the first holds that holds, or why none does."""
        return _reasons(self.parts, occasion, wanted=True)


def _reasons(parts: tuple[Condition, ...], occasion: Occasion, *, wanted: bool) -> Text:
    """Why the first condition decides that has this answer, or why none has it."""
    for part in parts:
        if part.holds(occasion) is wanted:
            return part.why(occasion)
    return joined([part.why(occasion) for part in parts], Text("; "))
