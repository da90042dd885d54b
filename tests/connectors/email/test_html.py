"""HTML reads as text that says as much as the page did."""

from __future__ import annotations

import time

import pytest

from chatapp_cli.connectors.email.html import to_text

PHONE = "<a href='tel:+7 495 123-45-67'>{}</a>"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<table><tr><th>Товар<th>Кол-во<th>Цена<tr><td>Свеча<td>10<td>350<tr><td>Плед<td><td>2900</table><ol><li>раз</ol>",
            "Товар | Кол-во | Цена\nСвеча | 10 | 350\nПлед | | 2900\nраз",
        ),
        ("<table><tr><td>10<td>&nbsp;<td>1350</table>", "10 | | 1350"),
        ("<table><tr><td>Имя<td>Анна<tr><td>Телефон<td></table>после", "Имя Анна\nТелефон\nпосле"),
        ("<table><tr><td>Имя<td>Анна<tr><td>Город<td>Тверь</table>", "Имя | Анна\nГород | Тверь"),
        ("<table><tr><td>a<td> <td>1<tr><td>b<td><td>2</table>", "a | 1\nb | 2"),
        ("<table><tr><td><p>Свеча<br>белая</p><td>1<tr><td>Плед<td>2</table>", "Свеча белая | 1\nПлед | 2"),
        ("<table><caption>Цены<tr><td>a<td>1<tr><td>b<td>2</table>", "Цены\n\na | 1\nb | 2"),
        (
            "<table><tr><td><table><tr><td>x<td>1<tr><td>y<td>2</table><td>рядом</table>",
            "x | 1\ny | 2\nрядом",
        ),
        (f"<table><tr><td>{'слово ' * 50}<td>b<td>c</table>", ("слово " * 50) + "b c"),
        ("<table><tr><td>один</table>", "один"),
        ("<table></table><table><tr></table>x", "x"),
    ],
)  # fmt: skip
def test_tables_of_data_have_bars_between_their_cells_and_keep_empty_ones(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (PHONE.format("Позвонить"), "Позвонить (+7 495 123-45-67)"),
        (PHONE.format("+7 (495) 123-45-67"), "+7 (495) 123-45-67"),
        (PHONE.format("8 (495) 123-45-67"), "8 (495) 123-45-67 (+7 495 123-45-67)"),
        ("<a href='mailto:anna@example.org'>Анна</a>", "Анна (anna@example.org)"),
        ("<a href='MAILTO:anna%40example.org?subject=x'>Анна</a>", "Анна (anna@example.org)"),
        ("<a href='mailto:anna@example.org'>Anna@Example.org</a>", "Anna@Example.org"),
        ("<a href='mailto:?subject=x'>Анна</a>", "Анна"),
        ("<a href='HTTPS://e.test/a'>тут</a>", "тут (HTTPS://e.test/a)"),
        ("<a href='data:text/html,x'>тут</a>", "тут"),
    ],
)
def test_the_target_of_a_link_is_shown_where_its_words_do_not_say_it(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<img src='http://x.test/a.png' alt='Скидка 20% по коду ЗИМА'>", "[Скидка 20% по коду ЗИМА]"),
        ("<a href='https://x.test/'><img src='b.png' alt='Каталог'></a>", "[Каталог] (https://x.test/)"),
        ("Рада<img alt='😀'>", "Рада😀"),
        ("<img alt=''><img src='cid:1' alt='image001.png'>ok", "ok"),
        ("<table><tr><td><img alt='Свеча'><td>1<td>350</table>", "[Свеча] | 1 | 350"),
        ("<div style='display:none'><img alt='не видно'></div>ok", "ok"),
    ],
)
def test_pictures_say_what_they_show(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    "unit",
    ["<table>", "<table><tr><td>", "<table><tr><td></table>", "<td>", "<tr><td>1<td>2", "<img alt=x>", "<a href=tel:1>",
     "&#xe003;", "&#xe003;&#xe005;", "&#xe006;"],
)  # fmt: skip
def test_hostile_tables_and_pictures_take_linear_time(unit: str) -> None:
    began = time.monotonic()
    to_text(unit * 30_000)
    to_text("<table><tr>" + "<td>1" * 30_000 + "<tr><td>2" * 30_000)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("раз<!--#rotate>два", "раздва"),
        ("<!-- a -->раз<!-- b>два<!-- c>три", "раздватри"),
        ("<!-- a>b -->раз<!--[if mso]>скрыто<![endif]-->", "раз"),
        ("раз<!-- и больше ничего", "раз"),
    ],
)
def test_a_comment_without_an_end_hides_nothing_behind_it(html: str, text: str) -> None:
    assert to_text(html) == text


def test_choices_and_terms_stand_on_lines_of_their_own() -> None:
    assert to_text("<select><option>Тверь<option>Псков</select>") == "Тверь\nПсков"
    assert to_text("<dl><dt>Цвет<dd>зелёный</dl><center>конец</center>") == "Цвет\nзелёный\nконец"
