"""Names are found in the other alphabet and when the keyboard was in the wrong layout."""

import pytest

from chatapp_cli.domain.finding import fold, needles, other_spellings, search_text


def finds(query: str, name: str) -> bool:
    """As the list of dialogs compares."""
    stored = search_text(name)
    bare = stored.replace("ь", "")
    return all(
        needle in stored or any(spelled in bare for spelled in other_spellings(needle)) for needle in needles(query)
    )


@pytest.mark.req("S-116")
@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("Ivanova", "Анна Иванова"),
        ("anna ivanova", "Анна Иванова"),
        ("Olga", "Ольга Смирнова"),
        ("Tatyana", "Татьяна Белая"),
        ("Natalya", "Наталья"),
        ("Igor", "Игорь"),
        ("Dmitry", "Дмитрий Орлов"),
        ("Dmitriy", "Дмитрий Орлов"),
        ("Sergey", "Сергей"),
        ("Kuznetsova", "Кузнецова"),
        ("Zhukov", "Жуков"),
        ("Shcherbakova", "Щербакова"),
        ("Yulia", "Юлия"),
        ("Mariya", "Мария"),
        ("Maria", "Мария"),
        ("Соловьёва", "Elena Soloveva"),
        ("Жуков", "Oleg Zhukov"),
        ("bdfyjdf", "Иванова"),
        ("jkmuf", "Ольга"),
        ("шмфтщм", "ivanov"),
    ],
)
def test_a_name_is_found_however_it_is_spelled(query: str, name: str) -> None:
    assert finds(query, name)


@pytest.mark.parametrize(
    ("query", "name"), [("Ivanova", "Анна Петрова"), ("an", "Анна"), ("123", "Анна"), ("ььь", "Анна"), ("yyy", "Анна")]
)
def test_another_name_is_not(query: str, name: str) -> None:
    assert not finds(query, name)


def test_what_is_no_word_has_one_spelling() -> None:
    assert other_spellings("79120001122") == []
    assert other_spellings(fold("Ё!")) == []
