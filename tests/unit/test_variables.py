"""Variables in kept texts: both spellings, escapes, and nothing sent with a gap in it."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.variables import (
    CLIENT,
    COMPANY,
    DATE,
    LINE,
    OPENS,
    OPERATOR,
    canonical,
    escape,
    fill,
    gaps,
    missing,
    names,
    preview,
)

pytestmark = pytest.mark.req("S-140")
VALUES = {
    "client_name": "Анна",
    "company_name": "Тёплый дом",
    "operator_name": "Марина",
    "line_name": "Заказы",
    "date": "20.11.2026",
    "opens_at": "завтра в 09:00",
}
BRACED = st.text(alphabet="{} \nабё_a1.", max_size=40)
NAMES = st.text(alphabet=string.ascii_letters + "абвгё", min_size=1, max_size=12)


@pytest.mark.req("C-10")
@pytest.mark.parametrize(
    ("text", "read"),
    [
        *((f"{{{name}}}{{{alias}}}", VALUES[alias] * 2) for name, alias in zip(names("ru"), names("en"), strict=True)),
        ("{имя клиента}, это {имя оператора}", "Анна, это Марина"),
        ("{client_name}: {company_name}, {operator_name}, {date}", "Анна: Тёплый дом, Марина, 20.11.2026"),
        ("{ Имя   клиента } и {НАЗВАНИЕ КОМПАНИИ} {дата}", "Анна и Тёплый дом 20.11.2026"),
        ("{{имя клиента}} пишут так: {{", "{имя клиента} пишут так: {"),
        ("{{{имя клиента}}}", "{Анна}"),
        ("{} { } {a: 1} {имя\nклиента} }", "{} { } {a: 1} {имя\nклиента} }"),
        ("", ""),
    ],
)
def test_values_stand_where_the_variables_stood(text: str, read: str) -> None:
    assert fill(text, VALUES) == read


def test_each_variable_is_found_once_under_one_name_as_it_is_written_first() -> None:
    text = "{Имя клиента} {client_name} {номер заказа} {НОМЕР  ЗАКАЗА}"
    assert dict(gaps(text)) == {"client_name": "Имя клиента", "номер заказа": "номер заказа"}
    assert list(missing(text, VALUES | {"номер заказа": " "})) == ["номер заказа"]


def test_what_is_missing_is_named_as_it_is_written() -> None:
    with pytest.raises(UsageError) as caught:
        fill("{Номер Заказа} {имя клиента} {сумма}", {"client_name": "Анна"})
    assert str(caught.value.what) == "Nothing fills {Номер Заказа}, {сумма}."
    assert str(caught.value.next_step) == 'Fill every one so: --value "Номер Заказа=…"'
    assert preview("{Номер Заказа} {имя клиента}", {"client_name": "Анна"}) == "{Номер Заказа} Анна"


@given(text=st.text() | BRACED)
def test_an_escaped_text_is_read_as_it_was_written(text: str) -> None:
    assert fill(escape(text), {}) == text
    assert dict(gaps(escape(text))) == {}


@given(text=BRACED, value=st.text(alphabet="{}аb", min_size=1))
def test_a_value_is_never_read_as_a_variable_and_nothing_stays_open(text: str, value: str) -> None:
    values = dict.fromkeys(gaps(text), value)
    assert list(missing(text, values)) == []
    assert fill(text, values) == preview(text, values)
    assert not values or value in fill(text, values)


@given(before=st.text(), name=NAMES, after=st.text(), value=NAMES)
def test_the_text_around_a_variable_stays(before: str, name: str, after: str, value: str) -> None:
    text = f"{escape(before)}{{{name}}}{escape(after)}"
    assert fill(text, {canonical(name): value}) == f"{before}{value}{after}"


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_known_ones_are_told_as_they_are_understood(language: str) -> None:
    told = names(language)
    assert [canonical(name) for name in told] == [CLIENT, COMPANY, OPERATOR, LINE, DATE, OPENS]
    assert all(name.isascii() for name in told) == (language == "en")
