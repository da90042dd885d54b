"""Invitations in mails, and the answers to them: what they say, in words (RFC 5545, RFC 5546)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from chatapp_cli.connectors.email.addresses import complete
from chatapp_cli.connectors.email.event_time import Zones, event_end, event_time, without_zones
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.recipients import NamedAddress
from chatapp_cli.i18n import N_, _
from chatapp_cli.kit.understanding import readable

if TYPE_CHECKING:
    from icalendar import Component

_LONGEST = 256 * 1024
"""The most characters of a calendar that is read."""
_FOLD = re.compile(r"\r?\n[ \t]")
_HEADLINES: Mapping[str, str] = {
    "REQUEST": N_("Invitation: {what}"),
    "CANCEL": N_("Cancelled: {what}"),
    "COUNTER": N_("Another time is proposed: {what}"),
    "": N_("Event: {what}"),
}
_ANSWERS: Mapping[str, str] = {
    "ACCEPTED": N_("{who} accepted: {what}"),
    "TENTATIVE": N_("{who} may come: {what}"),
    "DECLINED": N_("{who} declined: {what}"),
    "": N_("{who} answered: {what}"),
}
_REPETITIONS: Mapping[str, str] = {
    "DAILY": N_("Repeats every day"),
    "WEEKLY": N_("Repeats every week"),
    "MONTHLY": N_("Repeats every month"),
    "YEARLY": N_("Repeats every year"),
    "": N_("Repeats"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """Somebody who is invited."""

    address: str
    name: str
    decision: str
    """``ACCEPTED``, ``DECLINED`` and others (RFC 5545 §3.2.12); empty without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An event to which a mail invites, or about which it says something else."""

    event: Component
    method: str
    """What the mail does, such as ``REQUEST``, ``CANCEL`` or ``REPLY`` (RFC 5546 §1.4); empty if it does not say."""
    summary: str
    time: str
    """In local time, and in the zone in which it was written if that is another one; empty if unreadable."""
    ends: Millis
    """When it is over; 0 if that is unreadable or it repeats."""
    place: str
    description: str
    repeats: str
    """How often, such as ``WEEKLY``; empty for once, ``OTHER`` for anything less usual."""
    organizer: str
    """The address; empty if there is none."""
    organizer_name: str
    attendees: Sequence[Attendee]

    @property
    def can_be_answered(self) -> bool:
        """Whether it can be accepted or declined."""
        return self.method == "REQUEST" and self._is_of_somebody

    @property
    def cancels(self) -> bool:
        """Whether it calls off an event that somebody was invited to."""
        return self.method == "CANCEL" and self._is_of_somebody

    @property
    def decision(self) -> str:
        """What an answer to an invitation says; empty for anything else."""
        return self.attendees[0].decision if self.method == "REPLY" and self.attendees else ""

    @property
    def _is_of_somebody(self) -> bool:
        return self.organizer != "" and "UID" in self.event


def read(calendar: str) -> Invitation | None:
    """The event of a calendar; ``None`` without one. Raises ValueError for what is no calendar."""
    from icalendar import Calendar

    if len(calendar) > _LONGEST:
        return None
    bare, zones = without_zones(_FOLD.sub("", calendar))
    found = next(iter(Calendar.from_ical(bare, multiple=True)), None)
    events = found.walk("VEVENT") if found else []
    event = next((one for one in events if "RECURRENCE-ID" not in one), next(iter(events), None))
    return None if found is None or event is None else _invitation(event, _words(found, "METHOD").upper(), zones)


def _invitation(event: Component, method: str, zones: Zones) -> Invitation:
    organizer, name = _person(_first(event, "ORGANIZER"))
    repeats = _repeats(event)
    return Invitation(
        event=event,
        method=method,
        summary=_words(event, "SUMMARY"),
        time=event_time(event, zones),
        ends=0 if repeats else event_end(event, zones),
        place=_words(event, "LOCATION"),
        description=str(_first(event, "DESCRIPTION")).strip(),
        repeats=repeats,
        organizer=organizer,
        organizer_name=name,
        attendees=[_attendee(one) for one in _all(event, "ATTENDEE")],
    )


def words(invitation: Invitation, *, described: bool) -> str:
    """What a person should know of it, a line each, and its description if ``described``."""
    lines = (
        _headline(invitation),
        _("When: {time}", time=invitation.time) if invitation.time else "",
        _(_REPETITIONS.get(invitation.repeats, _REPETITIONS[""])) if invitation.repeats else "",
        _("Where: {place}", place=invitation.place) if invitation.place else "",
        _("Organizer: {who}", who=_named(invitation)) if invitation.organizer or invitation.organizer_name else "",
    )
    said = "\n".join(filter(None, lines))
    return f"{said}\n\n{invitation.description}".strip() if described else said


def _headline(invitation: Invitation) -> str:
    what = invitation.summary or _("(no title)")
    if invitation.method != "REPLY" or not invitation.attendees:
        return _(_HEADLINES.get(invitation.method, _HEADLINES[""]), what=what)
    who = invitation.attendees[0]
    return _(_ANSWERS.get(who.decision, _ANSWERS[""]), who=who.name or who.address, what=what)


def _named(invitation: Invitation) -> str:
    name, address = invitation.organizer_name, invitation.organizer
    return str(NamedAddress(name, address)) if address else name


def _repeats(event: Component) -> str:
    rule = _first(event, "RRULE")
    if not isinstance(rule, Mapping):
        return ""
    often, interval = (next(iter(rule.get(name, ())), None) for name in ("FREQ", "INTERVAL"))
    return str(often) if interval in {None, 1} else "OTHER"


def _attendee(said: Any) -> Attendee:
    address, name = _person(said)
    return Attendee(address=address, name=name, decision=_parameter(said, "PARTSTAT").upper())


def _person(said: Any) -> tuple[str, str]:
    """The address and the name of an organizer or attendee."""
    scheme, _colon, rest = str(said).partition(":")
    address = complete(unquote(rest)) if scheme.lower() == "mailto" else ""
    return address.lower(), " ".join(_parameter(said, "CN").split())


def _parameter(said: Any, name: str) -> str:
    return str(getattr(said, "params", {}).get(name, ""))


def _words(component: Component, name: str) -> str:
    return " ".join(str(_first(component, name)).split())


def _first(component: Component, name: str) -> Any:
    return next(iter(_all(component, name)), "")


def _all(component: Component, name: str) -> Sequence[Any]:
    """The values of a property, which may be given several times against the rules; none if unreadable."""
    found, _unread = readable((component,), lambda one: one.get(name, []))
    return [value for values in found for value in (values if isinstance(values, list) else [values])]
