"""A reply shows what was written this time."""

from __future__ import annotations

import pytest

from chatapp_cli.connectors.email.html import to_text
from chatapp_cli.connectors.email.quotes import cut

FRESH = "Да, беру две."

QUOTED = {
    "Yandex": '21.11.2026, 10:15, "Ёлочный базар" <desk@shop.example.org>:\n> Берёте?\n> С уважением',
    "Gmail": "сб, 21 нояб. 2026 г. в 10:15, Ёлочный базар <desk@shop.example.org>:\n\n> Берёте?",
    "Gmail, wrapped": "сб, 21 нояб. 2026 г. в 10:15, Ёлочный базар\n<desk@shop.example.org>:\n> Берёте?",
    "Mail.ru": "Суббота, 21 ноября 2026, 10:15 +03:00 от Ёлочный базар <desk@shop.example.org>:\n \n>Берёте?",
    "Mail.ru, quoted": ">Суббота, 21 ноября 2026, 10:15 +03:00 от Ёлочный базар <desk@shop.example.org>:\n>\n>Берёте?",
    "Thunderbird": "21.11.2026 10:15, Ёлочный базар пишет:\n> Берёте?",
    "Outlook": "From: Ёлочный базар\nSent: Saturday, November 21, 2026\nTo: Анна\nSubject: Заказ\n\nБерёте?",
    "Outlook, Russian": "От: Ёлочный базар\nОтправлено: 21 ноября 2026 г.\nКому: Анна\n\nБерёте?",
    "Outlook, divided": "-----Исходное сообщение-----\nОт: Ёлочный базар\n\nБерёте?",
    "Outlook, English": "-----Original Message-----\nFrom: desk\n\nБерёте?",
    "Apple": "On 21 Nov 2026, at 10:15, Desk <desk@shop.example.org> wrote:\n\n> Берёте?",
    "bare": "> Берёте?",
}


@pytest.mark.parametrize("program", QUOTED)
def test_the_earlier_mail_is_cut(program: str) -> None:
    assert cut(f"{FRESH}\n\n{QUOTED[program]}") == FRESH


def test_an_answer_below_the_quote_is_what_is_left() -> None:
    assert cut(f"21.11.2026 10:15, Ёлочный базар пишет:\n> Берёте?\n\n{FRESH}") == FRESH


@pytest.mark.parametrize(
    "text",
    [
        "Здравствуйте!\n\nАнна пишет:\n> Берёте?\nДа.\n> Сколько?\nДве.",
        "> Берёте?",
        "Смотрите ниже\n\n---------- Пересылаемое сообщение ----------\nОт: Борис\nДата: сегодня\n\nЦены",
        "---------- Forwarded message ---------\nFrom: Boris\nDate: today\n\nprices",
        "Цена от: 500 руб.",
        "",
    ],
)
def test_what_cannot_be_told_apart_stays_whole(text: str) -> None:
    assert cut(text) == text


def test_html_loses_what_mail_programs_mark_as_quoted() -> None:
    html = "<div>Да, беру две.</div><div class=gmail_quote>вчера<blockquote>Берёте?</blockquote></div>"
    assert to_text(html, quotes=False) == FRESH
    assert to_text(html) == "Да, беру две.\nвчера\nБерёте?"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b", "a\nb"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<pre>a\nb</pre>", "a\nb"),
        ("a <b>b</b>c", "a bc"),
        ("<script>x</script><style>y</style>z", "z"),
        ("<p hidden>x</p>z", "z"),
        ("<a href='https://e.test/'>https://e.test</a>", "https://e.test"),
        ("<a href='javascript:alert(1)'>x</a>", "x"),
        ("<div>" * 3000 + "deep" + "</div>" * 3000, "deep"),
        ("", ""),
        ("<!-- nothing", ""),
    ],
)
def test_html_reads_as_text(html: str, text: str) -> None:
    assert to_text(html) == text
