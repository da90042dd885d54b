"""The charset that a text is really in, whatever its mail says."""

from __future__ import annotations

import base64
import time

import pytest

from chatapp_cli.connectors.email.charset import decode
from tests.connectors.email.corpus import kind, plain
from tests.connectors.email.reading import message

RUSSIAN = (
    "Добрый день! Пришлите счёт.",
    "Здравствуйте, Samsung Galaxy S24 Ultra есть в наличии? Нужен iPhone 17 Pro Max Silver 512 GB или MacBook Air.",
    "ПРОШУ ОТМЕНИТЬ ЗАКАЗ №15",
    "Спасибо",
    "фото",
)
WESTERN = ("Grüße aus München", "José Ñandú", "Été à Nîmes", "Price 5 £ © 2026", "øl på Ærø, å ja", "naïve café")
MARKUP = (
    '<html><head><meta http-equiv="Content-Type" content="text/html"><style>.MsoNormal {margin:0}</style></head>'
    '<body class="MsoBody"><table cellpadding="0" border="0"><tr><td align="left"><a href="https://shop.example.org/a">'
    "WORDS</a>&nbsp;&mdash;&nbsp;</td></tr></table></body></html>"
)


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "us-ascii", "x-unknown", None])
@pytest.mark.parametrize("real", ["cp1251", "koi8-r"])
@pytest.mark.parametrize("text", RUSSIAN)
def test_russian_text_is_read_whatever_western_charset_its_program_names(text: str, real: str, declared: str) -> None:
    assert decode(text.encode(real, "ignore"), declared) == text.encode(real, "ignore").decode(real)


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "us-ascii"])
@pytest.mark.parametrize("real", ["cp1251", "koi8-r"])
def test_tags_and_addresses_do_not_make_russian_html_western(declared: str, real: str) -> None:
    source = MARKUP.replace("WORDS", "Добрый день!").encode(real)
    found = message(plain(source, extra=kind(f"text/html; charset={declared}")))
    assert found.text == "Добрый день! (https://shop.example.org/a) —"


@pytest.mark.parametrize("text", WESTERN)
@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252"])
def test_western_text_stays_western(text: str, declared: str) -> None:
    assert decode(text.encode(declared), declared) == text
    html = message(plain(f"<p>{text}</p>".encode(declared), extra=kind(f"text/html; charset={declared}")))
    assert html.text == text


@pytest.mark.parametrize("text", [*WESTERN, "“But analysts say…” and more", "£750m – 10 €", "5 °C"])
def test_western_text_without_a_charset_does_not_become_russian(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


@pytest.mark.parametrize("text", ["order № 5", "ё", "в 5 PM", "«ok» — №1", "привет, order 5"])
def test_russian_signs_without_a_charset_stay_russian(text: str) -> None:
    assert decode(text.encode("cp1251")) == text


@pytest.mark.parametrize("declared", ["utf-8", "us-ascii", "windows-1251", "iso-8859-1", None])
@pytest.mark.parametrize(
    ("text", "read"),
    [
        (
            "Добрый день, пришлите счёт".encode() + b" \xd0 " + "на оплату".encode(),
            "Добрый день, пришлите счёт � на оплату",
        ),
        ("Цена 1".encode() + b"\xa0" + "000 рублей с доставкой".encode(), "Цена 1�000 рублей с доставкой"),
        ("Письмо оборвано на полусло".encode() + b"\xd0", "Письмо оборвано на полусло�"),
        (b"\xff" + "Ещё одно письмо".encode(), "�Ещё одно письмо"),
    ],
)
def test_a_bad_byte_in_utf_8_spoils_no_other_letter(text: bytes, read: str, declared: str) -> None:
    assert decode(text, declared) == read


@pytest.mark.parametrize("charset", ["koi8-r", "windows-1251", "gb2312", "euc-kr", "shift_jis", "big5"])
def test_a_bad_byte_in_a_declared_charset_spoils_no_other_letter(charset: str) -> None:
    text = {"gb2312": "你好，订单", "euc-kr": "안녕하세요 주문", "shift_jis": "こんにちは、注文", "big5": "你好，訂單"}
    words = text.get(charset, "Здравствуйте, пришлите счёт")
    bad = b"\x98" if charset == "windows-1251" else b"\xff"
    read = decode(words.encode(charset) + b" " + bad + b" ok", charset)
    assert read.startswith(words)
    assert read.endswith("ok")


@pytest.mark.parametrize("charset", ["punycode", "unicode_escape", "idna", "base64", "rot13", "undefined", "\x00"])
def test_a_codec_that_is_no_charset_is_not_used(charset: str) -> None:
    assert decode(b"C:\\new \\x41-\\d", charset) == "C:\\new \\x41-\\d"
    assert decode("Заказ".encode(), charset) == "Заказ"


@pytest.mark.parametrize("charset", ["utf-16", "utf-16le", "utf-16-be", "utf-32"])
def test_wide_charsets_are_read_and_not_believed_where_nothing_is_wide(charset: str) -> None:
    for text in ("Заказ №15", "привет", "order", "Price 10 €"):
        assert decode(text.encode(charset), charset) == text
    assert decode(b"plain order", charset) == "plain order"
    assert decode("Заказ".encode(), charset) == "Заказ"
    assert decode("Заказ".encode("cp1251"), charset) == "Заказ"


@pytest.mark.parametrize("unit", [b"\xd0", b"\xe0 ", b"\xe9a", "ё".encode(), b"\x80"])
def test_megabytes_of_whatever_are_read_in_linear_time(unit: bytes) -> None:
    began = time.monotonic()
    for declared in (None, "utf-8", "windows-1252", "koi8-r"):
        decode(unit * (4_000_000 // len(unit)), declared)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("text", ["Где мой заказ?", "Hello\n\nWhere is my order?", "Good\nmorning, all", "Hello"])
def test_a_text_that_is_labelled_base64_and_is_not_is_shown_as_it_is(text: str) -> None:
    labelled = kind("text/plain; charset=utf-8") + b"Content-Transfer-Encoding: base64\r\n"
    assert message(plain(text.encode(), extra=labelled)).text == text


@pytest.mark.parametrize("below", ["", "\n____\nsent by a list, to you"])
def test_base64_is_read_also_with_a_line_of_a_mailing_list_below_it(below: str) -> None:
    labelled = kind("text/plain; charset=utf-8") + b"Content-Transfer-Encoding: base64\r\n"
    encoded = base64.b64encode("Где мой заказ? Жду его.".encode()).decode()
    assert message(plain(f"{encoded}{below}".encode(), extra=labelled)).text.startswith("Где мой заказ? Жду его.")
