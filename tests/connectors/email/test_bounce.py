"""What servers say of our mails, and people who write from a server's name."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.arrival import DeliveryChanged
from chatapp_cli.domain.message import State
from tests.connectors.email.corpus import mixed, part, plain
from tests.connectors.email.reading import OWN_ID, message, read

OURS_BACK = f"Message-ID: {OWN_ID}\r\nSubject: Order\r\n\r\nPrice list\r\n".encode()


def bounce(action: bytes = b"failed", status: bytes = b"5.1.1", original: str = OWN_ID) -> bytes:
    return mixed(
        part("text/plain", b"I'm sorry to have to inform you."),
        part(
            "message/delivery-status",
            b"Reporting-MTA: dns; mx.example.org\r\n\r\nFinal-Recipient: rfc822; anna@example.org\r\n"
            b"Action: %s\r\nStatus: %s\r\nDiagnostic-Code: smtp; 550 no such user\r\n" % (action, status),
        ),
        part("text/rfc822-headers", f"Subject: x\r\nReferences: <1@x>\r\nMessage-ID: {original}\r\n".encode()),
        subtype="report; report-type=delivery-status",
        sender=b"MAILER-DAEMON@mx.example.org",
    )


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
    (news,) = read(bounce(status=status)).events
    assert news == DeliveryChanged(
        ext_id=OWN_ID,
        state=State.FAILED,
        at=1_700_000_000_000,
        code=code,
        detail=f"{status.decode()} smtp; 550 no such user",
    )


def test_a_delay_is_no_failure() -> None:
    found = read(bounce(b"delayed", b"4.4.1"))
    assert (found.events, found.problem) == ((), "")


def test_a_bounce_of_a_mail_that_the_desk_did_not_send_is_shown_and_nobody_need_look() -> None:
    found = message(bounce(original="<1@elsewhere.example.org>"))
    assert (found.automatic, found.silent) == (True, True)


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
    (news,) = read(plain(b"Sorry.\r\n\r\n" + OURS_BACK, sender=sender, subject=subject, extra=mark)).events
    assert isinstance(news, DeliveryChanged)
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
    assert message(plain(b"Yours?\r\n\r\n" + OURS_BACK, sender=sender, subject=subject, extra=mark)).text


def test_a_persons_mail_from_a_servers_name_waits() -> None:
    found = message(plain(b"Hello", sender=b"postmaster@client.test"))
    assert (found.automatic, found.silent) == (True, False)


@pytest.mark.parametrize("original", [OWN_ID, "<1@elsewhere.example.org>"])
def test_a_report_in_form_alone_is_a_persons_mail_which_waits_and_fails_nothing(original: str) -> None:
    raw = bounce(original=original).replace(b"MAILER-DAEMON@mx.example.org", b"anna@client.test")
    found = message(raw)
    assert (found.text, found.silent) == ("I'm sorry to have to inform you.", False)


@pytest.mark.parametrize(
    "sender", [b"mailer-daemon@mx.test, anna@client.test", b"anna@client.test, postmaster@mx.test"]
)
def test_a_server_beside_a_person_is_no_server(sender: bytes) -> None:
    raw = plain(b"Sorry.\r\n\r\n" + OURS_BACK, sender=sender, extra=b"X-Failed-Recipients: a@b.test\r\n")
    assert message(raw).text


def test_a_report_of_another_kind_fails_nothing() -> None:
    raw = bounce().replace(b"report-type=delivery-status", b"report-type=feedback-report")
    assert message(raw).text


def test_a_customer_cannot_fail_our_message_by_quoting_its_id() -> None:
    assert message(plain(f"Message-ID: {OWN_ID}\r\n".encode())).text
