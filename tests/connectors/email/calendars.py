"""Invitations as calendars send them."""

from __future__ import annotations

from tests.connectors.email.corpus import mixed, part

MOSCOW = "DTSTART;TZID=Europe/Moscow:20261201T150000\r\nDTEND;TZID=Europe/Moscow:20261201T163000\r\n"


CUSTOM = (
    "BEGIN:VTIMEZONE\r\nTZID:{name}\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0300\r\n"
    "TZOFFSETTO:{offset}\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


def calendar(when: str = MOSCOW, *, method: str = "REQUEST", more: str = "", zones: str = "") -> str:
    return (
        f"BEGIN:VCALENDAR\r\nPRODID:-//Office//EN\r\nVERSION:2.0\r\nMETHOD:{method}\r\n{zones}BEGIN:VEVENT\r\n"
        f"UID:order-15@example.org\r\nDTSTAMP:20261101T000000Z\r\n{when}SUMMARY:Приёмка\\, склад\r\n"
        'ORGANIZER;CN="Белова, Анна":MAILTO:Anna@example.org\r\n'
        f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:desk@shop.example.org\r\n{more}"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def invitation(text: str, *beside: bytes, method: str = "REQUEST") -> bytes:
    return mixed(*beside, part(f"text/calendar; method={method}; charset=utf-8", text.encode()), subtype="alternative")
