"""When an event takes place, in words: in local time, and in the zone in which it was written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.understanding import readable

if TYPE_CHECKING:
    from icalendar import Component

Zones: TypeAlias = Mapping[str, tzinfo]
"""Zones that a calendar defines itself, by name."""

_BEGIN = re.compile(r"^BEGIN:VTIMEZONE[^\n]*\n?", re.MULTILINE | re.IGNORECASE)
_END = re.compile(r"^END:VTIMEZONE[^\n]*\n?", re.MULTILINE | re.IGNORECASE)
_NAME = re.compile(r"^TZID[^:\n]*:([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_OFFSET = re.compile(r"^TZOFFSETTO[^:\n]*:([+-])([01]\d|2[0-3])([0-5]\d)", re.MULTILINE | re.IGNORECASE)
_VENDOR = re.compile(r'(;TZID="?)/+', re.IGNORECASE)
_PLACE = re.compile(r"(?:^|/)([A-Z][A-Za-z]{1,20}/[A-Z][A-Za-z_+-]{1,30}(?:/[A-Z][A-Za-z_]{1,30})?)$")


def without_zones(calendar: str) -> tuple[str, Zones]:
    """The calendar without its definitions of zones, and those of them that never change their offset.

    The library keeps a definition for all later mails, and calculates whatever rule it has, however long that takes.
    """
    bare, *rest = _BEGIN.split(calendar)
    zones: dict[str, tzinfo] = {}
    for block in rest:
        definition, *behind = _END.split(block, maxsplit=1)
        bare += "".join(behind)
        name, offsets = _NAME.search(definition), _OFFSET.findall(definition)
        if name and len(offsets) == 1:
            sign, hours, minutes = offsets[0]
            zones[name[1]] = timezone(int(f"{sign}1") * timedelta(hours=int(hours), minutes=int(minutes)))
    return _VENDOR.sub(r"\1", bare), zones


def event_time(event: Component, zones: Zones) -> str:
    """The time of an event; empty if it is unreadable."""
    found, _ = readable((event,), lambda one: _event_time(one, zones))
    return next(iter(found), "")


def event_end(event: Component, zones: Zones) -> Millis:
    """When an event is over; 0 if its time is unreadable."""
    found, _ = readable((event,), lambda one: _event_end(one, zones))
    return next(iter(found), 0)


def _event_end(event: Component, zones: Zones) -> Millis:
    start: Any = event["DTSTART"]
    begins: Any = start.dt
    ends = _end(event, begins)
    if not isinstance(begins, datetime):
        behind = ends if ends is not None and ends > begins else begins + timedelta(days=1)
        return _millis(datetime.combine(behind, time()))
    zone = _zone(begins, str(start.params.get("TZID", "")), zones)
    return _millis((ends or begins).replace(tzinfo=zone))


def _millis(moment: datetime) -> Millis:
    return int(moment.timestamp() * 1000)


def _event_time(event: Component, zones: Zones) -> str:
    start: Any = event["DTSTART"]
    begins: Any = start.dt
    name, ends = str(start.params.get("TZID", "")), _end(event, begins)
    if not isinstance(begins, datetime):
        last = ends - timedelta(days=1) if ends is not None and ends > begins else begins
        return _span(begins, last, "%Y-%m-%d")
    zone = _zone(begins, name, zones)
    if zone is None:
        return f"{_clock(begins, ends)} {name}".rstrip()
    begins, ends = (one and one.replace(tzinfo=zone) for one in (begins, ends))
    here = begins.astimezone()
    local = f"{_clock(here, ends and ends.astimezone())} {timezone(here.utcoffset() or timedelta())}"
    if zone == UTC or str(zone) == "UTC" or here.utcoffset() == begins.utcoffset():
        return local
    return f"{local} ({_clock(begins, ends)} {zone})"


def _end(event: Component, begins: Any) -> Any:
    """The end, a date or a time like the beginning; ``None`` if it is not given or not like it."""
    said: Any = event.get("DTEND") or event.get("DURATION")
    if said is None:
        return None
    ends = begins + said.dt if isinstance(said.dt, timedelta) else said.dt
    alike = isinstance(ends, datetime) == isinstance(begins, datetime)
    if alike and isinstance(ends, datetime) and ends.tzinfo and begins.tzinfo:
        return ends.astimezone(begins.tzinfo)
    return ends if alike else None


def _zone(begins: datetime, name: str, zones: Zones) -> tzinfo | None:
    if begins.tzinfo is not None:
        return begins.tzinfo
    place = _PLACE.search(name)
    found, _ = readable((place[1],) if place else (), ZoneInfo)
    return next(iter(found), zones.get(name))


def _clock(begins: datetime, ends: datetime | None) -> str:
    if ends is not None and ends.date() == begins.date():
        return f"{begins:%Y-%m-%d %H:%M}–{ends:%H:%M}"
    return _span(begins, ends, "%Y-%m-%d %H:%M")


def _span(begins: date, ends: date | None, form: str) -> str:
    first, last = (one and one.strftime(form) for one in (begins, ends))
    return f"{first} – {last}" if last not in {None, first} else str(first)
