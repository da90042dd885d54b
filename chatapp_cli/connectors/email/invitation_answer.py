"""The answer to an invitation: whether somebody comes (iTIP REPLY, RFC 5546 §3.2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from chatapp_cli.connectors.email.invitations import Invitation, read
from chatapp_cli.domain.address import mailbox_of
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.invitation import Decision
from chatapp_cli.domain.moment import utc

if TYPE_CHECKING:
    from icalendar import Event, vCalAddress

_PRODUCT = "-//chatapp//EN"
_TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID")
"""Times of the event; the answer has no zones, so it names them in UTC."""


def answer(calendar: str, decision: Decision, *, address: str, name: str = "", now: Millis) -> str:
    """Answer an invitation for an address, as ``text/calendar; method=REPLY``.

    Raises ValueError for a calendar that is not an invitation.
    """
    from icalendar import Calendar

    invitation = read(calendar)
    if invitation is None or not invitation.can_be_answered:
        raise ValueError("this invitation cannot be answered")
    reply = Calendar()
    for field, value in (("PRODID", _PRODUCT), ("VERSION", "2.0"), ("METHOD", "REPLY")):
        reply.add(field, value)
    reply.add_component(_event(invitation, _attendee(invitation, decision, address, name), now))
    return str(reply.to_ical(), "utf-8")


def invited(calendar: str) -> Sequence[str]:
    """The addresses that a calendar invites."""
    invitation = read(calendar)
    return [one.address for one in invitation.attendees if one.address] if invitation else ()


def _attendee(invitation: Invitation, decision: Decision, address: str, name: str) -> vCalAddress:
    """The invited person, under the address that was invited."""
    from icalendar import vCalAddress

    ours = mailbox_of(address)
    invited = (one.address for one in invitation.attendees if mailbox_of(one.address) == ours)
    found = vCalAddress(f"mailto:{next(invited, address)}")
    found.params["PARTSTAT"] = decision.upper()
    if name:
        found.params["CN"] = name
    return found


def _event(invitation: Invitation, attendee: vCalAddress, now: Millis) -> Event:
    from icalendar import Event, vCalAddress

    said = Event()
    for field in ("UID", "SEQUENCE", "SUMMARY"):
        if field in invitation.event:
            said[field] = invitation.event[field]
    for field in _TIMES:
        when = getattr(invitation.event.get(field), "dt", None)
        if isinstance(when, datetime) and when.tzinfo:
            said.add(field, when.astimezone(UTC))
        elif isinstance(when, date) and not isinstance(when, datetime):
            said.add(field, when)
    said.add("DTSTAMP", utc(now).replace(microsecond=0))
    said["ORGANIZER"] = vCalAddress(f"mailto:{invitation.organizer}")
    said["ATTENDEE"] = attendee
    return said
