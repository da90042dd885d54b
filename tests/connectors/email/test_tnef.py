"""A winmail.dat is opened: its files and its text come out, and nothing in it does harm."""

from __future__ import annotations

import base64
import random
import time
from struct import pack

import pytest

from chatapp_cli.connectors.email import tnef
from tests.connectors.email.corpus import mixed, part
from tests.connectors.email.reading import message
from tests.connectors.email.winmail import (
    FILE,
    MARK,
    MESSAGE,
    attribute,
    data,
    file,
    number,
    properties,
    winmail,
    words,
)

RUSSIAN = attribute(MESSAGE, 0x9007, pack("<II", 1251, 0))
SUBJECT, TEXT, RTF, HTML, PAGE, OBJECT, LONG_NAME = 0x37, 0x1000, 0x1009, 0x1013, 0x3FDE, 0x3701, 0x3707
NAMED = (
    pack("<HH", 0x1F, 0x8001) + bytes(16) + pack("<II", 1, 6) + "имя".encode("utf-16-le") + bytes(2) + words(0, "x")[4:]
)
KOI8 = "Добрый день<br>Анна".encode("koi8-r")
SEVERAL = pack("<HHI", 0x1003, 1, 2) + bytes(8)


def mail(content: bytes, text: bytes = b"") -> bytes:
    return mixed(
        part("text/plain; charset=utf-8", text),
        part(
            "application/ms-tnef; name=winmail.dat",
            base64.encodebytes(content),
            b"Content-Transfer-Encoding: base64",
            b"Content-Disposition: attachment; filename=winmail.dat",
        ),
    )


def test_files_come_out_under_their_names() -> None:
    hidden = winmail(
        RUSSIAN,
        file("Счёт.pdf", b"%PDF"),
        file("DOGOVO~1.DOC", b"DOC", words(LONG_NAME, "Договор поставки.doc")),
        file("", b"?"),
        file("../../evil.exe", b"MZ"),
    )
    found = message(mail(hidden, "Во вложении".encode()))
    assert found.text == "Во вложении"
    assert [(file.name, file.content) for file in found.files] == [
        ("Счёт.pdf", b"%PDF"),
        ("Договор поставки.doc", b"DOC"),
        ("file.bin", b"?"),
        ("evil.exe", b"MZ"),
    ]
    assert found.files[0].mime == "application/pdf"


@pytest.mark.parametrize(
    "content",
    [
        [attribute(MESSAGE, 0x9003, properties(words(TEXT, "Добрый день\r\nАнна")))],
        [RUSSIAN, attribute(MESSAGE, 0x9003, properties(data(TEXT, "Добрый день\r\nАнна\0".encode("cp1251"), 0x1E)))],
        [RUSSIAN, attribute(MESSAGE, 0x800C, "Добрый день\r\nАнна\0".encode("cp1251"))],
        [attribute(MESSAGE, 0x9003, properties(number(PAGE, 65001), data(HTML, "Добрый день<br>Анна".encode())))],
        [attribute(MESSAGE, 0x9003, properties(number(PAGE, 20866), data(HTML, KOI8)))],
        [attribute(MESSAGE, 0x9003, properties(SEVERAL, NAMED, words(TEXT, "Добрый день\nАнна")))],
    ],
)  # fmt: skip
def test_the_text_comes_out_where_the_mail_has_none_beside_it(content: list[bytes]) -> None:
    assert message(mail(winmail(*content))).text == "Добрый день\nАнна"
    assert message(mail(winmail(*content), "Своё".encode())).text == "Своё"


def test_the_text_comes_out_of_compressed_rtf() -> None:
    from compressed_rtf import compress

    source = (
        rb"{\rtf1\ansi\ansicpg1251{\fonttbl{\f0\fnil Arial;}}{\colortbl;\red255\green0\blue0;}{\*\generator x;}"
        rb"\pard\f0 \'c4\'ee\'e1\'f0\'fb\'e9 \u1076?\u1077?\u1085?\u1100?\par "
        rb'{\field{\*\fldinst{HYPERLINK "https://e.test/"}}{\fldrslt{\'e7\'e4\'e5\'f1\'fc}}}}'
    )
    for squeezed in (compress(source), compress(source, compressed=False)):
        assert (
            message(mail(winmail(attribute(MESSAGE, 0x9003, properties(data(RTF, squeezed)))))).text
            == "Добрый день\nздесь"
        )
    damaged = winmail(attribute(MESSAGE, 0x9003, properties(data(RTF, b"LZFu" * 9))), file("a.txt", b"a"))
    assert [file.name for file in message(mail(damaged)).files] == ["a.txt"]


def test_a_mail_in_it_is_a_file_with_its_text_and_its_files_beside_it() -> None:
    inner = winmail(
        attribute(MESSAGE, 0x9003, properties(words(SUBJECT, "Вопрос"), words(TEXT, "Где ёлки?"))), file("b.txt", b"b")
    )
    outer = winmail(file("a.txt", b"a"), file("x", b"", data(OBJECT, MARK + inner, 0x0D)))
    assert [(one.name, one.content) for one in tnef.read(outer).files] == [
        ("a.txt", b"a"),
        ("Вопрос.txt", "Где ёлки?".encode()),
        ("b.txt", b"b"),
    ]


def test_mails_in_mails_are_opened_to_a_depth() -> None:
    inner = winmail(file("deep.txt", b"deep"))
    for _ in range(20):
        inner = winmail(file("x", b"", data(OBJECT, MARK + inner, 0x0D)))
    found = tnef.read(inner)
    assert [one.name for one in found.files][:4] == ["x.txt"] * 4
    assert len(found.files) == 5


@pytest.mark.parametrize(
    "hostile",
    [
        attribute(MESSAGE, 0x9003, pack("<I", 0xFFFFFFFF)),
        attribute(MESSAGE, 0x9003, pack("<IHHI", 1, 0x1003, 1, 0xFFFFFFFF)),
        attribute(MESSAGE, 0x9003, pack("<IHHI", 1, 0x101F, 1, 0xFFFFFFFF) + bytes(400_000)),
        attribute(MESSAGE, 0x9003, pack("<IHHII", 1, 0x1F, 1, 1, 0xFFFFFFFF)),
        attribute(MESSAGE, 0x9003, pack("<IHH", 1, 0x1F, 0x8001) + bytes(16) + pack("<II", 1, 0xFFFFFFFF)),
        attribute(MESSAGE, 0x9003, pack("<IHH", 1, 0xFFF, 1)),
        attribute(MESSAGE, 0x9007, b"\1"),
        attribute(MESSAGE, 0x9007, pack("<I", 0xFFFFFFFF)),
        attribute(FILE, 0x800F, b"before any file"),
        pack("<BHHI", 1, 0x9003, 6, 0xFFFFFFFF) + b"x",
        attribute(MESSAGE, 0x9003, properties(data(RTF, b"\xff" * 300_000))) * 20,
        attribute(MESSAGE, 0, b"") * 200_000,
        attribute(FILE, 0x9002, b"") * 100_000,
    ],
)
def test_hostile_lengths_and_counts_take_no_time(hostile: bytes) -> None:
    began = time.monotonic()
    found = message(mail(winmail(file("a.txt", b"a"), hostile), b"ok"))
    assert time.monotonic() - began < 5
    assert found.text == "ok"
    assert found.files[0].name == "a.txt"
    assert len(found.files) <= 500


@pytest.mark.parametrize(
    "source", [rb"{\fonttbl\f1\fcharset1 ", rb"{\field{\*\fldinst{", rb"\f1", rb"{\pict\bin9 ", rb"\'", rb"\u1 "]
)
def test_hostile_rtf_takes_linear_time(source: bytes) -> None:
    from compressed_rtf import compress

    squeezed = compress(rb"{\rtf1{\fonttbl" + source * (400_000 // len(source)), compressed=False)
    began = time.monotonic()
    message(mail(winmail(attribute(MESSAGE, 0x9003, properties(data(RTF, squeezed)))), b"ok"))
    assert time.monotonic() - began < 10


def test_anything_else_under_that_name_is_a_file() -> None:
    for content in (b"", b"x", b"\x78\x9f\x3e\x22", b"PK" * 50):
        assert [file.name for file in message(mail(content, b"ok")).files] == ["winmail.dat"]


def test_1000_mutilated_ones_raise_nothing_but_value_errors() -> None:
    chance = random.Random(4)
    whole = winmail(
        RUSSIAN,
        attribute(
            MESSAGE, 0x9003, properties(words(SUBJECT, "Вопрос"), data(HTML, b"<p>x"), number(PAGE, 1251), NAMED)
        ),
        file("a.txt", b"a", words(LONG_NAME, "b.txt"), data(OBJECT, MARK + winmail(file("c", b"c")), 0x0D)),
    )
    for _ in range(1000):
        raw = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            raw[chance.randrange(len(raw))] = chance.choice((0, 1, 255, chance.randrange(256)))
        try:
            tnef.read(bytes(raw[: chance.randint(1, len(raw))]))
        except ValueError:
            continue
