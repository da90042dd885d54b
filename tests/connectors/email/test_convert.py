"""What a mail means, whatever it looks like."""

from __future__ import annotations

import pytest

from chatapp_cli.connectors.email.file_names import clean_name
from chatapp_cli.domain.arrival import MessageArrived
from tests.connectors.email.corpus import CASES, UNREADABLE, Case, kind, plain
from tests.connectors.email.reading import FLAT, message, read


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
    (shown,) = found.events
    assert isinstance(shown, MessageArrived)
    assert (shown.placeholder, shown.peer.address, shown.text) == (True, "anna@example.org", "")
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


def test_links_are_kept_as_they_came() -> None:
    raw = plain("Смотрите https://evil.example.org/a?b=(1)#c и (www.example.org).".encode())
    assert message(raw).text == "Смотрите https://evil.example.org/a?b=(1)#c и (www.example.org)."
    html = plain(b"<a href='https://shop.example.org/'>fir trees</a>", extra=kind("text/html"))
    assert message(html).text == "fir trees (https://shop.example.org/)"


def test_a_mail_names_what_it_answers_and_descends_from() -> None:
    found = message(
        plain(b"ok", extra=b"Message-ID: <3@x>\r\nReferences: <1@x>\r\n <2@x> <1@x>\r\nIn-Reply-To: <2@x>\r\n")
    )
    assert (found.ext_id, found.reply_to, found.thread) == ("<3@x>", "<2@x>", ("<1@x>", "<2@x>"))


def test_a_text_of_20_mb_arrives_whole() -> None:
    words = ("Ёлка зелёная. " * 800_000).encode()
    found = message(plain(words, extra=kind("text/plain; charset=utf-8")))
    assert found.text.encode() == words.strip()


def test_of_a_mail_that_is_too_big_the_beginning_arrives_with_a_mark() -> None:
    (event,) = read(plain(b"beginning"), size=60_000_000).events
    assert isinstance(event, MessageArrived)
    (file,) = event.files
    assert event.text == "beginning\n\n[Only the beginning of this mail is here]"
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
