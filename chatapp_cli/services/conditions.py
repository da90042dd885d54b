"""Conditions as people ask for them and as they are stored: plain values, whose words get their forms when compiled.

A condition is a mapping; what it names has to hold together:

- ``lines``, ``kinds``, ``channels``: numbers of lines, kinds of channels, numbers of channels; one of each suffices
- ``words``: words and phrases of which one has to occur, or with ``every`` all; ``exact``: only in this form
- ``without``: words and phrases of which none may occur
- ``hours``: spans such as ``09:00-18:00``; ``days``: ``mon``…``sun``, ``working`` or ``off``; ``zone``: where;
  ``calendar``: what is a working day; ``outside``: not then
- ``all``, ``any``: lists of such mappings; ``not``: one
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from chatapp_cli.domain import limits
from chatapp_cli.domain.condition import (
    MINUTES_OF_DAY,
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
    Phrase,
    TimeSpan,
    WithinHours,
)
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services.calendars import calendar
from chatapp_cli.services.word_forms import StoredForms, WordForms, phrase

NAMES: Final = ("lines", "kinds", "channels", "words", "every", "exact", "without", "hours", "days", "zone", "calendar",
                "outside", "all", "any", "not")  # fmt: skip
"""What a condition may name."""
_FLAGS: Final = {"every", "exact", "outside"}
_TEXTS: Final = {"zone", "calendar"}
_NUMBERS: Final = {"lines", "channels"}
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN: Final = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
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
    forms: WordForms = field(default_factory=StoredForms)


def compiled(asked: Mapping[str, Any], names: SourceNames) -> Condition:
    """The condition that was asked for. Raises UsageError for what cannot be meant."""
    return _compiled(asked, names, _DEEPEST)


def _compiled(asked: object, names: SourceNames, deep: int) -> Condition:
    if not isinstance(asked, Mapping):
        raise _wrong(T("A condition is a mapping, not: {said}", said=str(asked)))
    if not deep:
        raise _wrong(T("The conditions are nested too deeply."))
    _require_sound(asked)
    parts = [part for make in (_source, _words, _hours) for part in make(asked, names)]
    parts += [_compiled(one, names, deep - 1) for one in _listed(asked, "all")]
    if asked.get("any"):
        parts.append(AnyOf(tuple(_compiled(one, names, deep - 1) for one in _listed(asked, "any"))))
    if asked.get("not"):
        parts.append(Negated(_compiled(asked["not"], names, deep - 1)))
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts)) if parts else Always()


def _require_sound(asked: Mapping[str, Any]) -> None:
    for name, value in asked.items():
        if name not in NAMES:
            raise _wrong(T("A condition has no {name}.", name=name), T("It may have: {known}", known=", ".join(NAMES)))
        if name in _FLAGS:
            fits = isinstance(value, bool)
        elif name in _TEXTS:
            fits = isinstance(value, str)
        else:
            fits = name == "not" or isinstance(value, list | tuple)
        if not fits:
            raise _wrong(T("{name} of a condition cannot be {said}.", name=name, said=str(value)), field=name)


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
    for name, said, known in (("lines", lines, names.lines), ("channels", channels, names.channels)):
        if gone := [one for one in said if one not in known]:
            raise _wrong(T("There is none with the number {n} any more.", n=gone[0]), _SOURCES, field=name)
    shown = [
        ", ".join(names.lines[one] for one in lines),
        ", ".join(kinds),
        ", ".join(names.channels[one] for one in channels),
    ]
    return (
        FromSource(
            lines=frozenset(map(LineId, lines)),
            kinds=frozenset(kinds),
            channels=frozenset(map(ChannelId, channels)),
            named=" · ".join(filter(None, shown)),
        ),
    )


_SOURCES: Final = T("See lines and channels: {how}", how=to_do(Next.LINES))


def _words(asked: Mapping[str, Any], names: SourceNames) -> Sequence[Condition]:
    forms, exact = names.forms, bool(asked.get("exact"))
    found: list[Condition] = []
    if words := _listed(asked, "words"):
        found.append(HasWords(_phrases("words", words, forms, exact=exact), every=bool(asked.get("every"))))
    if without := _listed(asked, "without"):
        found.append(Negated(HasWords(_phrases("without", without, forms, exact=exact))))
    return found


def _phrases(name: str, said: Sequence[str], forms: WordForms, *, exact: bool) -> tuple[Phrase, ...]:
    return tuple(_phrase(name, one, forms, exact=exact) for one in said)


def _phrase(name: str, said: str, forms: WordForms, *, exact: bool) -> Phrase:
    limits.SEARCH.require(said, field=name)
    made = phrase(said, forms, exact=exact)
    if made is None:
        raise _wrong(T("There is no word in «{said}».", said=said), T("Write words of letters and digits."), field=name)
    return made


def _hours(asked: Mapping[str, Any], names: SourceNames) -> Sequence[Condition]:
    hours, days, zone = _listed(asked, "hours"), _listed(asked, "days"), str(asked.get("zone") or "")
    if not (hours or days):
        if asked.get("outside"):
            raise _wrong(
                T("Without hours and days there is nothing outside."), T("Say hours or days."), field="outside"
            )
        return ()
    if not zone:
        raise _wrong(T("Hours need a time zone."), _ZONES, field="zone")
    kind, weekdays = _meant_days(days)
    made = WithinHours(
        zone=zone_of(zone),
        zone_name=zone,
        spans=tuple(_span(one) for one in hours) or (WHOLE_DAY,),
        weekdays=weekdays,
        day=kind,
        calendar=calendar(str(asked.get("calendar") or ""), names.folder),
    )
    return (Negated(made) if asked.get("outside") else made,)


_ZONES: Final = T("Name it as a place, such as: Europe/Moscow, Asia/Yekaterinburg")


def zone_of(name: str) -> ZoneInfo:
    """A time zone by name. Raises UsageError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise _wrong(T("There is no time zone {name}.", name=name), _ZONES, field="zone") from error


def _meant_days(said: Sequence[str]) -> tuple[DayKind, frozenset[int]]:
    kinds, weekdays = set(), set()
    for one in said:
        begin, _, end = one.lower().partition("-")
        if one.lower() in {DayKind.WORKING, DayKind.OFF}:
            kinds.add(DayKind(one.lower()))
        elif begin in _DAYS and (end or begin) in _DAYS:
            first, last = _DAYS.index(begin), _DAYS.index(end or begin)
            weekdays |= {day % len(_DAYS) for day in range(first, last + 1 if last >= first else last + 1 + len(_DAYS))}
        else:
            raise _wrong(T("{said} is no day.", said=one), T("Such as: mon-fri, sat, working, off"), field="days")
    if len(kinds) > 1:
        raise _wrong(T("Working days and days off together are all days."), T("Leave one of them out."), field="days")
    return next(iter(kinds), DayKind.ANY), frozenset(weekdays or range(len(WEEKDAYS)))


def _span(said: str) -> TimeSpan:
    found = _SPAN.fullmatch(said.strip())
    if found is None:
        raise _wrong(T("{said} is no span of hours.", said=said), _SPANS, field="hours")
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if max(int(found[2]), int(found[4])) >= 60 or start >= MINUTES_OF_DAY or end > MINUTES_OF_DAY:  # noqa: PLR2004 - minutes of an hour
        raise _wrong(T("{said} is no span of hours.", said=said), _SPANS, field="hours")
    if start == end:
        raise _wrong(T("{said} is empty: it ends when it begins.", said=said), _SPANS, field="hours")
    return TimeSpan(start, end)


_SPANS: Final = T("Such as: 09:00-18:00, 22:00-06:00; a whole day is 00:00-24:00")


def _wrong(what: Text, next_step: Text | None = None, *, field: str = "if") -> UsageError:
    return UsageError(what, next_step, field=field)
