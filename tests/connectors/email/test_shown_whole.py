"""All that a mail says, for a person who asks for it."""

from time import perf_counter

import pytest

from chatapp_cli.connectors.email.whole import whole
from tests.connectors.email.corpus import CASES, UNREADABLE, Case, kind, mixed, part, plain, word

PICTURE = part("image/png", b"x", b"Content-ID: <logo@1>", b'Content-Disposition: inline; filename="logo.png"')
UTF8 = "text/html; charset=utf-8"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_whatever_comes_says_at_least_what_the_conversation_shows(case: Case) -> None:
    assert " ".join(case.text.split()) in " ".join(whole(case.raw).text.split())


@pytest.mark.req("S-097")
def test_html_is_text_with_links_tables_and_the_names_of_pictures() -> None:
    html = (
        "<p>Смотрите <a href='https://lavka.example/a'>каталог</a></p><img src='cid:logo@1'>"
        "<img src='https://lavka.example/i/fir.jpg?x=1'><img src='https://t.example/p.gif' width=1 height=1>"
        "<table><tr><td>Ёлка<td>2<tr><td>Пихта<td>1</table>"
    )
    found = whole(mixed(part(UTF8, html.encode()), PICTURE, subtype="related"))
    assert found.html == html
    assert found.text == "Смотрите каталог (https://lavka.example/a)\n\n[logo.png][fir.jpg]\nЁлка | 2\nПихта | 1"


def test_html_counts_before_the_plain_text_that_is_its_alternative_and_not_before_another() -> None:
    alternatives = mixed(part("text/plain", b"short"), part(UTF8, b"<p>long"), subtype="alternative")
    assert whole(alternatives).text == "long"
    assert whole(mixed(part("text/plain", b"above"), part(UTF8, b"<p>below"))).text == "above\n\nbelow"


def test_the_html_of_an_attached_mail_is_not_of_this_one() -> None:
    inner = plain(b"<p>inner", extra=kind("text/html"))
    found = whole(mixed(part("text/plain", b"ok"), part("message/rfc822", inner)))
    assert (found.text, found.html) == ("ok", "")


def test_headers_stand_in_order_each_decoded_in_one_line() -> None:
    extra = b"Received: from a\r\n\tby b\r\nReceived: from c\r\nX-Name: " + word("Ёлка") + b"\r\n"
    assert [*whole(plain(b"ok", extra=extra)).headers] == [
        ("From", "Анна Белова <anna@example.org>"),
        ("To", "desk@shop.example.org"),
        ("Subject", "Заказ"),
        ("Received", "from a by b"),
        ("Received", "from c"),
        ("X-Name", "Ёлка"),
    ]


def test_of_a_mail_that_cannot_be_read_the_headers_are_shown() -> None:
    found = whole(UNREADABLE)
    assert (found.headers[2], found.html) == (("Subject", "Заказ"), "")


def test_alternatives_in_alternatives_are_read_at_once() -> None:
    raw = plain(b"", extra=kind('multipart/alternative; boundary="0"'))
    for n in range(90):
        html = b"--%d\r\nContent-Type: text/html\r\n\r\n<p>level %d\r\n" % (n, n)
        raw += html * 20 + b'--%d\r\nContent-Type: multipart/alternative; boundary="%d"\r\n\r\n' % (n, n + 1)
    began = perf_counter()
    assert whole(raw).text.startswith("level 0")
    assert perf_counter() - began < 5
