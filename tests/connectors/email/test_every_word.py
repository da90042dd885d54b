"""Every word that the standard library reads in a mail is in what we read."""

from __future__ import annotations

import random
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from html import escape
from html.parser import HTMLParser

import pytest

from chatapp_cli.connectors.email.headers import parsed
from chatapp_cli.connectors.email.parts import content

SENTENCE = (
    "заказ счёт ёлка пихта №15 1350 350,50 Анна o'Brien desk@example.org https://e.test/a?b=1#c re: html от: кому: >"
    " -- *важно* +7 (495) 123-45-67 100% «срочно» — a_b naïve Grüße 😀 &amp; <br> from To: дата: wrote: =20 ."
)
WORDS = SENTENCE.split()
CHARSETS = ("utf-8", "koi8-r", "windows-1251", "utf-16", "iso-8859-1", "us-ascii")
ENCODINGS = ("base64", "quoted-printable", "8bit")
TAGS = ("p", "div", "b", "td", "li", "h1", "pre", "span", "blockquote", "th", "section", "font", "center")


class Shown(HTMLParser):
    """The text of a page, by the standard library."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.feed(source)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def some(chance: random.Random, charset: str) -> str:
    lines = (" ".join(chance.choices(WORDS, k=chance.randint(0, 8))) for _ in range(chance.randint(1, 12)))
    text = "\n".join(lines)
    return text.encode(charset, "ignore").decode(charset)


def page(chance: random.Random, charset: str) -> str:
    pieces = [escape(line) for line in some(chance, charset).split("\n")]
    tagged = (f"<{tag}>{piece}</{tag}>" for piece in pieces for tag in [chance.choice(TAGS)])
    rows = "".join(f"<tr><td>{chance.choice(pieces)}<td>{chance.choice(pieces)}<td>" for _ in range(3))
    return f"<html><body>{'<br>'.join(tagged)}<table>{rows}</table></body></html>"


def built(chance: random.Random) -> tuple[bytes, str]:
    """A mail, and the kind of its text."""
    charset, encoding = chance.choice(CHARSETS), chance.choice(ENCODINGS)
    encoding = "base64" if charset == "utf-16" else encoding
    kind = chance.choice(("plain", "html"))
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "anna@example.org", "desk@shop.example.org", "Заказ"
    text = (some if kind == "plain" else page)(chance, charset)
    mail.set_content(text, subtype=kind, charset=charset, cte=encoding)
    if chance.random() < 0.3:
        mail.set_param("name", "body.txt")
    if chance.random() < 0.3:
        mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Счёт.pdf")
    return mail.as_bytes(), kind


def test_every_word_of_1500_built_mails_is_read() -> None:
    chance = random.Random(13)
    for _ in range(1500):
        raw, kind = built(chance)
        body = message_from_bytes(raw, policy=default).get_body((kind,))
        assert body is not None
        expected = body.get_content()
        expected = " ".join(Shown(expected).text) if kind == "html" else expected
        found = content(parsed(raw)).text
        assert words(expected) <= words(found), raw.decode("utf-8", "replace")


@pytest.mark.parametrize("flowed", ["", "; format=flowed"])
def test_every_word_of_plain_text_is_read_whether_it_is_wrapped_or_not(flowed: str) -> None:
    chance = random.Random(7)
    for _ in range(500):
        text = some(chance, "utf-8").replace("\n", chance.choice((" \r\n", "\r\n", "\r\n> ")))
        raw = f"From: a@example.org\r\nContent-Type: text/plain; charset=utf-8{flowed}\r\n\r\n{text}".encode()
        assert words(text) == words(content(parsed(raw)).text)
