"""What servers say of our mails, and people who write from a server's name."""

from __future__ import annotations

import re

import pytest

from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import DeliveryChanged
from chatapp_cli.domain.message import State
from tests.connectors.email.corpus import mixed, part, plain
from tests.connectors.email.reading import KEY, OWN_ID, message, read
from tests.connectors.email.reported import OURS_BACK, REPORTED, Reported, bounce, group, report, said


def told(raw: bytes) -> list[DeliveryChanged]:
    """What a mail reports."""
    return [one for one in read(raw).events if isinstance(one, DeliveryChanged)]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (b"5.1.1", "no_such_mailbox"),
        (b"5.2.2", "mailbox_full"),
        (b"5.3.4", "too_big"),
        (b"5.7.1", "taken_for_spam"),
        (b"5.0.0", "refused"),
    ],
)
def test_a_bounce_is_news_of_our_message_and_no_dialog(status: bytes, code: str) -> None:
    (news,) = told(bounce(status=status))
    assert news == DeliveryChanged(
        ext_id=OWN_ID,
        key=KEY,
        state=State.FAILED,
        at=1_700_000_000_000,
        code=code,
        detail=f"{status.decode()} smtp; 550 no such user",
        about=("anna@example.org",),
    )


@pytest.mark.parametrize("one", REPORTED, ids=lambda one: one.name)
def test_a_report_of_every_usual_kind_says_what_became_of_our_mail(one: Reported) -> None:
    *others, news = told(one.raw)
    assert (news.ext_id, news.state, news.code, news.detail) == (OWN_ID, one.state, one.code, one.detail)
    assert all(other.state is State.SENT for other in others)
    assert (message(one.raw).reports_on, message(one.raw).silent) == (OWN_ID, False)


def test_a_report_about_several_says_of_each_what_became_of_the_mail() -> None:
    anna, boris, evil = "anna@client.test", "boris@client.test", "evil@else.test"
    groups = (
        group("failed", "5.1.1", to=evil), group("delivered", "2.0.0", to=anna), group("delayed", "4.4.1", to=boris),
    )  # fmt: skip
    returned = part("text/rfc822-headers", f"Message-ID: {OWN_ID}\r\n".encode())
    found = told(report(*said("Sorry", *groups), returned))
    assert [(one.state, one.code, one.about) for one in found] == [
        (State.SENT, "", (anna,)),
        (State.SENT, "delayed", (boris,)),
        (State.FAILED, "no_such_mailbox", (evil,)),
    ]


@pytest.mark.parametrize("action", [b"delivered", b"relayed", b"expanded"])
def test_a_report_of_success_ends_a_delay(action: bytes) -> None:
    (news,) = told(bounce(action, b"2.0.0"))
    assert message(bounce(action, b"2.0.0")).silent
    about = border.address("anna@example.org")
    assert news == DeliveryChanged(ext_id=OWN_ID, key=KEY, state=State.SENT, at=1_700_000_000_000, about=(about,))


@pytest.mark.parametrize("one", REPORTED, ids=lambda one: one.name)
def test_the_same_from_a_person_is_shown_and_changes_nothing(one: Reported) -> None:
    raw = re.sub(rb"^From: .*\r\n", b"From: anna@client.example.org\r\n", one.raw, count=1)
    raw = raw.replace(b"Return-Path: <>", b"Return-Path: <anna@client.example.org>").replace(b"Auto-Submitted", b"X-No")
    assert message(raw).sender.email == "anna@client.example.org"
    assert told(raw) == []


def test_a_report_about_another_mail_of_the_thread_is_about_that_one() -> None:
    foreign = f"Message-ID: <1@phone.example.org>\r\nReferences: {OWN_ID}\r\n".encode()
    raw = report(*said("Sorry"), part("text/rfc822-headers", foreign), extra=f"References: {OWN_ID}\r\n".encode())
    assert [one.ext_id for one in told(raw)] == ["<1@phone.example.org>"]
    after = report(*said("Sorry"), extra=f"References: {OWN_ID} <1@phone.example.org>\r\n".encode())
    assert [one.ext_id for one in told(after)] == ["<1@phone.example.org>"]


def test_an_automatic_reply_from_a_servers_name_that_answers_our_mail_fails_nothing() -> None:
    extra = f"Auto-Submitted: auto-replied\r\nIn-Reply-To: {OWN_ID}\r\n".encode()
    away = plain(b"I return on Monday.", sender=b"postmaster@client.test", subject=b"Away: delivery of 17", extra=extra)
    assert (message(away).text, told(away)) == ("I return on Monday.", [])
    extra += b"Return-Path: <>\r\n"
    times = b"Section 5.1.1 of our terms: nothing is delivered at Christmas."
    notice = plain(times, sender=b"postmaster@client.test", subject=b"Delivery times at Christmas", extra=extra)
    assert (message(notice).text, told(notice)) == (times.decode(), [])


def test_a_report_within_a_returned_mail_is_not_the_reports_own() -> None:
    inner = part("message/delivery-status", b"Reporting-MTA: dns; x\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n")
    returned = part("message/rfc822", mixed(inner, extra=f"Message-ID: {OWN_ID}\r\n".encode()).replace(b"edge", b"e"))
    (news,) = told(report(*said("Late", group("delayed", "4.4.1")), returned))
    assert (news.state, news.code, news.detail) == (State.SENT, "delayed", "4.4.1")


@pytest.mark.parametrize("original", ["<1@elsewhere.example.org>", ""])
def test_a_bounce_of_a_mail_that_the_desk_did_not_make_is_shown_unless_that_is_known(original: str) -> None:
    found = message(bounce(original=original))
    assert (found.automatic, found.silent, found.reports_on) == (True, False, original)
    assert [one.ext_id for one in told(bounce(original=original))] == [original] * bool(original)


OLD = (
    (b"MAILER-DAEMON@example.org", b"failure notice", b"Return-Path: <>\r\n"),
    (
        b"Mail Delivery System <Mailer-Daemon@mx.example.org>",
        b"Mail delivery failed",
        b"Auto-Submitted: auto-replied\r\n",
    ),
    (
        b"Mailer-Daemon@corp.example.org",
        b"\xd0\x9f\xd0\xb8\xd1\x81\xd1\x8c\xd0\xbc\xd0\xbe",
        b"X-Failed-Recipients: a@b.test\r\n",
    ),
    (b'"postmaster" <postmaster@mx.example.org>', b"Undeliverable mail", b"Return-Path: <>\r\n"),
    (b"mailer-daemon@example.org", "Недоставленное сообщение".encode(), b"Return-Path: <>\r\n"),
)
"""As qmail, Exim, Mail.ru and others write them, without a multipart/report."""


@pytest.mark.parametrize(("sender", "subject", "mark"), OLD)
def test_an_old_servers_bounce_is_recognised_by_how_it_was_sent_and_our_id_in_it(
    sender: bytes, subject: bytes, mark: bytes
) -> None:
    (news,) = told(plain(b"Sorry.\r\n\r\n" + OURS_BACK, sender=sender, subject=subject, extra=mark))
    assert (news.ext_id, news.state, news.code, news.detail) == (OWN_ID, State.FAILED, "refused", subject.decode())


@pytest.mark.parametrize(
    ("sender", "subject", "mark"),
    [
        (b"postmaster@client.test", b"Your price list", b""),
        (
            b"Ivan <postmaster@client.test>",
            b"Delivery of my order failed",
            b"Return-Path: <postmaster@client.test>\r\n",
        ),
        (b"mailer-daemon@client.test", b"Re: Order", b"Return-Path: <>\r\n"),
        (b"postmaster@client.test", b"Out of office", b"Auto-Submitted: auto-replied\r\n"),
        (b'"mailer-daemon@mx.test" <ivan@client.test>', b"failure notice", b"Return-Path: <>\r\n"),
        (b"<postmaster@mx.test> <ivan@client.test>", b"failure notice", b"Return-Path: <>\r\n"),
    ],
)
def test_a_person_who_writes_from_a_servers_name_and_attaches_our_mail_is_shown(
    sender: bytes, subject: bytes, mark: bytes
) -> None:
    attached = part("message/rfc822", OURS_BACK)
    found = message(
        mixed(part("text/plain", b"Is this from you?"), attached, sender=sender, subject=subject, extra=mark)
    )
    assert found.text == "Is this from you?"
    assert len(found.files) == 1
    assert told(plain(b"Yours?\r\n\r\n" + OURS_BACK, sender=sender, subject=subject, extra=mark)) == []


def test_a_persons_mail_from_a_servers_name_waits() -> None:
    found = message(plain(b"Hello", sender=b"postmaster@client.test"))
    assert (found.automatic, found.silent) == (True, False)


@pytest.mark.parametrize("original", [OWN_ID, "<1@elsewhere.example.org>"])
def test_a_report_in_form_alone_is_a_persons_mail_which_waits_and_fails_nothing(original: str) -> None:
    raw = bounce(original=original).replace(b"MAILER-DAEMON@mx.example.org", b"anna@client.test")
    found = message(raw)
    note = "[This mail has the form of a report of a mail server, but no server sent it]"
    assert (found.text, found.silent) == (f"I'm sorry to have to inform you.\n\n{note}", False)
    assert told(raw) == []


@pytest.mark.parametrize(
    ("sender", "head", "counts"),
    [
        (b"mallory@else.test", b"Auto-Submitted: auto-replied\r\n", False),
        (b"noreply@else.test", b"", False),
        (b"mallory@else.test", b"Return-Path: <mallory@else.test>\r\nReturn-Path: <>\r\n", False),
        (b"mallory@else.test", b"Return-Path: <>\r\n", True),
        (b"postmaster@else.test", b"", True),
        (b"robot@shop.example.org", b"", True),
    ],
)
def test_a_report_counts_only_from_a_server_by_name_return_path_or_our_own_domain(
    sender: bytes, head: bytes, counts: bool
) -> None:
    raw = head + bounce().replace(b"MAILER-DAEMON@mx.example.org", sender)
    assert bool(told(raw)) == counts
    assert ("no server sent it" in message(raw).text) == (not counts)


@pytest.mark.parametrize(
    "sender", [b"mailer-daemon@mx.test, anna@client.test", b"anna@client.test, postmaster@mx.test"]
)
def test_a_server_beside_a_person_is_no_server(sender: bytes) -> None:
    raw = plain(b"Sorry.\r\n\r\n" + OURS_BACK, sender=sender, extra=b"X-Failed-Recipients: a@b.test\r\n")
    assert message(raw).text
    assert told(raw) == []


def test_a_report_of_another_kind_fails_nothing() -> None:
    raw = bounce().replace(b"report-type=delivery-status", b"report-type=feedback-report")
    assert message(raw).text
    assert told(raw) == []


def test_a_customer_cannot_fail_our_message_by_quoting_its_id() -> None:
    assert told(plain(f"Message-ID: {OWN_ID}\r\n".encode())) == []
