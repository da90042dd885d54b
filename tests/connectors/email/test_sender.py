"""Between whom a mail goes: the client who is answered, ourselves, and forms that write in our name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatapp_cli.connectors.email.incoming import Reading
from tests.connectors.email.corpus import FORM, plain, word
from tests.connectors.email.reading import OURS, OWN_ID, message

DESK = b"desk@shop.example.org"


def written(sender: bytes, to: bytes = DESK, extra: bytes = b"", body: bytes = b"ok") -> bytes:
    raw = plain(body, sender=sender, extra=b"Message-ID: <1@site.test>\r\n" + extra)
    return raw.replace(b"To: desk@shop.example.org", b"To: " + to, 1)


def test_the_sites_own_form_is_the_client_writing_whom_an_answer_reaches() -> None:
    found = message(FORM)
    assert (found.sender.name, found.peer.address) == ("Мария Орлова", "maria@client.test")
    assert found.text == "Имя: Мария\nТелефон: +79990001122\nХочу плед"
    assert (found.from_us, found.automatic, found.silent) == (False, False, False)


@pytest.mark.parametrize(
    ("sender", "answers", "name", "address"),
    [
        (b"Maria <desk@shop.example.org>", b"maria@client.test", "Maria", "maria@client.test"),
        (b"DESK@SHOP.EXAMPLE.ORG", b"Maria <maria.o'neil@client.test>", "Maria", "maria.o'neil@client.test"),
        (DESK, b"desk@shop.example.org, Maria <maria@client.test>", "Maria", "maria@client.test"),
        (DESK, word("Мария") + b" <maria@client.test>", "Мария", "maria@client.test"),
        (b"form@shop.example.org", b"Maria <maria@client.test>", "Maria", "maria@client.test"),
        (b"noreply@forms.test", b"maria@client.test", "", "maria@client.test"),
    ],
)
def test_every_form_is_answered_to_whom_it_names(sender: bytes, answers: bytes, name: str, address: str) -> None:
    found = message(written(sender, extra=b"Reply-To: " + answers + b"\r\n"))
    assert (found.sender.name, found.peer.address, found.from_us, found.silent) == (name, address, False, False)


def test_a_persons_own_choice_where_answers_go_is_kept_with_the_name() -> None:
    found = message(written(b"Anna <anna@work.test>", extra=b"Reply-To: anna@home.test\r\n"))
    assert (found.sender.name, found.peer.address, found.automatic) == ("Anna", "anna@home.test", False)


def claimed(raw: bytes) -> list[str]:
    """To whom a mail was written that claims to be ours."""
    return [one.address for one in message(raw).claims]


@pytest.mark.parametrize("field", [b"In-Reply-To", b"References"])
def test_an_answer_of_ours_from_elsewhere_claims_the_dialog_with_whom_it_names(field: bytes) -> None:
    found = message(written(DESK, b"Anna <anna@client.test>", field + b": <q@client.test>\r\n"))
    assert not found.from_us
    assert (found.peer.address, [one.address for one in found.claims]) == (DESK.decode(), ["anna@client.test"])
    assert found.thread == ("<q@client.test>",)
    assert not found.silent
    assert not found.automatic


def test_the_other_side_of_an_answer_of_ours_is_whoever_is_not_we() -> None:
    raw = written(DESK, b"Desk <desk@shop.example.org>, Anna <anna@client.test>", b"In-Reply-To: <q@client.test>\r\n")
    assert claimed(raw) == ["anna@client.test"]
    raw = written(DESK, DESK, b"Cc: Anna <anna@client.test>, b@b.test\r\nIn-Reply-To: <q@client.test>\r\n")
    assert claimed(raw) == ["anna@client.test", "b@b.test"]


@pytest.mark.parametrize(
    ("to", "extra"),
    [
        (DESK, b""),
        (DESK, b"In-Reply-To: <q@client.test>\r\n"),
        (b"anna@client.test", b""),
        (DESK, b"Reply-To: desk@shop.example.org\r\n"),
    ],
)
def test_what_anybody_could_have_written_in_our_name_is_shown_waits_and_is_answered_by_no_machine(
    to: bytes, extra: bytes
) -> None:
    found = message(written(DESK, to, extra))
    assert (found.from_us, found.peer.address) == (False, DESK.decode())
    assert (found.automatic, found.silent, found.claims, found.thread) == (True, False, (), ())


def test_a_copy_of_our_own_mail_claims_to_be_one_in_the_dialog_with_its_recipient() -> None:
    raw = plain(b"ok", sender=DESK, extra=f"Message-ID: {OWN_ID}\r\n".encode())
    found = message(raw.replace(b"To: desk@shop.example.org", b"To: Anna <anna@example.org>"))
    assert (found.ext_id, found.thread, found.from_us) == (OWN_ID, (OWN_ID,), False)
    assert [one.address for one in found.claims] == ["anna@example.org"]
    assert claimed(raw) == [DESK.decode()]


def test_our_id_in_a_strangers_mail_makes_no_echo_and_takes_no_message_of_ours_its_id() -> None:
    found = message(plain(b"ok", extra=f"Message-ID: {OWN_ID}\r\n".encode()))
    assert not found.from_us
    assert found.ext_id != OWN_ID


def test_we_are_we_in_a_domain_of_our_own_letters_too() -> None:
    ours = replace(OURS, own_address="desk@" + "ёлки.рф".encode("idna").decode())
    raw = written("desk@ёлки.рф".encode(), extra=b"Reply-To: Maria <maria@client.test>\r\n")
    assert message(raw, ours).peer.address == "maria@client.test"
    assert message(written("desk@ёлки.рф".encode()), ours).automatic


def test_a_mail_without_an_author_that_we_handed_in_ourselves_is_nobodys_to_answer() -> None:
    raw = written(b"Site", extra=b"Sender: desk@shop.example.org\r\n")
    assert message(raw).peer.address.endswith("@sender.invalid")


LETTER = "Закажите: https://shop.test".encode()


def away(*fields: bytes) -> bytes:
    return b"".join(field + b"\r\n" for field in fields)


@pytest.mark.parametrize(
    ("sender", "extra", "automatic", "silent"),
    [
        (b"anna@client.test", b"", False, False),
        (b"anna@client.test", away(b"Auto-Submitted: no"), False, False),
        (b"noreply@shop.test", b"", True, False),
        (b"no-reply@shop.test", b"", True, False),
        (b"no_reply@shop.test", b"", True, False),
        (b"orders-noreply@shop.test", b"", True, False),
        (b"doNotReply+5@shop.test", b"", True, False),
        (b"annoreply@client.test", b"", False, False),
        (b"orders@shop.test", away(b"Auto-Submitted: auto-generated"), True, False),
        (b"orders@shop.test", away(b"List-Unsubscribe: <https://shop.test/u>"), True, False),
        (b"orders@shop.test", away(b"Precedence: bulk"), True, False),
        (b"orders@shop.test", away(b"Return-Path: <>"), True, False),
        (b"anna@client.test", away(b"Auto-Submitted: auto-replied"), True, True),
        (b"anna@client.test", away(b"Auto-Submitted: auto-replied (vacation)"), True, True),
        (b"anna@client.test", away(b"X-Autoreply: yes", b"Precedence: bulk"), True, True),
        (b"anna@client.test", away(b"X-Autorespond: Re: x"), True, True),
        (b"anna@client.test", away(b"X-Autoreply: no"), False, False),
        (b"anna@client.test", away(b"Precedence: auto_reply"), True, True),
    ],
)
def test_a_machine_is_not_answered_but_its_mail_waits_unless_it_only_answers(
    sender: bytes, extra: bytes, *, automatic: bool, silent: bool
) -> None:
    found = message(written(sender, extra=extra, body=LETTER))
    assert (found.automatic, found.silent) == (automatic, silent)


@pytest.mark.parametrize(
    ("subject", "silent"),
    [
        ("Automatic reply: Order 5", True),
        ("Out of Office: Order 5", True),
        ("Автоматический ответ: Заказ 5", True),
        ("Автоответ: в отпуске", True),
        ("Order 5", False),
        ("Automatically yours", False),
    ],
)
def test_a_machine_that_says_out_of_office_only_in_the_subject_is_silent(subject: str, *, silent: bool) -> None:
    raw = plain(b"x", subject=word(subject), sender=b"anna@client.test", extra=b"Auto-Submitted: auto-generated\r\n")
    assert message(raw).silent == silent
    assert not message(plain(b"x", subject=word(subject))).silent


@pytest.mark.parametrize(
    ("extra", "silent"),
    [
        (b"List-Unsubscribe: <mailto:u@shop.test>\r\n", True),
        (b"List-Id: <news.shop.test>\r\n", True),
        (b"Precedence: list\r\n", True),
        (b"Auto-Submitted: auto-generated\r\n", False),
        (b"", False),
    ],
)
def test_newsletters_are_silent_by_choice_and_nothing_else_is(extra: bytes, *, silent: bool) -> None:
    quiet = Reading(own_address=DESK.decode(), newsletters_wait=False)
    raw = written(b"news@shop.test", extra=extra)
    assert message(raw, quiet).silent == silent
    assert not message(raw).silent


@pytest.mark.parametrize(
    ("sender", "answers", "silent"),
    [
        (b"noreply@forms.test", b"maria@client.test", False),
        (b"noreply@shop.test", b"ivan@shop.test", False),
        (b"robot@forms.test", b"maria@client.test", False),
        (DESK, b"maria@client.test", False),
        (DESK, b"ivan@shop.example.org", False),
        (b"news@shop.test", b"news@shop.test", True),
        (b"news@shop.test", b"support@shop.test", True),
        (b"news@shop.test", b"no-reply@mailer.test", True),
        (b"news@shop.test", b"desk@shop.example.org", True),
    ],
)
def test_where_an_answer_goes_to_a_person_somebody_has_to_look(sender: bytes, answers: bytes, *, silent: bool) -> None:
    quiet = Reading(own_address=DESK.decode(), newsletters_wait=False)
    marks = b"List-Unsubscribe: <https://u.test>\r\nAuto-Submitted: auto-replied\r\nReply-To: " + answers + b"\r\n"
    assert message(written(sender, extra=marks), quiet).silent == silent


def test_an_answer_to_the_list_is_no_answer_to_a_person() -> None:
    quiet = Reading(own_address=DESK.decode(), newsletters_wait=False)
    marks = b"List-Id: <talk.test>\r\nList-Post: <mailto:all@talk.test>\r\nReply-To: all@talk.test\r\n"
    assert message(written(b"anna@client.test", extra=marks), quiet).silent


US_AND_ANOTHER = (
    (DESK + b", cust7@client.test", b""),
    (b"Desk <desk@shop.example.org>, Cust <cust7@client.test>", b""),
    (b"cust7@client.test, " + DESK, b""),
    (DESK, b"From: cust7@client.test\r\n"),
    (b"cust7@client.test", b"From: desk@shop.example.org\r\n"),
    (DESK + b", cust7@client.test, CUST7@client.test", b""),
    (DESK + b", cust7@client.test", b"In-Reply-To: <q@client.test>\r\nCc: boris@client.test\r\n"),
    (DESK, b"Reply-To: desk@shop.example.org\r\nReply-To: cust7@client.test\r\n"),
)


@pytest.mark.parametrize(("sender", "extra"), US_AND_ANOTHER)
def test_who_stands_beside_us_is_the_client_and_not_we(sender: bytes, extra: bytes) -> None:
    found = message(written(sender, extra=extra))
    assert (found.peer.address, found.from_us, found.automatic) == ("cust7@client.test", False, False)


@pytest.mark.parametrize(
    ("sender", "extra"),
    [
        (DESK + b", a@client.test, b@client.test", b""),
        (DESK, b"From: a@client.test\r\nFrom: b@client.test\r\n"),
        (DESK + b", a@client.test, b@client.test", b"Sender: c@client.test\r\n"),
        (DESK, b"Reply-To: desk@shop.example.org, a@client.test, b@client.test\r\n"),
    ],
)
def test_of_several_beside_us_nobody_is_answered(sender: bytes, extra: bytes) -> None:
    found = message(written(sender, extra=extra + b"In-Reply-To: <q@client.test>\r\n"))
    assert (found.peer.address.endswith("@sender.invalid"), found.from_us) == (True, False)


def test_a_person_whose_address_is_the_end_of_a_lists_is_a_person() -> None:
    marks = b"List-Post: <mailto:all@talk.test>\r\nList-Id: <talk.test>\r\nReply-To: ll@talk.test\r\n"
    assert not message(written(b"robot@forms.test", extra=marks), replace(OURS, newsletters_wait=False)).silent
