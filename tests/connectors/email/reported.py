"""Reports of mail servers about a mail of ours, as servers of each kind word them. All names are invented."""

from __future__ import annotations

import base64
import quopri
from dataclasses import dataclass

from chatapp_cli.domain.message import State
from tests.connectors.email.corpus import kind, mixed, part, plain, word
from tests.connectors.email.reading import OWN_ID

TO = "anna@client.example.org"
OURS = (
    f"From: desk@shop.example.org\r\nTo: {TO}\r\nSubject: Order 17\r\nMessage-ID: {OWN_ID}\r\n"
    "References: <1@client.example.org>\r\n\r\nThe price list: 550 boxes, 5.1.1 metres each.\r\n"
)
HEADERS = OURS.partition("\r\n\r\n")[0] + "\r\n"
FAILED, LATE = State.FAILED, State.SENT


@dataclass(frozen=True, kw_only=True)
class Reported:
    """A report, and what it says of our mail."""

    name: str
    raw: bytes
    state: State = FAILED
    code: str = "no_such_mailbox"
    detail: str


def b64(data: str) -> bytes:
    return base64.encodebytes(data.encode())


def qp(data: str) -> bytes:
    return quopri.encodestring(data.encode())


BASE64 = b"Content-Transfer-Encoding: base64"
QUOTED = b"Content-Transfer-Encoding: quoted-printable"
NO_PATH = b"Return-Path: <>\r\n"
BY_ITSELF = b"Auto-Submitted: auto-replied\r\n"
DAEMON = b"Mail Delivery System <MAILER-DAEMON@mx.example.org>"


def status(*groups: str) -> str:
    return "\r\n\r\n".join(("Reporting-MTA: dns; mx.example.org", *groups)) + "\r\n"


def group(action: str, code: str, diagnosis: str = "", to: str = TO, more: str = "") -> str:
    lines = [f"Final-Recipient: rfc822; {to}", f"Action: {action}", f"Status: {code}"]
    return "\r\n".join([*lines, *([f"Diagnostic-Code: {diagnosis}"] if diagnosis else []), *([more] if more else [])])


UNKNOWN = group("failed", "5.1.1", "smtp; 550 5.1.1 User unknown")
UNKNOWN_SAID = "5.1.1 smtp; 550 5.1.1 User unknown"


def report(*parts: bytes, sender: bytes = DAEMON, subject: bytes | None = None, extra: bytes = NO_PATH) -> bytes:
    return mixed(
        *parts,
        subtype="report; report-type=delivery-status",
        sender=sender,
        subject=subject or b"Undelivered",
        extra=extra,
    )


def said(text: str, *groups: str) -> tuple[bytes, bytes]:
    return part("text/plain; charset=utf-8", text.encode()), part(
        "message/delivery-status", status(*(groups or (UNKNOWN,))).encode()
    )


SORRY = "Your mail was not delivered to a recipient.\r\n"
ENCODED = (
    Reported(
        name="returned mail in base64",
        raw=report(*said(SORRY), part("message/rfc822", b64(OURS), BASE64)),
        detail=UNKNOWN_SAID,
    ),
    Reported(
        name="returned mail in quoted-printable",
        raw=report(*said(SORRY), part("message/rfc822", qp(OURS), QUOTED)),
        detail=UNKNOWN_SAID,
    ),
    Reported(
        name="everything in base64",
        raw=report(
            part("text/plain; charset=utf-8", b64(SORRY), BASE64),
            part("message/delivery-status", b64(status(UNKNOWN)), BASE64),
            part("text/rfc822-headers", b64(HEADERS), BASE64),
        ),
        detail=UNKNOWN_SAID,
    ),
    Reported(
        name="status in quoted-printable, headers without line breaks at the end",
        raw=report(
            part("message/delivery-status", qp(status(UNKNOWN)), QUOTED),
            part("message/rfc822-headers", b64(HEADERS.strip()), BASE64),
        ),
        detail=UNKNOWN_SAID,
    ),
    Reported(
        name="internationalised",
        raw=report(
            part("message/global-delivery-status", status(UNKNOWN).encode()),
            part("message/global", OURS.encode()),
        ),
        detail=UNKNOWN_SAID,
    ),
)
HEADERS_ONLY = tuple(
    Reported(name=name, raw=report(*said(SORRY), part(content_type, data, *head)), detail=UNKNOWN_SAID)
    for name, content_type, data, head in (
        ("header only", "text/rfc822-headers", HEADERS.encode(), ()),
        ("header only, as a message", "message/rfc822-headers", HEADERS.encode(), ()),
        ("header only, encoded", "text/rfc822-headers", qp(HEADERS), (QUOTED,)),
    )
)
NO_COPY = (
    Reported(
        name="answers our mail",
        raw=report(*said(SORRY), extra=NO_PATH + f"In-Reply-To: {OWN_ID}\r\n".encode()),
        detail=UNKNOWN_SAID,
    ),
    Reported(
        name="refers to our mail",
        raw=report(*said(SORRY), extra=BY_ITSELF + f"References: <1@client.example.org>\r\n {OWN_ID}\r\n".encode()),
        detail=UNKNOWN_SAID,
    ),
    Reported(
        name="answers our mail without a form",
        raw=plain(
            b"The message could not be delivered.\r\n552 5.2.2 The mailbox is full\r\n",
            sender=b"postmaster@client.example.org",
            subject=b"Delivery failure",
            extra=BY_ITSELF + f"In-Reply-To: {OWN_ID}\r\n".encode(),
        ),
        code="mailbox_full",
        detail="552 5.2.2 The mailbox is full",
    ),
)


def in_russian(text: str, subject: str, sender: bytes, extra: bytes = NO_PATH) -> bytes:
    return plain(
        text.encode("koi8-r"), subject=word(subject), sender=sender, extra=extra + kind("text/plain; charset=koi8-r")
    )


MAILRU = (
    Reported(
        name="Mail.ru: no such mailbox",
        raw=in_russian(
            "Письмо создано сервером Mail.Ru, отвечать на него не надо.\r\n\r\n"
            f"Ваше письмо не может быть доставлено получателю:\r\n\r\n{TO}\r\n"
            "SMTP error from remote mail server after RCPT TO:\r\n"
            "550 Message was not accepted -- invalid mailbox.  Local mailbox is unavailable: user not found\r\n\r\n"
            f"**********************\r\n{HEADERS}",
            "Mail failure.",
            b"MAILER-DAEMON@corp.mailserver.example.org",
        ),
        detail="550 Message was not accepted -- invalid mailbox.  Local mailbox is unavailable: user not found",
    ),
    Reported(
        name="Mail.ru: mailbox full",
        raw=in_russian(
            f"Ваше письмо не доставлено адресату {TO}.\r\nПочтовый ящик получателя переполнен (422)\r\n\r\n{HEADERS}",
            "Недоставленное сообщение",
            b"mailer-daemon@mailserver.example.org",
            BY_ITSELF,
        ),
        code="mailbox_full",
        detail="Почтовый ящик получателя переполнен (422)",
    ),
    Reported(
        name="Mail.ru: taken for spam",
        raw=in_russian(
            f"Письмо не доставлено:\r\n  {TO}\r\nОтвет сервера: \r\n"
            f"550 spam message rejected. Сообщение похоже на спам\r\n\r\n{HEADERS}",
            "Ошибка доставки",
            b"Mailer-Daemon@mailserver.example.org",
            f"X-Failed-Recipients: {TO}\r\n".encode(),
        ),
        code="taken_for_spam",
        detail="550 spam message rejected. Сообщение похоже на спам",
    ),
)
YANDEX = (
    Reported(
        name="Yandex: no such user, without a form",
        raw=plain(
            (
                "Это письмо отправлено почтовым сервером.\r\nСожалеем, но ваше письмо не может быть отправлено "
                f"одному из адресатов.\r\n\r\n<{TO}>: host mx.client.example.org[192.0.2.7] said:\r\n"
                f"    550 5.7.1 No such user!\r\n\r\n{HEADERS}"
            ).encode(),
            sender=b"mailer-daemon@mailserver.example.org",
            subject=word("Недоставленное сообщение"),
            extra=NO_PATH,
        ),
        code="taken_for_spam",
        detail="550 5.7.1 No such user!",
    ),
    Reported(
        name="Yandex: with a form and base64",
        raw=report(
            part("text/plain; charset=utf-8", b64("Письмо не может быть отправлено.\r\n"), BASE64),
            part("message/delivery-status", status(UNKNOWN).encode()),
            part("text/rfc822-headers", b64(HEADERS), BASE64),
            subject=word("Недоставленное сообщение"),
        ),
        detail=UNKNOWN_SAID,
    ),
    Reported(
        name="Yandex: late",
        raw=plain(
            (
                "Письмо пока не доставлено.\r\n\r\n"
                f"<{TO}>: connect to mx.client.example.org[192.0.2.7]:25: timed out\r\n\r\n"
                "Попытки доставить его будут продолжены ещё трое суток.\r\n\r\n" + HEADERS
            ).encode(),
            sender=b"mailer-daemon@mailserver.example.org",
            subject=word("Доставка вашего письма задержана"),
            extra=NO_PATH,
        ),
        state=LATE,
        code="delayed",
        detail="Доставка вашего письма задержана",
    ),
)
OUTLOOK = b"Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@corp.example.org>"


def outlook(what: str, diagnosis: str) -> str:
    copy = HEADERS.replace("<", "&lt;").replace(">", "&gt;")
    return (
        f"<html><body><p><b>{what}</b></p><p>{TO}</p>"
        f"<div>Diagnostic information for administrators:<br>Generating server: EX1.corp.example.org<br><br>{TO}<br>"
        f"{diagnosis}<br><br>Original message headers:<br><pre>{copy}</pre></div></body></html>"
    )


NOT_FOUND = "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"
EXCHANGE = (
    Reported(
        name="Exchange: a page of HTML alone",
        raw=plain(
            outlook("Delivery has failed to these recipients", f"Remote Server returned '{NOT_FOUND}'").encode(),
            sender=OUTLOOK,
            subject=b"Undeliverable: delay of order 17",
            extra=BY_ITSELF + kind("text/html; charset=utf-8"),
        ),
        detail=f"{NOT_FOUND}'",
    ),
    Reported(
        name="Exchange: a form without a diagnosis, and a page in base64",
        raw=report(
            part("text/html; charset=utf-8", b64(outlook("Сбой доставки", f"#{NOT_FOUND} ##rfc822")), BASE64),
            part("message/delivery-status", status(group("failed", "5.1.10")).encode()),
            sender=b"postmaster@corp.example.org",
            subject=word("Не удалось доставить: Заказ 17"),
            extra=BY_ITSELF + f"In-Reply-To: {OWN_ID}\r\n".encode(),
        ),
        detail=f"5.1.10 {NOT_FOUND} ##rfc822",
    ),
    Reported(
        name="Exchange: late",
        raw=report(
            part("text/html; charset=utf-8", outlook("Delivery is delayed", "400 4.4.7 Message delayed").encode()),
            part(
                "message/delivery-status",
                status(group("delayed", "4.4.7", more="Will-Retry-Until: Tue, 1 Dec 2026 10:00:00 +0000")).encode(),
            ),
            part("text/rfc822-headers", HEADERS.encode()),
            sender=b"postmaster@corp.example.org",
            subject=b"Delivery delayed:Order 17",
        ),
        state=LATE,
        code="delayed",
        detail="4.4.7 400 4.4.7 Message delayed",
    ),
)
EXIM_COPY = f"------ This is a copy of the message, including all the headers. ------\r\n\r\n{OURS}"
EXIM = (
    Reported(
        name="Exim: failed",
        raw=plain(
            (
                "The mail software wrote this. A message could not be delivered to a recipient:\r\n\r\n"
                f"  {TO}\r\n    host mx.client.example.org [192.0.2.7]\r\n"
                "    SMTP error from remote mail server after end of data:\r\n"
                f"    554 5.7.1 Rejected by policy\r\n\r\n{EXIM_COPY}"
            ).encode(),
            sender=DAEMON,
            subject=b"Mail delivery failed: returning message to sender",
            extra=BY_ITSELF + f"X-Failed-Recipients: {TO}\r\n".encode(),
        ),
        code="taken_for_spam",
        detail="554 5.7.1 Rejected by policy",
    ),
    Reported(
        name="Exim: no route",
        raw=plain(
            f"A message could not be delivered:\r\n\r\n  {TO}\r\n    Unrouteable address\r\n\r\n{EXIM_COPY}".encode(),
            sender=DAEMON,
            subject=b"Mail delivery failed: returning message to sender",
            extra=BY_ITSELF,
        ),
        code="refused",
        detail="Mail delivery failed: returning message to sender",
    ),
    Reported(
        name="Exim: failed, with a form",
        raw=report(
            *said("A message could not be delivered.\r\n", group("failed", "5.2.2", "smtp; 552 5.2.2 Quota")),
            part("message/rfc822", OURS.encode()),
            subject=b"Mail delivery failed: returning message to sender",
            extra=BY_ITSELF + f"X-Failed-Recipients: {TO}\r\n".encode(),
        ),
        code="mailbox_full",
        detail="5.2.2 smtp; 552 5.2.2 Quota",
    ),
    *(
        Reported(
            name=f"Exim: delayed {hours} hours",
            raw=plain(
                (
                    f"A message that you sent has been on the queue for more than {hours} hours.\r\n\r\n"
                    f"  {TO}\r\n    host mx.client.example.org [192.0.2.7]\r\n"
                    "    Delay reason: 451 4.7.1 Please come back later\r\n\r\n"
                    f"Delivery attempts will continue for some days.\r\n\r\n{EXIM_COPY}"
                ).encode(),
                sender=DAEMON,
                subject=f"Warning: message 1vAbCd-0000XY-1Z delayed {hours} hours".encode(),
                extra=BY_ITSELF + extra,
            ),
            state=LATE,
            code="delayed",
            detail="451 4.7.1 Please come back later",
        )
        for hours, extra in ((24, b""), (48, f"X-Failed-Recipients: {TO}\r\n".encode()), (72, NO_PATH))
    ),
    Reported(
        name="Exim: delayed, with a form",
        raw=report(
            *said("Delivery attempts will continue.\r\n", group("delayed", "4.0.0", "smtp; 451 later")),
            part("text/rfc822-headers", HEADERS.encode()),
            subject=b"Warning: message 1vAbCd-0000XY-1Z delayed 24 hours",
        ),
        state=LATE,
        code="delayed",
        detail="4.0.0 smtp; 451 later",
    ),
)
TIMED_OUT = "X-Postfix; connect to mx.client.example.org[192.0.2.7]:25: Connection timed out"
POSTFIX = (
    *(
        Reported(
            name=f"Postfix: delayed, {name}",
            raw=report(
                *said("You need not send it again: it is still being tried.\r\n", *groups),
                part("text/rfc822-headers", HEADERS.encode()),
                subject=b"Delayed Mail (still being retried)",
            ),
            state=LATE,
            code="delayed",
            detail=detail,
        )
        for name, groups, detail in (
            ("one recipient", (group("delayed", "4.4.1", TIMED_OUT),), f"4.4.1 {TIMED_OUT}"),
            (
                "two recipients",
                (group("delayed", "4.4.1", TIMED_OUT), group("delivered", "2.0.0", to="boris@client.example.org")),
                f"{TO}: 4.4.1 {TIMED_OUT}",
            ),
            ("in capitals with a comment", (group("Delayed (greylisted)", "4.2.0"),), "4.2.0"),
        )
    ),
    Reported(
        name="Postfix: failed for one of two",
        raw=report(
            *said(SORRY, UNKNOWN, group("delayed", "4.4.1", TIMED_OUT, to="boris@client.example.org")),
            part("message/rfc822", OURS.encode()),
        ),
        detail=f"{TO}: {UNKNOWN_SAID}",
    ),
    Reported(
        name="Postfix: given up at last",
        raw=report(*said(SORRY, group("failed", "4.4.1", TIMED_OUT)), part("message/rfc822", OURS.encode())),
        code="refused",
        detail=f"4.4.1 {TIMED_OUT}",
    ),
)
QMAIL = tuple(
    Reported(
        name=f"qmail: {name}",
        raw=plain(
            (
                "Hi. This is the mail program at mx.example.org.\r\n"
                "The following address could not be reached. I've given up.\r\n\r\n"
                f"<{TO}>:\r\n{words}\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n"
                f"Return-Path: <desk@shop.example.org>\r\n{OURS}"
            ).encode(),
            sender=b"MAILER-DAEMON@mx.example.org",
            subject=b"failure notice",
            extra=NO_PATH,
        ),
        code=code,
        detail=detail,
    )
    for name, words, code, detail in (
        (
            "no mailbox",
            "Sorry, no mailbox here by that name. (#5.1.1)",
            "no_such_mailbox",
            "Sorry, no mailbox here by that name. (#5.1.1)",
        ),
        (
            "refused",
            "192.0.2.7 does not like recipient.\r\nRemote host said: 550 5.1.1 User unknown\r\nGiving up on 192.0.2.7.",
            "no_such_mailbox",
            "550 5.1.1 User unknown Giving up on 192.0.2.7.",
        ),
        (
            "too long in the queue",
            "I'm not going to try again; this message has been in the queue too long. (#4.4.7)",
            "refused",
            "I'm not going to try again; this message has been in the queue too long. (#4.4.7)",
        ),
    )
)
REPORTED = (*ENCODED, *HEADERS_ONLY, *NO_COPY, *MAILRU, *YANDEX, *EXCHANGE, *EXIM, *POSTFIX, *QMAIL)


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
