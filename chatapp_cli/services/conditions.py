"""Conditions as people ask for them and as they are stored: plain values, whose words get their forms when compiled.

A condition is a mapping; what it names has to hold together:

- ``lines``, ``kinds``, ``channels``: numbers of lines, kinds of channels, numbers of channels; one of each suffices
- ``words``: words and phrases of which one has to occur (``…`` is a gap of some words), or with ``every`` all;
  ``exact``: only in this form
- ``without``: words and phrases of which none may occur
- ``hours``: spans such as ``09:00-18:00``; ``days``: ``mon``…``sun``, ``working`` or ``off``; ``zone``: where;
  ``calendar``: what is a working day; ``outside``: not then
- ``all``, ``any``: lists of such mappings; ``not``: one
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from chatapp_cli.domain import limits
from chatapp_cli.domain.condition import (
    WEEKDAYS,
    WHOLE_DAY,
    AllOf,
    Always,
    AnyOf,
    Condition,
    DayKind,
    FromSource,
    HasWords,
    Negated,
    OnSource,
    Phrase,
    WithinHours,
)
from chatapp_cli.domain.dialog_condition import HoursOf
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.hours_text import DAYS, span, weekdays
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.domain.zones import ZONES, zone_of
from chatapp_cli.services import dialog_conditions
from chatapp_cli.services.calendars import calendar
from chatapp_cli.services.word_forms import StoredForms, WordForms, phrase

NAMES: Final = ("lines", "kinds", "channels", "words", "every", "exact", "without", "hours", "days", "zone", "calendar",
                "outside", "all", "any", "not")  # fmt: skip
"""What every condition may name; one of dialogs also what ``dialog_conditions`` has."""
_FLAGS: Final = {"every", "exact", "outside", "open"}
_TEXTS: Final = {"zone", "calendar", *dialog_conditions.CHOICES}
_NUMBERS: Final = {"lines", "channels"}
_TIMES: Final = ("hours", "days")
_ABOUT: Final[Mapping[str, Sequence[str]]] = {
    "every": ("words",), "exact": ("words", "without"), "zone": _TIMES, "calendar": ("days",), "outside": _TIMES,
}  # fmt: skip
"""What only says how something else is meant."""
KINDS_OF_DAYS: Final[Mapping[str, Text]] = {DayKind.WORKING: T("working days"), DayKind.OFF: T("days off")}
"""What people call days by which a calendar decides."""
_DEEPEST: Final = 8
MOST_WORDS: Final = 500
"""Words and phrases of one list."""


@dataclass(frozen=True, slots=True)
class SourceNames:
    """What the company calls its lines and channels, and what else conditions are made with."""

    lines: Mapping[int, str]
    channels: Mapping[int, str]
    folder: Path | None = None
    """Where the company keeps calendars of its own."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """What people call the kinds of channels that there can be; empty: nothing is known of them."""
    sources: Mapping[int, OnSource] = field(default_factory=dict)
    """Where each channel is."""
    strict: bool = False
    """Whether a person says just now what they mean: then what means nothing, or two things, is refused."""
    forms: WordForms = field(default_factory=StoredForms)
    hours: HoursOf | None = None
    """The working hours of lines, for conditions on dialogs; ``None``: there are only those on messages."""
    stages: Collection[str] = ()
    """The stages that CRMs have, as people write them; empty: none tells them."""

    @property
    def names(self) -> Sequence[str]:
        """What a condition may name."""
        return NAMES if self.hours is None else (*NAMES, *dialog_conditions.NAMES)


def compiled(asked: Mapping[str, Any], names: SourceNames) -> Condition:
    """The condition that was asked for. Raises UsageError for what cannot be meant."""
    return _compiled(asked, names, _DEEPEST)


def _compiled(asked: object, names: SourceNames, deep: int) -> Condition:
    if not isinstance(asked, Mapping):
        raise _wrong(T("A condition is a mapping, not: {said}", said=str(asked)))
    if not deep:
        raise _wrong(T("The conditions are nested too deeply."))
    _require_sound(asked, names.names)
    if names.strict:
        _require_used(asked)
    parts = [part for make in (_source, _words, _hours) for part in make(asked, names)]
    if names.hours is not None:
        lists = {name: _listed(asked, name) for name in dialog_conditions.LISTS}
        parts += dialog_conditions.parts({**asked, **lists}, names.hours)
    parts += [_compiled(one, names, deep - 1) for one in _listed(asked, "all")]
    if asked.get("any"):
        parts.append(AnyOf(tuple(_compiled(one, names, deep - 1) for one in _listed(asked, "any"))))
    if asked.get("not"):
        parts.append(Negated(_compiled(asked["not"], names, deep - 1)))
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts)) if parts else Always()


def _require_sound(asked: Mapping[str, Any], known: Sequence[str]) -> None:
    for name, value in asked.items():
        if name not in known:
            raise _wrong(T("A condition has no {name}.", name=name), T("It may have: {known}", known=", ".join(known)))
        if name in _FLAGS:
            fits = isinstance(value, bool)
        elif name in _TEXTS:
            fits = isinstance(value, str)
        else:
            fits = name in {"not", "waited"} or isinstance(value, list | tuple)
        if not fits:
            raise _wrong(T("{name} of a condition cannot be {said}.", name=name, said=str(value)), field=name)


def _require_used(asked: Mapping[str, Any]) -> None:
    """Raise UsageError for what only says how something else is meant, without that."""
    for name, meant in _ABOUT.items():
        if asked.get(name) and not any(asked.get(one) for one in meant):
            raise _wrong(
                T("{name} without {meant} means nothing.", name=name, meant=" / ".join(meant)),
                T("Say {meant} as well, or leave {name} out.", name=name, meant=" / ".join(meant)),
                field=name,
            )


def without_idle(asked: Mapping[str, Any], said: Collection[str]) -> Mapping[str, Any]:
    """The conditions without what only said how something else was meant that is not asked for any more.

    What was ``said`` just now is kept.
    """
    idle = {name for name, meant in _ABOUT.items() if name not in said and not any(asked.get(one) for one in meant)}
    return {name: value for name, value in asked.items() if name not in idle}


def zones(asked: Mapping[str, Any]) -> AbstractSet[str]:
    """The time zones that conditions name, also inside others."""
    named = {str(asked["zone"])} if asked.get("zone") else set()
    inside = [*asked.get("all", ()), *asked.get("any", ()), *([asked["not"]] if asked.get("not") else [])]
    return named.union(*map(zones, inside))


def _listed(asked: Mapping[str, Any], name: str) -> Sequence[Any]:
    found: Sequence[Any] = asked.get(name) or ()
    if len(found) > MOST_WORDS:
        what = T("{name}: {n} are too many; the limit is {limit}.", name=name, n=len(found), limit=MOST_WORDS)
        raise _wrong(what, T("Make several rules of it."), field=name)
    wanted = int if name in _NUMBERS else Mapping if name in {"all", "any"} else str
    for one in found:
        if not isinstance(one, wanted) or isinstance(one, bool):
            raise _wrong(T("{name} of a condition cannot be {said}.", name=name, said=str(one)), field=name)
    return found


def _source(asked: Mapping[str, Any], names: SourceNames) -> Sequence[Condition]:
    lines, kinds, channels = (_listed(asked, name) for name in ("lines", "kinds", "channels"))
    if not (lines or kinds or channels):
        return ()
    for kind in kinds:
        limits.NAME.require(kind, field="kinds")
        if names.strict and names.kinds and kind not in names.kinds:
            there = T("Kinds: {known}", known=", ".join(sorted(names.kinds)))
            raise _wrong(T("There is no kind of channel {kind}.", kind=kind), there, field="kinds")
    for name, said, known in (("lines", lines, names.lines), ("channels", channels, names.channels)):
        if gone := [one for one in said if one not in known]:
            raise _wrong(T("There is none with the number {n} any more.", n=gone[0]), _SOURCES, field=name)
    called = [
        ", ".join(names.lines[one] for one in lines),
        ", ".join(names.kinds.get(one, one) for one in kinds),
        ", ".join(names.channels[one] for one in channels),
    ]
    made = FromSource(
        lines=frozenset(map(LineId, lines)),
        kinds=frozenset(kinds),
        channels=frozenset(map(ChannelId, channels)),
        named=" · ".join(filter(None, called)),
    )
    if names.strict and channels and not any(made.takes(names.sources[one]) for one in channels):
        raise _wrong(T("No message can come by {source}: the channel is elsewhere.", source=made.named), _SOURCES)
    return (made,)


_SOURCES: Final = T("See lines and channels: {how}", how=to_do(Next.LINES))


def _words(asked: Mapping[str, Any], names: SourceNames) -> Sequence[Condition]:
    found: list[Condition] = []
    if words := _listed(asked, "words"):
        found.append(HasWords(_phrases("words", words, asked, names), every=bool(asked.get("every"))))
    if without := _listed(asked, "without"):
        found.append(Negated(HasWords(_phrases("without", without, asked, names))))
    return found


def _phrases(name: str, said: Sequence[str], asked: Mapping[str, Any], names: SourceNames) -> tuple[Phrase, ...]:
    exact = bool(asked.get("exact"))
    return tuple(_phrase(name, one, names.forms, exact=exact, strict=names.strict) for one in said)


_STAR: Final = T("Write the whole word: all its forms are found, unless only this one is wanted.")


def _phrase(name: str, said: str, forms: WordForms, *, exact: bool, strict: bool) -> Phrase:
    limits.SEARCH.require(said, field=name)
    if strict and "*" in said:
        raise _wrong(T("A star stands for nothing in «{said}».", said=said), _STAR, field=name)
    made = phrase(said, forms, exact=exact)
    if made is None:
        raise _wrong(T("There is no word in «{said}».", said=said), T("Write words of letters and digits."), field=name)
    return made


def _hours(asked: Mapping[str, Any], names: SourceNames) -> Sequence[Condition]:
    hours, days, zone = _listed(asked, "hours"), _listed(asked, "days"), str(asked.get("zone") or "")
    if not (hours or days):
        return ()
    if not zone:
        raise _wrong(T("Hours need a time zone."), ZONES, field="zone")
    kind, on = _meant_days(days, strict=names.strict)
    if names.strict and asked.get("calendar") and kind is DayKind.ANY:
        raise _wrong(
            T("A calendar says which days are working days, and these days do not depend on that."),
            T("Say working or off, or leave the calendar out."),
            field="calendar",
        )
    made = WithinHours(
        zone=zone_of(zone),
        zone_name=zone,
        spans=tuple(map(span, hours)) or (WHOLE_DAY,),
        weekdays=on,
        day=kind,
        calendar=calendar(str(asked.get("calendar") or ""), names.folder),
    )
    return (Negated(made) if asked.get("outside") else made,)


def _meant_days(said: Sequence[str], *, strict: bool) -> tuple[DayKind, frozenset[int]]:
    kinds, found = set[DayKind](), set[int]()
    for one in said:
        if one.lower() in {DayKind.WORKING, DayKind.OFF}:
            kinds.add(DayKind(one.lower()))
        elif named := weekdays(one):
            found.update(named)
        else:
            raise _wrong(T("{said} is no day.", said=one), T("Such as: mon-fri, sat, working, off"), field="days")
    if len(kinds) > 1:
        raise _wrong(T("Working days and days off together are all days."), T("Leave one of them out."), field="days")
    if strict and kinds and found:
        raise _wrong(
            T("{said} can be meant in two ways: days of which both is true, or all of these.", said=", ".join(said)),
            T("Make a rule of each, or name one of them in a nested condition: {how}", how="all"),
            field="days",
        )
    return next(iter(kinds), DayKind.ANY), frozenset(found or range(len(WEEKDAYS)))


def named_days(said: str, show: Callable[[Text], str]) -> str:
    """Days as they are stored, such as ``mon-fri``, if they were written as lists show them to a person."""
    spoken = {show(shown).lower(): day for shown, day in zip(WEEKDAYS, DAYS, strict=True)}
    for kind, shown in KINDS_OF_DAYS.items():
        words = show(shown).lower()
        spoken |= {words: kind, words.partition(" ")[0]: kind}
    folded = " ".join(said.lower().replace("–", "-").split())
    if folded in spoken:
        return spoken[folded]
    ends = [spoken.get(end.strip(), end.strip()) for end in folded.split("-")]
    return "-".join(ends) if all(end in DAYS for end in ends) else said


def _wrong(what: Text, next_step: Text | None = None, *, field: str = "if") -> UsageError:
    return UsageError(what, next_step, field=field)
