"""The head of a mail is read whatever stands between its fields."""

from __future__ import annotations

import base64
import time

import pytest

from chatapp_cli.connectors.email.headers import parsed, words
from tests.connectors.email.reading import message

HEAD = b"From: anna@example.org\r\nTo: desk@shop.example.org\r\n"
BELOW = "Subject: Заказ\r\nMessage-ID: <1@example.org>\r\n".encode()


@pytest.mark.parametrize(
    "garbage",
    [
        b"this line is no header\r\n",
        "строка без двоеточия\r\n".encode(),
        b">From anna@example.org Sat Nov 28 20:00:00 2026\r\n",
        b"one\r\ntwo\r\n folded\r\n",
        b"=?utf-8?B?0JfQsNC60LDQtw==?=\r\n",
    ],
)
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_line_that_is_no_field_loses_none_of_the_fields_below_it(garbage: bytes, end: bytes) -> None:
    raw = (HEAD + garbage + BELOW + b"\r\ntext here\r\n").replace(b"\r\n", end)
    found = message(raw)
    assert (found.subject, found.ext_id, found.text) == ("Заказ", "<1@example.org>", "text here")
    assert found.peer.address == "anna@example.org"


def test_a_byte_order_mark_before_the_first_field_is_no_part_of_its_name() -> None:
    found = message(b"\xef\xbb\xbf" + HEAD + BELOW + b"\r\ntext here\r\n")
    assert (found.peer.address, found.subject, found.text) == ("anna@example.org", "Заказ", "text here")


def test_a_space_before_the_colon_is_no_garbage() -> None:
    found = message(b"From: anna@example.org\r\nSubject : hello\r\n folded\r\nDate: x\r\n\r\nok")
    assert (found.subject, found.text) == ("hello folded", "ok")


@pytest.mark.parametrize(
    "text",
    ["Добрый день\r\nнужна пихта", "Hello,\r\nthe price: 15\r\n\r\nbye", "one line", "a: b c\r\nd\r\n\r\nSubject: x"],
)
def test_a_mail_without_the_empty_line_keeps_its_words(text: str) -> None:
    found = message(HEAD + b"Subject: x\r\nnot a field\r\n" + text.encode())
    assert found.text.startswith("not a field\n")
    assert found.text.split()[3:] == text.split()


@pytest.mark.parametrize("unit", [b"a b\r\n", b"a:\r\n", b" \r\n", b"a \r\nSubject: x\r\n", b"a", b"a  :"])
def test_hostile_heads_take_linear_time(unit: bytes) -> None:
    began = time.monotonic()
    words(parsed(b"From: a\r\nno field\r\n" + unit * 40_000 + b"\r\n\r\nok"), "Subject")
    assert time.monotonic() - began < 5


CONTRACT = f"=?utf-8?b?{base64.b64encode('Договор'.encode()).decode()}?="


@pytest.mark.parametrize(
    ("field", "words_of_it"),
    [
        (f"{CONTRACT}\r\n 2026", "Договор 2026"),
        (f"Invoice\r\n {CONTRACT}", "Invoice Договор"),
        (f"{CONTRACT}\r\n\t{CONTRACT}", "ДоговорДоговор"),
        (f"{CONTRACT} \r\n  2026\r\n {CONTRACT}", "Договор 2026 Договор"),
        ("=?utf-8?b?0JTQvtCz?=\r\n =?utf-8?b?0L7QstC+0YA=?=", "Договор"),
    ],
)
def test_a_fold_is_a_space_beside_plain_words_and_nothing_between_encoded_ones(field: str, words_of_it: str) -> None:
    """RFC 2047 §6.2: only the space between two encoded words is not shown."""
    assert words(parsed(f"Subject: {field}\r\n\r\n".encode()), "Subject") == words_of_it
