"""Receipts that a mail was displayed: a program's words are nothing to look at, a person's are."""

from __future__ import annotations

import pytest

from tests.connectors.email.corpus import mixed, part, word
from tests.connectors.email.reading import message

NEWS = part(
    "message/disposition-notification",
    b"Final-Recipient: rfc822; anna@client.test\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n",
)
RETURNED = part("text/rfc822-headers", b"Subject: Price?\r\n")
OUTLOOK = (
    "Your message\r\n\r\n   To: Anna Belova\r\n   Subject: Заказ 5\r\n"
    "   Sent: Saturday, November 28, 2026 8:00:00 PM (UTC+03:00) Moscow, St. Petersburg\r\n\r\n"
    "was read on Saturday, November 28, 2026 8:05:00 PM (UTC+03:00) Moscow, St. Petersburg.\r\n"
)
RUSSIAN_OUTLOOK = (
    "Ваше сообщение\r\n\r\n   Кому: Anna Belova\r\n   Тема: Заказ 5\r\n"
    "   Отправлено: 28 ноября 2026 г. 20:00:00 (UTC+03:00) Москва, Санкт-Петербург\r\n\r\n"
    "прочитано 28 ноября 2026 г. 20:05:00 (UTC+03:00) Москва, Санкт-Петербург.\r\n"
)
THUNDERBIRD = (
    "This is a Return Receipt for the mail that you sent to anna@client.test.\r\n\r\n"
    "Note: This Return Receipt only acknowledges that the message was displayed on the recipient's computer.\r\n"
    "There is no guarantee that the recipient has read or understood the message contents.\r\n"
)
KMAIL = (
    'The message sent on Saturday 28 November 2026 20:00:00 to Desk <desk@shop.example.org> with subject "Заказ 5" has '
    "been displayed. This is no guarantee that the message has been read or understood."
)
EXPRESS = "This is a receipt for the mail you sent to <anna@client.test> at 11/28/2026 8:00 PM\r\n"
RUSSIAN_THUNDERBIRD = (
    "Это уведомление о прочтении сообщения, отправленного вами на адрес anna@client.test.\r\n\r\n"
    "Примечание: Это уведомление о прочтении лишь подтверждает, что сообщение было показано на экране компьютера\r\n"
    "получателя. Нет никакой гарантии, что получатель прочитал или понял содержимое сообщения.\r\n"
)
STANDARD = ("", OUTLOOK, RUSSIAN_OUTLOOK, THUNDERBIRD, RUSSIAN_THUNDERBIRD, EXPRESS)
QUESTION = "…ещё вопрос про цену?"
AUTO = b"Auto-Submitted: auto-replied\r\n"


def receipt(
    text: str, *, subject: str = "Read: Заказ 5", extra: bytes = b"", rest: tuple[bytes, ...] = (NEWS,)
) -> bytes:
    return mixed(
        part("text/plain; charset=utf-8", text.encode()),
        *rest,
        subtype="report; report-type=disposition-notification",
        sender=b"Anna Belova <anna@client.test>",
        subject=word(subject),
        extra=extra,
    )


@pytest.mark.parametrize("text", STANDARD)
@pytest.mark.parametrize("subject", ["Read: Заказ 5", "Прочитано: Заказ 5", "Return Receipt (displayed) - Заказ 5"])
def test_what_a_program_says_by_itself_is_silent(text: str, subject: str) -> None:
    for rest in ((NEWS,), (NEWS, RETURNED)):
        found = message(receipt(text, subject=subject, rest=rest))
        assert (found.silent, found.automatic) == (True, True)


def test_a_program_may_name_to_whom_the_mail_went() -> None:
    named = KMAIL.replace("Desk <desk@shop.example.org>", "desk@shop.example.org")
    assert message(receipt(named)).silent
    assert not message(receipt(KMAIL.replace("Desk <", "Ещё вопрос <"))).silent


@pytest.mark.parametrize("text", STANDARD)
@pytest.mark.parametrize("extra", [b"", AUTO, b"Return-Path: <>\r\n"])
def test_a_persons_words_in_a_receipt_wait_before_and_behind_the_programs(text: str, extra: bytes) -> None:
    for said in (f"{text}\r\n{QUESTION}", f"{QUESTION}\r\n{text}", f"{text}\r\n-- \r\nАнна"):
        found = message(receipt(said, extra=extra))
        assert (found.silent, found.automatic) == (False, True)


@pytest.mark.parametrize(
    "raw",
    [
        receipt(OUTLOOK.replace("Subject: Заказ 5", f"Subject: {QUESTION}")),
        receipt(OUTLOOK.replace("Moscow, St. Petersburg.", "но цена?")),
        receipt(OUTLOOK.replace("To: Anna Belova", "To: позвоните мне")),
        receipt(OUTLOOK, subject="Ещё вопрос"),
        receipt(OUTLOOK, rest=(NEWS, part("text/plain; charset=utf-8", QUESTION.encode()))),
        receipt(OUTLOOK, rest=(NEWS, part("image/png", b"x"))),
        receipt(OUTLOOK, rest=()),
        receipt("Прочла. Где заказ?"),
        receipt("Das ist eine Lesebest\u00e4tigung."),
        receipt(OUTLOOK).replace(b"boundary=", b"x-boundary="),
        receipt("Your message was read on " + "Monday " * 5000),
    ],
    ids=["subject", "time", "name", "title", "text behind", "file", "no news", "words", "unknown", "damaged", "long"],
)
def test_what_cannot_be_told_to_be_a_programs_waits(raw: bytes) -> None:
    assert not message(raw).silent


def test_words_that_only_the_html_has_wait() -> None:
    alternative = (
        'multipart/alternative; boundary="both"',
        b"--both\r\n"
        + part("text/plain", THUNDERBIRD.encode())
        + b"\r\n--both\r\n"
        + part("text/html; charset=utf-8", f"<p>{THUNDERBIRD}</p><p>%s</p>".encode())
        + b"\r\n--both--\r\n",
    )
    for said, silent in (("", True), (QUESTION, False)):
        human = part(alternative[0], alternative[1].replace(b"%s", said.encode()))
        raw = mixed(
            human,
            NEWS,
            subtype="report; report-type=disposition-notification",
            sender=b"anna@client.test",
            subject=b"Read: x",
        )
        assert message(raw).silent == silent
