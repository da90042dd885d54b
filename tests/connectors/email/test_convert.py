"""What a mail means, whatever it looks like."""

from __future__ import annotations

import pytest

from chatapp_cli.connectors.email.convert import Mail, Reading, arrival, without_links
from chatapp_cli.connectors.email.parts import clean_name
from chatapp_cli.domain.event import Arrival, DeliveryChanged, MessageArrived
from chatapp_cli.domain.message import State
from tests.connectors.email.corpus import CASES, UNREADABLE, Case, kind, mixed, part, plain

OURS = Reading(own_address="desk@shop.example.org")
FLAT = Reading(own_address="desk@shop.example.org", by_subject=False)
OWN_ID = "<0123456789abcdef0123456789abcdef@shop.example.org>"


def read(raw: bytes, reading: Reading = OURS, size: int = 0) -> Arrival:
    return arrival(Mail(uid=7, at=1_700_000_000_000, size=size, raw=raw), reading)


def message(raw: bytes, reading: Reading = OURS) -> MessageArrived:
    (event,) = read(raw, reading).events
    assert isinstance(event, MessageArrived)
    return event


@pytest.mark.req("S-097")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mail_reads_as_its_sender_meant_it(case: Case) -> None:
    found = message(case.raw)
    assert found.text == case.text
    assert found.subject == case.subject
    assert (found.sender.name, found.peer.address) == (case.sender, case.address)
    assert tuple(file.name for file in found.files) == case.files
    assert found.automatic == case.automatic
    assert found.at == 1_700_000_000_000
    assert not found.from_us


def test_what_cannot_be_understood_is_kept_with_the_reason() -> None:
    found = read(UNREADABLE)
    assert found.raw == UNREADABLE
    assert found.problem.startswith("RecursionError")
    assert found.events == ()
    assert found.provider_id == read(UNREADABLE).provider_id


@pytest.mark.req("S-098")
def test_grouped_every_subject_is_a_dialog_that_bears_it() -> None:
    order, answer, other = (
        message(plain(b"ok", subject=subject.encode())) for subject in ("Заказ 5", "Re: На: RE[2]: заказ 5", "Возврат")
    )
    assert order.peer.key == answer.peer.key != other.peer.key
    assert (order.peer.title, answer.peer.title) == ("Заказ 5", "заказ 5")
    assert order.text == "ok"


@pytest.mark.req("S-098")
def test_ungrouped_an_address_is_one_dialog_and_the_subject_stands_before_the_text() -> None:
    order, back = (message(plain(b"ok", subject=subject.encode()), FLAT) for subject in ("Заказ", "Возврат"))
    assert order.peer.key == back.peer.key == "anna@example.org"
    assert order.peer.title == "Анна Белова"
    assert (order.text, back.text) == ("[Заказ] ok", "[Возврат] ok")
    assert order.subject == "Заказ"
    assert message(plain(b"ok", subject=b" "), FLAT).text == "ok"


@pytest.mark.req("S-099")
def test_links_are_left_out_on_wish() -> None:
    raw = plain("Смотрите https://evil.example.org/a?b=(1)#c и (www.example.org).".encode())
    hiding = Reading(own_address="desk@shop.example.org", remove_links=True)
    assert message(raw).text == "Смотрите https://evil.example.org/a?b=(1)#c и (www.example.org)."
    assert message(raw, hiding).text == "Смотрите и ."
    html = plain(b"<a href='https://shop.example.org/'>fir trees</a>", extra=kind("text/html"))
    assert message(html).text == "fir trees (https://shop.example.org/)"
    assert message(html, hiding).text == "fir trees"


def test_only_links_go() -> None:
    assert without_links("anna@example.org  5.5 руб.\n  отступ") == "anna@example.org  5.5 руб.\n  отступ"


def test_a_mail_names_what_it_answers_and_descends_from() -> None:
    found = message(
        plain(b"ok", extra=b"Message-ID: <3@x>\r\nReferences: <1@x>\r\n <2@x> <1@x>\r\nIn-Reply-To: <2@x>\r\n")
    )
    assert (found.ext_id, found.reply_to, found.thread) == ("<3@x>", "<2@x>", ("<1@x>", "<2@x>"))


def test_the_same_mail_is_the_same_thing_under_another_number() -> None:
    with_id, without = plain(b"ok", extra=b"Message-ID: <3@x>\r\n"), plain(b"ok")
    assert read(with_id).provider_id == "<3@x>"
    assert read(without).provider_id == read(without).provider_id != read(plain(b"ok!")).provider_id
    assert message(without).ext_id == read(without).provider_id


def test_a_copy_of_our_own_mail_is_an_echo_in_the_dialog_with_its_recipient() -> None:
    raw = plain(b"ok", sender=b"desk@shop.example.org", extra=f"Message-ID: {OWN_ID}\r\n".encode())
    found = message(raw.replace(b"To: desk@shop.example.org", b"To: Anna <anna@example.org>"))
    assert found.from_us
    assert (found.ext_id, found.peer.address) == (OWN_ID, "anna@example.org")


def test_our_id_in_a_strangers_mail_makes_no_echo() -> None:
    assert not message(plain(b"ok", extra=f"Message-ID: {OWN_ID}\r\n".encode())).from_us


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


def test_a_bounce_of_a_mail_that_the_desk_did_not_send_is_shown_as_written_by_a_machine() -> None:
    assert message(bounce(original="<1@elsewhere.example.org>")).automatic


def test_an_old_servers_bounce_is_recognised_by_our_id_in_it() -> None:
    raw = plain(
        f"Sorry.\r\n\r\nMessage-ID: {OWN_ID}\r\n".encode(), sender=b"MAILER-DAEMON@example.org", subject=b"failure"
    )
    (news,) = read(raw).events
    assert news == DeliveryChanged(
        ext_id=OWN_ID, state=State.FAILED, at=1_700_000_000_000, code="refused", detail="failure"
    )


def test_a_customer_cannot_fail_our_message_by_quoting_its_id() -> None:
    assert message(plain(f"Message-ID: {OWN_ID}\r\n".encode())).text


def test_a_text_of_20_mb_arrives_whole() -> None:
    words = ("Ёлка зелёная. " * 800_000).encode()
    found = message(plain(words, extra=kind("text/plain; charset=utf-8")))
    assert found.text.encode() == words.strip()


def test_of_a_mail_that_is_too_big_the_beginning_arrives_with_a_mark() -> None:
    (event,) = read(plain(b"beginning"), size=60_000_000).events
    assert isinstance(event, MessageArrived)
    (file,) = event.files
    assert event.text == "beginning"
    assert (file.problem, file.size, file.content) == ("mail_too_big", 60_000_000, None)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("..", ""),
        ("C:\\temp\\a.txt", "a.txt"),
        ("a\x00b\n.txt", "a_b_.txt"),
        ("\u202egpj.exe", "_gpj.exe"),
        ("Прайс-лист №1.pdf", "Прайс-лист №1.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_file_name_names_nothing_but_a_file(name: str, clean: str) -> None:
    assert clean_name(name) == clean
