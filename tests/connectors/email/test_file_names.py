"""Each file has the name that its sender gave it."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from tests.connectors.email.corpus import attachment, kind, mixed, part, plain, word
from tests.connectors.email.reading import message

PLAIN = part("text/plain", b"ok")
NAMES = (
    "Счёт.pdf",
    "акт.pdf",
    "Договор поставки №15 от 12.11.2026.docx",
    "ДОГОВОР ПОСТАВКИ.doc",
    "фото (1).jpg",
    "смета_на_офис.pdf",
)


def names(*parts: bytes) -> list[str]:
    return [str(file.name) for file in message(mixed(PLAIN, *parts)).files]


@pytest.mark.parametrize("charset", ["cp1251", "koi8-r", "utf-8"])
@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_raw_letters_is_read(name: str, charset: str) -> None:
    raw = name.encode(charset, "replace")
    expected = raw.decode(charset).replace("?", "_")
    assert names(attachment(b'; filename="' + raw + b'"')) == [expected]
    assert names(part("application/pdf", b"%PDF").replace(b"pdf\r\n", b'pdf; name="' + raw + b'"\r\n', 1)) == [expected]


def encoded(name: str) -> bytes:
    return b"filename*=UTF-8''" + quote(name).encode()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "before",
    [
        b'filename="____.pdf"; ',
        b'filename="????.pdf"; ',
        b'filename="invoice.pdf"; ',
        b"",
        b'filename="\xd1\xf7.pdf"; ',
    ],
)
def test_an_encoded_name_counts_before_a_plain_one(name: str, before: bytes) -> None:
    assert names(attachment(b"; " + before + encoded(name))) == [name]
    if before:
        assert names(attachment(b"; " + encoded(name) + b"; " + before[:-2])) == [name]


@pytest.mark.parametrize(
    "parameters",
    [
        b"filename*0*=utf-8''%D0%A1%D1%87; filename*1*=%D1%91%D1%82; filename*2=.pdf",
        b"filename*1*=%D1%91%D1%82; filename*2=.pdf; filename*0*=utf-8''%D0%A1%D1%87",
        b"filename*0*=utf-8''%D0%A1%D1%87%D1; filename*1*=%91%D1%82.pdf",
        b"filename=\"____.pdf\"; filename*0*=windows-1251''%D1%F7; filename*1*=%B8%F2.pdf",
        b"filename*=koi8-r''%F3%DE%A3%D4.pdf",
        b"filename*=''%D1%F7%B8%F2.pdf",
        b"filename*=utf-8''\xd0\xa1\xd1\x87\xd1\x91\xd1\x82.pdf",
        b'filename="%D0%A1%D1%87%D1%91%D1%82.pdf"',
    ],
)
def test_names_in_pieces_and_in_any_charset_are_put_together(parameters: bytes) -> None:
    assert names(attachment(b"; " + parameters)) == ["Счёт.pdf"]


@pytest.mark.parametrize(
    "name",
    [
        b'"' + word("Счёт за ") + b"\r\n " + word("май.pdf") + b'"',
        b'"' + word("Счёт за ", "koi8-r") + b" " + word("май.pdf", "windows-1251") + b'"',
        word("Счёт за май.pdf"),
        b'"=?utf-8?Q?=D0=A1=D1=87=D1=91=D1=82_=D0=B7=D0=B0_=D0=BC=D0=B0=D0=B9.pdf?="',
        b'"=?windows-1251?Q?=D1=F7=B8=F2_=E7=E0_?=\r\n\t=?windows-1251?Q?=EC=E0=E9=2Epdf?="',
    ],
)
def test_encoded_words_in_quotes_are_decoded(name: bytes) -> None:
    assert names(attachment(b"; filename=" + name)) == ["Счёт за май.pdf"]


def test_the_name_of_the_type_helps_out_where_the_other_lost_its_letters() -> None:
    odd = part(
        f'application/pdf; name="{word("Счёт.pdf").decode()}"',
        b"%PDF",
        b'Content-Disposition: attachment; filename="????.pdf"',
    )
    assert names(odd) == ["Счёт.pdf"]
    assert names(attachment(b'; filename="____.pdf"')) == ["____.pdf"]
    assert names(attachment(b'; filename="50% off.pdf"'), attachment(b'; filename="100%D1.pdf"')) == [
        "50% off.pdf",
        "100%D1.pdf",
    ]


def test_a_mail_that_is_nothing_but_a_file_has_its_name() -> None:
    raw = plain(
        base64.b64encode(b"%PDF"),
        extra=kind("application/pdf")
        + b'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="'
        + "акт.pdf".encode("cp1251")
        + b'"\r\n',
    )
    assert [(file.name, file.content) for file in message(raw).files] == [("акт.pdf", b"%PDF")]


def test_attached_mails_are_named_by_their_subjects() -> None:
    mails = [
        part("message/rfc822", plain(b"inner", subject=word("Re: Счёт/акт"))),
        part('message/rfc822; name="message.eml"', plain(b"inner", subject="Прайс".encode("cp1251"))),
        part('message/rfc822; name="rules.eml"', plain(b"inner")),
        part("message/rfc822", b"From: a@example.org\r\n\r\nno subject"),
        part("message/rfc822", base64.b64encode(plain(b"inner")), b"Content-Transfer-Encoding: base64"),
    ]
    assert names(*mails) == ["Re_ Счёт_акт.eml", "Прайс.eml", "rules.eml", "message.eml", "message.eml"]
    files = message(mixed(PLAIN, *mails)).files
    assert files[4].content == plain(b"inner")
