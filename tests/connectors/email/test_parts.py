"""Which parts of a mail are read, and how their lines are put together."""

from __future__ import annotations

import time

import pytest

from chatapp_cli.connectors.email.flowed import unwrapped
from chatapp_cli.connectors.email.headers import parsed
from chatapp_cli.connectors.email.parts import content
from tests.connectors.email.corpus import attachment, kind, mixed, part, plain
from tests.connectors.email.reading import message

UTF8 = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
OFFER = "<p>Здравствуйте, Анна!</p><p>Ваш заказ №15 собран и ждёт в пункте выдачи до пятницы.</p>"


@pytest.mark.parametrize(
    "named",
    [
        part(UTF8 + '; name="message.txt"', "Текст здесь".encode()),
        part(UTF8 + '; name="message.txt"', "Текст здесь".encode(), b"Content-Disposition: inline"),
        part(UTF8, "Текст здесь".encode(), b'Content-Disposition: inline; filename="body.txt"'),
        part(HTML + '; name="mail.html"', "<p>Текст здесь</p>".encode()),
    ],
)
def test_a_body_with_a_name_is_read_where_the_mail_begins_with_it(named: bytes) -> None:
    found = message(mixed(named, attachment(b"; filename=a.pdf")))
    assert (found.text, [file.name for file in found.files]) == ("Текст здесь", ["a.pdf"])
    behind = message(mixed(part(UTF8, b"ok"), named))
    assert (behind.text, len(behind.files)) == ("ok", 1)


def test_an_attached_text_is_a_file_even_where_the_mail_begins_with_it() -> None:
    found = message(mixed(part(UTF8, b"lines", b'Content-Disposition: attachment; filename="log.txt"')))
    assert (found.text, [file.name for file in found.files]) == ("", ["log.txt"])


def test_named_alternatives_are_read_like_others() -> None:
    found = message(mixed(part(UTF8 + "; name=a.txt", b"ok"), part(HTML, b"<p>ok</p>"), subtype="alternative"))
    assert (found.text, found.files) == ("ok", ())


@pytest.mark.parametrize(
    "stub",
    [
        "",
        " \r\n ",
        "Это письмо в формате HTML.",
        "Your email client does not support HTML messages. Please enable HTML to view this one.",
        "Если письмо отображается неверно, откройте его в браузере: https://shop.example.org/m/15",
        "https://shop.example.org/m/15",
        "Ваш заказ",
        "<html><body><p>Здравствуйте</p></body></html>",
    ],
)
def test_a_stub_gives_way_to_the_html_beside_it(stub: str) -> None:
    found = message(mixed(part(UTF8, stub.encode()), part(HTML, OFFER.encode()), subtype="alternative"))
    assert found.text == "Здравствуйте, Анна!\n\nВаш заказ №15 собран и ждёт в пункте выдачи до пятницы."


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Здравствуйте, Анна! Ваш заказ №15 собран и ждёт до пятницы.", OFFER),
        ("Да, беру", "<p>Да, <b>беру</b></p>"),
        ("Пришлите вёрстку в HTML, пожалуйста", "<div>Пришлите вёрстку в HTML, пожалуйста</div>"),
        ("https://shop.example.org/m/15", "<a href='https://shop.example.org/m/15'><img src='x'></a>"),
        ("Заказ", ""),
        ("Подробно: https://shop.example.org/m/15.html " + "пихта, сосна, " * 12, OFFER),
        ("Наш каталог в HTML: " + "пихта, сосна, ель, " * 20, "<img alt='Каталог'> Нажмите, чтобы открыть"),
    ],
)
def test_a_plain_text_that_says_what_the_html_says_is_read(text: str, html: str) -> None:
    found = message(mixed(part(UTF8, text.encode()), part(HTML, html.encode()), subtype="alternative"))
    assert found.text == text.strip()


def test_a_short_text_that_says_something_else_is_read_beside_the_html() -> None:
    found = message(mixed(part(UTF8, "Срочно!".encode()), part(HTML, OFFER.encode()), subtype="alternative"))
    assert found.text.startswith("Срочно!\n\nЗдравствуйте, Анна!\n\nВаш заказ")


def test_other_forms_of_the_same_text_are_no_files() -> None:
    forms = [part(f"text/{kind}", b"<p>ok</p>") for kind in ("x-amp-html", "watch-html", "enriched")]
    found = message(mixed(part(UTF8, b"ok"), *forms, part(HTML, b"<p>ok</p>"), subtype="alternative"))
    assert (found.text, found.files) == ("ok", ())
    assert len(message(mixed(part(UTF8, b"ok"), *forms)).files) == 3
    assert len(message(mixed(*forms, subtype="alternative")).files) == 3


@pytest.mark.parametrize(
    "page",
    [b"<p>hi</p>", b"<p>a word</p>" * 15_000, b"<p>a word</p>" * 100_000, b"http:" * 200_000],
    ids=["short", "long", "longer", "one word"],
)
def test_alternatives_in_alternatives_take_no_time(page: bytes) -> None:
    raw = part(HTML, page)
    for depth in range(60):
        edge = b"%d" % depth
        head = kind(f'multipart/alternative; boundary="{depth}"') + b"\r\n"
        raw = (
            head
            + b"--"
            + edge
            + b"\r\n"
            + part(UTF8, b"x")
            + b"\r\n--"
            + edge
            + b"\r\n"
            + raw
            + b"\r\n--"
            + edge
            + b"--\r\n"
        )
    began = time.monotonic()
    assert message(b"From: anna@example.org\r\n" + raw).text.startswith("x")
    assert time.monotonic() - began < 10


def test_html_under_the_name_of_plain_text_is_read_as_html() -> None:
    assert message(plain(OFFER.encode(), extra=kind(UTF8))).text.startswith("Здравствуйте, Анна!\n\nВаш")
    assert message(plain(b"<html><script>x()</script></html>", extra=kind(UTF8))).text.startswith("<html>")
    assert message(plain(b"<3 you", extra=kind(UTF8))).text == "<3 you"
    assert message(plain(b"<p> is a tag", extra=kind(UTF8))).text == "<p> is a tag"


@pytest.mark.parametrize(
    ("wrapped", "delsp", "text"),
    [
        ("Это длинный абзац, который \nпочтовая программа \nперенесла.\nИ второй.", False,
         "Это длинный абзац, который почтовая программа перенесла.\nИ второй."),
        ("один \n-- \nИван\nОтдел", False, "один \n-- \nИван\nОтдел"),
        (" > не цитата\n From here", False, "> не цитата\nFrom here"),
        ("> раз \n> два\n>> глубже \n>> ещё\nответ", False, "> раз два\n>> глубже ещё\nответ"),
        ("> обрыв \nответ", False, "> обрыв \nответ"),
        ("中文的 \n句子", True, "中文的句子"),
        ("ab  \ncd \n", True, "ab cd"),
        ("", False, ""),
        (" ", False, ""),
    ],
)  # fmt: skip
def test_wrapped_paragraphs_are_joined(wrapped: str, text: str, *, delsp: bool) -> None:
    assert unwrapped(wrapped, delsp=delsp) == text
    said = kind(UTF8 + "; format=Flowed" + "; DelSp=Yes" * delsp)
    raw = plain(wrapped.replace("\n", "\r\n").encode(), extra=said)
    assert content(parsed(raw)).text == text.strip()


def test_text_that_is_not_marked_as_wrapped_keeps_its_lines() -> None:
    assert message(plain("раз \r\nдва".encode(), extra=kind(UTF8))).text == "раз \nдва"
