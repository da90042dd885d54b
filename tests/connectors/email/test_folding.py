"""A reply shows what was written this time."""

from __future__ import annotations

import pytest

from chatapp_cli.connectors.email.folding import Folded, fold
from chatapp_cli.connectors.email.html import to_text

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
    "Outlook, web": (
        "________________________________\nОт: Ёлочный базар <desk@shop.example.org>\n"
        "Отправлено: суббота, 21 ноября 2026 г. 10:15\nКому: Анна <anna@example.org>\nТема: Заказ\n\nБерёте?"
    ),
    "Lotus Notes": (
        "От: Ёлочный базар <desk@shop.example.org>\nКому: anna@example.org\nДата: 21.11.2026 10:15\n"
        "Тема: Заказ\n\nБерёте?"
    ),
    "The Bat!": "Вы писали 21 ноября 2026 г., 10:15:\n\n> Берёте?",
    "Gmail, German": "Am Sa., 21. Nov. 2026 um 10:15 Uhr schrieb Desk <desk@shop.example.org>:\n\n> Берёте?",
}


PEOPLE = {"desk@shop.example.org"}


def folded(text: str, *, titled: bool = True, answers: bool = True) -> Folded:
    return fold(text, people=PEOPLE, titled=titled, answers=answers)


@pytest.mark.req("S-097")
@pytest.mark.parametrize("program", QUOTED)
def test_the_earlier_mail_is_folded(program: str) -> None:
    text = f"{FRESH}\n\n{QUOTED[program]}"
    words = sum(bool(line.strip(" >")) for line in QUOTED[program].split("\n"))
    assert folded(text) == (FRESH, words)


def test_an_answer_below_the_quotation_is_what_is_left() -> None:
    assert folded(f"21.11.2026 10:15, Ёлочный базар пишет:\n> Берёте?\n\n{FRESH}") == (FRESH, 2)


def test_words_on_both_sides_of_a_quotation_are_left() -> None:
    text = f"Здравствуйте!\n\n{QUOTED['Yandex']}\n\n{FRESH}\n\n-- \nАнна"
    assert folded(text) == (f"Здравствуйте!\n\n{FRESH}\n\n-- \nАнна", 3)


@pytest.mark.parametrize(
    "text",
    [
        "Здравствуйте!\n\n21.11.2026 10:15, Анна пишет:\n> Берёте?\nДа.\n> Сколько?\nДве.",
        "> Какой цвет?\nКрасный\n> Какой размер?\n42",
        "> Берёте?",
        "21.11.2026 10:15, Ёлочный базар пишет:\n> Берёте?",
        "Нужно в заказ:\n> 100 кружек\n> 50 пледов",
        "Список от менеджера:\n\n> 10 свечей\n\nСпасибо",
        "К 12:30 привезите\n> 10 свечей",
        "Анна написала:\n> 10 свечей",
        "Хочу букет.\nОт: Ивана\nКому: Анне\nДата: 8 марта\nТекст открытки: с праздником!",
        "От: Ивана\nКому: Анне\nТема: поздравление\nДата: 8 марта 2026\nС праздником!",
        "Доставка\nДата: 8.03.2026 12:00\nОт кого: Иван\nКому: Анна",
        "Смотрите ниже\n\n---------- Пересылаемое сообщение ----------\nОт: Борис\nДата: сегодня\n\nЦены",
        "---------- Forwarded message ---------\nFrom: Boris\nDate: today\n\nprices",
        "Это вам\n\nBegin forwarded text:\n\nFrom: Boris <desk@shop.example.org>\nSent: 21 Nov 2026\nTo: us\n\nprices",
        "Это вам\n\nНачало переадресованного сообщения:\n\nОт: Борис\nОтправлено: 21.11.2026\nКому: нам\n\nцены",
        "Это вам\n\nОт: Юрист <law@example.org>\nОтправлено: 27 ноября 2026 г. 12:00\nКому: Клиент\nТема: Счёт\n\nсрок",
        "Цена от: 500 руб.",
        "",
    ],
)
def test_what_cannot_be_told_apart_stays_whole(text: str) -> None:
    assert folded(text) == (text, 0)


LEFT = "> Добрый день!\n>\n> Берёте две?\n> С уважением"


@pytest.mark.parametrize("end", ["", "\n", "\n \n"])
def test_what_a_program_left_of_the_answered_mail_below_the_answer_is_folded_without_an_introduction(end: str) -> None:
    assert folded(f"{FRESH}\n\n{LEFT}{end}") == (FRESH, 3)
    assert folded(f"{FRESH}\n\n-- \nАнна\n\n{LEFT}{end}") == (f"{FRESH}\n\n-- \nАнна", 3)


@pytest.mark.parametrize(
    "text",
    [
        f"{FRESH}\n{LEFT}",
        f"Нужно ещё:\n\n{LEFT}",
        f"{FRESH}\n\n{LEFT}\n\nСпасибо",
        f"{FRESH}\n\n> Добрый день!\n>\n> Берёте две?",
        f"> Цвет?\nКрасный\n\n{LEFT}",
        f"{FRESH}\n\n> Берёте?\n\n{LEFT}",
        LEFT,
        f"\n\n{LEFT}",
    ],
    ids=["beside", "announced", "in the middle", "two lines", "answers between", "in pieces", "alone", "below nothing"],
)
def test_quoted_lines_that_a_person_may_have_put_there_stay(text: str) -> None:
    assert folded(text) == (text, 0)


def test_quoted_lines_without_an_introduction_stay_in_a_mail_that_answers_none() -> None:
    text = f"{FRESH}\n\n{LEFT}"
    assert folded(text, answers=False) == (text, 0)


def test_a_sender_without_an_address_is_folded_only_below_a_reply_by_its_subject() -> None:
    text = f"{FRESH}\n\n{QUOTED['Outlook, Russian']}"
    assert folded(text, titled=True) == (FRESH, 4)
    assert folded(text, titled=False) == (text, 0)


def test_quotations_in_html_are_marked_as_in_a_plain_mail() -> None:
    attr = "<div class=gmail_attr>сб, 21 нояб. 2026 г. в 10:15, Базар &lt;desk@shop.example.org&gt;:<br></div>"
    quote = "<blockquote class=gmail_quote><p>Берёте?</p><p>Две?</p><blockquote>Сколько?</blockquote></blockquote>"
    html = f"<div>Да, беру две.</div><div class=gmail_quote>{attr}{quote}</div>"
    whole = (
        f"{FRESH}\n> сб, 21 нояб. 2026 г. в 10:15, Базар <desk@shop.example.org>:\n"
        ">\n> Берёте?\n>\n> Две?\n>\n>> Сколько?"
    )
    assert to_text(html) == whole
    assert folded(whole) == (FRESH, 4)


def test_words_that_a_person_wrote_inside_a_quotation_of_html_stay() -> None:
    attr = "<div class=gmail_attr>On Sat, Nov 21, 2026, Desk &lt;desk@shop.example.org&gt; wrote:</div>"
    html = f"<div class=gmail_quote>{attr}<blockquote>Цвет?</blockquote><p>Красный</p><blockquote>Размер?</blockquote>"
    text = to_text(html)
    assert text.endswith("> Цвет?\n\nКрасный\n\n> Размер?")
    assert folded(text) == (text, 0)


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
