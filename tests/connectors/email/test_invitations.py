"""An invitation says in words what, when and where; an answer to it is what programs understand."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from icalendar import Calendar

from chatapp_cli.connectors.email import invitations
from chatapp_cli.connectors.email.convert import arrival
from chatapp_cli.connectors.email.incoming import Mail
from chatapp_cli.connectors.email.invitation_answer import answer
from chatapp_cli.domain.arrival import MessageArrived
from chatapp_cli.domain.invitation import Decision
from chatapp_cli.domain.moment import utc
from tests.connectors.email.calendars import CUSTOM, MOSCOW, calendar, invitation
from tests.connectors.email.corpus import kind, mixed, part, plain
from tests.connectors.email.reading import AT, OURS, message


@pytest.fixture(autouse=True)
def _in_yekaterinburg(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as here:
        here.setenv("TZ", "Asia/Yekaterinburg")
        time.tzset()
        yield
    time.tzset()


def test_an_invitation_is_told_in_words_below_the_text_of_the_mail() -> None:
    more = "LOCATION:Склад 5\\; ворота 2\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\nDESCRIPTION:Возьмите накладную\r\n"
    found = message(invitation(calendar(more=more), part("text/plain; charset=utf-8", "Ждём вас".encode())))
    assert found.text == (
        "Ждём вас\n\n"
        "Invitation: Приёмка, склад\n"
        "When: 2026-12-01 17:00–18:30 UTC+05:00 (2026-12-01 15:00–16:30 Europe/Moscow)\n"
        "Repeats every week\n"
        "Where: Склад 5; ворота 2\n"
        "Organizer: Белова, Анна <anna@example.org>"
    )
    assert [file.mime for file in found.files] == ["text/calendar"]


def test_an_invitation_without_any_text_beside_it_brings_its_description() -> None:
    found = message(plain(calendar(more="DESCRIPTION:Возьмите\\nнакладную\r\n").encode(), extra=kind("text/calendar")))
    assert found.text.startswith("Invitation: Приёмка, склад\n")
    assert found.text.endswith("Organizer: Белова, Анна <anna@example.org>\n\nВозьмите\nнакладную")


def test_the_same_invitation_in_two_parts_is_told_once_and_is_one_file() -> None:
    unnamed, named = (
        part("text/calendar", calendar().encode()),
        part("application/ics; name=a.ics", calendar().encode()),
    )
    for parts in ((unnamed, named), (named, unnamed), (named, named), (unnamed, unnamed, named)):
        found = message(mixed(part("text/plain", b"ok"), *parts))
        assert found.text.count("Приёмка") == 1
        assert [file.name for file in found.files] == ["a.ics"]
    assert [file.name for file in message(mixed(unnamed)).files] == ["invitation.ics"]
    other = part("text/calendar", calendar("DTSTART:20261202T120000Z\r\n").encode())
    assert message(mixed(unnamed, other)).text.count("Приёмка") == len(message(mixed(unnamed, other)).files) == 2


@pytest.mark.parametrize(
    ("method", "more", "headline"),
    [
        ("CANCEL", "", "Cancelled: Приёмка, склад"),
        ("COUNTER", "", "Another time is proposed: Приёмка, склад"),
        ("PUBLISH", "", "Event: Приёмка, склад"),
        ("REPLY", "ACCEPTED", "Пётр accepted: Приёмка, склад"),
        ("REPLY", "TENTATIVE", "Пётр may come: Приёмка, склад"),
        ("REPLY", "DECLINED", "Пётр declined: Приёмка, склад"),
        ("REPLY", "DELEGATED", "Пётр answered: Приёмка, склад"),
    ],
)
def test_what_a_calendar_does_is_its_headline(method: str, more: str, headline: str) -> None:
    text = calendar(method=method).replace(
        "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE", f"ATTENDEE;CN=Пётр;PARTSTAT={more or 'NEEDS-ACTION'}"
    )
    lines = message(invitation(text, method=method)).text.splitlines()
    assert lines[0] == headline
    assert "It can be accepted or declined." not in lines


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("DTSTART:20261201T120000Z\r\nDTEND:20261201T130000Z", "2026-12-01 17:00–18:00 UTC+05:00"),
        ("DTSTART:20261201T120000Z\r\nDURATION:PT90M", "2026-12-01 17:00–18:30 UTC+05:00"),
        ("DTSTART:20261201T120000Z", "2026-12-01 17:00 UTC+05:00"),
        ("DTSTART;TZID=Asia/Yekaterinburg:20261201T120000", "2026-12-01 12:00 UTC+05:00"),
        (
            "DTSTART;TZID=Russian Standard Time:20261201T220000\r\nDTEND;TZID=Russian Standard Time:20261202T010000",
            "2026-12-02 00:00–03:00 UTC+05:00 (2026-12-01 22:00 – 2026-12-02 01:00 Europe/Moscow)",
        ),
        (
            "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Moscow:20261201T150000",
            "2026-12-01 17:00 UTC+05:00 (2026-12-01 15:00 Europe/Moscow)",
        ),
        ("DTSTART;TZID=Ours:20261201T150000", "2026-12-01 16:00 UTC+05:00 (2026-12-01 15:00 UTC+04:00)"),
        ('DTSTART;TZID="Unknown: 7":20261201T150000', "2026-12-01 15:00 Unknown: 7"),
        ("DTSTART:20261201T150000", "2026-12-01 15:00"),
        ("DTSTART;VALUE=DATE:20261201", "2026-12-01"),
        ("DTSTART;VALUE=DATE:20261201\r\nDTEND;VALUE=DATE:20261202", "2026-12-01"),
        ("DTSTART;VALUE=DATE:20261201\r\nDTEND;VALUE=DATE:20261203", "2026-12-01 – 2026-12-02"),
        ("DTSTART:tomorrow", ""),
        ("DTSTART:99991231T235900Z", ""),
        ("DTSTART:20261201T120000Z\r\nDTSTART:20261201T120000Z", ""),
        ("DTSTART:20261201T120000Z\r\nDTEND;VALUE=DATE:20261203", "2026-12-01 17:00 UTC+05:00"),
        ("", ""),
    ],
)
def test_a_time_is_told_in_local_time_and_in_the_zone_it_was_written_in(when: str, told: str) -> None:
    zones = CUSTOM.format(name="Ours", offset="+0400")
    found = invitations.read(calendar(f"{when}\r\n" if when else "", zones=zones))
    assert found is not None
    assert found.time == told


def test_a_zone_that_one_mail_defines_means_nothing_in_the_next() -> None:
    when = "DTSTART;TZID=Customized Time Zone:20261201T150000\r\n"
    told = []
    for offset in ("+0400", "+0900", "-0500"):
        found = invitations.read(calendar(when, zones=CUSTOM.format(name="Customized Time Zone", offset=offset)))
        told.append(found.time if found else "")
    assert told == [
        "2026-12-01 16:00 UTC+05:00 (2026-12-01 15:00 UTC+04:00)",
        "2026-12-01 11:00 UTC+05:00 (2026-12-01 15:00 UTC+09:00)",
        "2026-12-02 01:00 UTC+05:00 (2026-12-01 15:00 UTC-05:00)",
    ]


@pytest.mark.parametrize("decision", Decision)
def test_an_answer_names_the_event_and_the_address_that_was_invited(decision: Decision) -> None:
    raw = calendar(more="SEQUENCE:2\r\n")
    found = answer(raw, decision, address="DESK@shop.example.org", name='Ёлочный "базар"', now=AT)
    said = Calendar.from_ical(found)
    (event,) = said.walk("VEVENT")
    assert (said["METHOD"], event["UID"], event["SEQUENCE"]) == ("REPLY", "order-15@example.org", 2)
    assert (str(event["ATTENDEE"]), event["ATTENDEE"].params["PARTSTAT"]) == (
        "mailto:desk@shop.example.org",
        decision.upper(),
    )
    assert str(event["ORGANIZER"]) == "mailto:anna@example.org"
    assert f"{event['DTSTART'].dt:%d %H:%M %Z}" == "01 12:00 UTC"
    assert f"{event['DTSTAMP'].dt:%Y-%m-%d %H:%M:%S}" == "2023-11-14 22:13:20"
    told = invitations.read(found)
    assert told is not None
    assert told.attendees[0].decision == decision.upper()


def test_an_answer_to_one_day_of_a_series_names_that_day() -> None:
    found = answer(
        calendar(f"{MOSCOW}RECURRENCE-ID;TZID=Europe/Moscow:20261201T150000\r\n"),
        Decision.DECLINED,
        address="a@b.org",
        now=AT,
    )
    (event,) = Calendar.from_ical(found).walk("VEVENT")
    assert f"{event['RECURRENCE-ID'].dt:%d %H:%M %Z}" == "01 12:00 UTC"
    assert str(event["ATTENDEE"]) == "mailto:a@b.org"


@pytest.mark.parametrize(
    "text",
    [
        calendar(method="CANCEL"),
        calendar().replace("ORGANIZER", "X-NOBODY"),
        calendar().replace("MAILTO:Anna@example.org", "https://example.org/anna"),
        calendar().replace("UID:", "X-UID:"),
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n",
        "no calendar",
        "",
    ],
)
def test_what_is_no_invitation_cannot_be_answered(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        answer(text, Decision.ACCEPTED, address="desk@shop.example.org", now=AT)
    mail = mixed(part("text/calendar", text.encode()), part("text/calendar", calendar("").encode()))
    details = message(mail).mail
    assert details is not None
    assert details.invitation is not None
    assert "DTSTART" not in details.invitation.calendar


@pytest.mark.parametrize(
    "text", ["", "no calendar", "BEGIN:VCALENDAR", "BEGIN:VEVENT\r\n" * 5000, "END:VEVENT", "\0" * 99]
)
def test_a_damaged_calendar_is_a_file_and_takes_no_words_away(text: str) -> None:
    found = message(mixed(part("text/plain", b"ok"), part("text/calendar; method=REQUEST", text.encode())))
    assert (found.text, len(found.files)) == ("ok", 1)


@pytest.mark.parametrize(
    "unit",
    ["BEGIN:VEVENT\r\n", "BEGIN:VTIMEZONE\r\n", 'A;B="', "DTSTART:20261201T120000Z\r\n", "RRULE:FREQ=SECONDLY\r\n",
     "ATTENDEE;CN=a:mailto:a@b.c\r\n", "A;B=C", "x\r\n ", "DESCRIPTION:\\n\\,", "RDATE:20261201T120000Z\r\n", "\r\n"],
)  # fmt: skip
def test_hostile_calendars_take_linear_time(unit: str) -> None:
    zone = CUSTOM.format(name="Ours", offset="+0400").replace("END:STANDARD", "RRULE:FREQ=SECONDLY\r\nEND:STANDARD")
    text = calendar("DTSTART;TZID=Ours:20261201T150000\r\n", zones=zone, more=unit * (250_000 // len(unit)) + "\r\n")
    began = time.monotonic()
    assert message(invitation(text, part("text/plain", b"ok"))).text.startswith("ok")
    assert time.monotonic() - began < 5


def test_an_invitation_is_kept_with_its_mail_so_that_it_can_be_answered() -> None:
    details = message(invitation(calendar())).mail
    assert details is not None
    assert details.invitation is not None
    kept = details.invitation
    assert (kept.organizer, kept.summary, kept.cancels) == ("anna@example.org", "Приёмка, склад", False)
    assert utc(kept.ends).isoformat() == "2026-12-01T13:30:00+00:00"
    assert answer(kept.calendar, Decision.ACCEPTED, address="desk@shop.example.org", now=AT)


@pytest.mark.parametrize(
    ("when", "ends"),
    [
        ("DTSTART;VALUE=DATE:20261201\r\n", "2026-12-01T19:00:00+00:00"),
        ("DTSTART;VALUE=DATE:20261201\r\nDTEND;VALUE=DATE:20261203\r\n", "2026-12-02T19:00:00+00:00"),
        ("DTSTART:20261201T100000\r\nDURATION:PT1H\r\n", "2026-12-01T06:00:00+00:00"),
        ("DTSTART:20261201T100000Z\r\n", "2026-12-01T10:00:00+00:00"),
        (f"{MOSCOW}RRULE:FREQ=WEEKLY\r\n", "1970-01-01T00:00:00+00:00"),
        ("DTSTART:soon\r\n", "1970-01-01T00:00:00+00:00"),
        ("", "1970-01-01T00:00:00+00:00"),
    ],
)
def test_it_is_known_when_an_event_is_over_unless_it_repeats(when: str, ends: str) -> None:
    found = invitations.read(calendar(when))
    assert found is not None
    assert utc(found.ends).isoformat() == ends


def events(*mails: bytes) -> list[str]:
    found = [message(one).mail for one in mails]
    return [one.invitation.event if one and one.invitation else "" for one in found]


def test_mails_about_one_event_are_known_by_it_and_by_its_organizer() -> None:
    first, cancelled, stranger, day = events(
        invitation(calendar()),
        invitation(calendar(method="CANCEL"), method="CANCEL"),
        invitation(calendar().replace("Anna@", "mallory@")),
        invitation(calendar(more="RECURRENCE-ID:20261201T120000Z\r\n")),
    )
    assert first == cancelled != ""
    assert len({first, stranger, day}) == 3


LONG = "u" * 200_000


@pytest.mark.parametrize(
    "text",
    [
        calendar(more=f"DESCRIPTION:{'x' * 300_000}\r\n"),
        calendar().replace("UID:", "X-UID:"),
        calendar().replace("MAILTO:Anna@example.org", "anna"),
        calendar(method="PUBLISH"),
    ],
)
def test_an_invitation_that_cannot_be_answered_is_not_kept_as_one(text: str) -> None:
    assert events(invitation(text)) == [""]


def test_a_hostile_invitation_is_kept_within_bounds_and_answered_as_what_it_is() -> None:
    two = calendar().replace(
        "BEGIN:VEVENT", "BEGIN:VEVENT\r\nUID:other\r\nRECURRENCE-ID:20261201T1\r\nEND:VEVENT\r\nBEGIN:VEVENT", 1
    )
    long = calendar().replace("order-15@example.org", LONG)
    for text, uid in ((two, "order-15@example.org"), (long, LONG)):
        details = message(invitation(text)).mail
        assert details is not None
        assert details.invitation is not None
        assert len(details.invitation.event) == 32
        (event,) = Calendar.from_ical(
            answer(details.invitation.calendar, Decision.ACCEPTED, address="a@b.org", now=AT)
        ).walk("VEVENT")
        assert event["UID"] == uid


def test_an_invitation_of_ours_in_the_folder_of_sent_mail_is_nothing_to_answer() -> None:
    raw = invitation(calendar())
    found = arrival(Mail(uid=1, at=AT, size=len(raw), raw=raw, sent=True), OURS, AT)
    assert all(one.mail.invitation is None for one in found.events if isinstance(one, MessageArrived) and one.mail)


@pytest.mark.parametrize(
    "more", ["RECURRENCE-ID:garbage\r\n", "RRULE:FREQ=GARBAGE\r\n", "DTEND:garbage\r\n", "SEQUENCE:x\r\n", "GEO:x\r\n"]
)
def test_no_property_of_an_event_hides_the_mail(more: str) -> None:
    raw = invitation(calendar(more=more), part("text/plain; charset=utf-8", "Ждём вас".encode()))
    found = message(raw)
    assert found.text.startswith("Ждём вас")
    assert [file.mime for file in found.files] == ["text/calendar"]
