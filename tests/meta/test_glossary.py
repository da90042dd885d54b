"""The Russian catalogue says each thing by the word of the glossary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from scripts import messages

PAGE = Path(__file__).parents[2] / "docs" / "glossary.md"

WORDS: Mapping[str, str] = {
    "утверждённый шаблон": r"утвержд[её]нн\w+ шаблон",
    "стоп-лист": r"стоп-лист|бл[эе]клист",
    "заказчик": r"\bзаказчик",
    "демон": r"(?i)\bдемон(?!стр)",
    "мёртвое письмо": r"м[её]ртв\w+ (?:письм|сообщ|поступ)",
    "Email": r"\bE-?mail\b(?<!E-mail)(?<!e-mail)|\b[иэ]?-?мейл|\bемэйл",
    "Новый диалог +": r"диалог \+(?!$)",
    "опция": r"\bопци[яийюе]",
    "тег": r"\bт[еэ]г(?:а|у|ом|и|ов|ам|ами|ах|е)?\b",
    "юзернейм": r"юзерне[йи]м",
    "« – », « - »": r"(?:^|\s)–\s|\s-\s",
    "еще, учетный, черный": r"\bеще\b|\bучетн|\bчерн(?:ый|ого|ому|ым|ом)\b",
}
"""What is not said, as it stands on the page, with its forms."""
MEANT: Mapping[str, tuple[str, str]] = {
    "подключить канал": (r"\bbind", r"(?<!«)\bподключ(?:ите|ать|ить|ени[еяю])\b"),
    "соединить CRM": (r"^(?!.*\bpair)(?=.*\bCRMs?\b).*\b(?:un)?link(?:s|ed|ing)?\b", r"соедин|\bподключ"),
    "связать канал": (r"^(?!.*\blink).*\bpair(?:s|ed|ing|ings)?\b", r"\bсвяз|\bподключ"),
    "рабочий стол": (r"\bdesk\b", r"рабоч\w+ стол"),
    "сотрудник": (r"^(?!.*\bemployees?\b).*\boperators?\b", r"сотрудни"),
    "тип канала": (r"\bkinds? of channels?|by kind", r"\bтип(?:а|у|ом|ы|ов|ам)?\b"),
    "сервис": (r"\bproviders?\b", r"\bсервис(?!н)"),
    "сохранённый вид": (r"\bviews?\b", r"\bвид(?:а|у|ом|ы|ов|ам|ами|ах|е)?\b"),
    "под вопросом, сомнения, неизвестно": (
        r"uncertain|nobody knows whether|may or may not",
        r"под вопросом|сомне|неизвестно|неопредел",
    ),
    '"…"': (r'^[^"“]*$', r'["“”„]'),
    "...": (r"^(?!.*\.\.\.)", r"\.\.\."),
}
"""What is said of other things too: only where the English says this."""


def catalogue() -> Iterator[tuple[str, str]]:
    """Each sentence in English with each form of it in Russian; empty where it is not translated."""
    for message in messages.translated("ru", messages.template()):
        if message.id:
            sources = message.id if isinstance(message.id, tuple | list) else (message.id,)
            forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
            yield from ((sources[0], form or "") for form in forms or ("",))


def slips(said: Iterator[tuple[str, str]]) -> list[str]:
    """Sentences with a word that the glossary rules out."""
    found = []
    for english, russian in said:
        if not russian:
            found.append(f"not translated: {english}")
        found += [f"{word}: {russian}" for word, forms in WORDS.items() if re.search(forms, russian)]
        found += [
            f"{word}: {russian}"
            for word, (meant, forms) in MEANT.items()
            if re.search(meant, english, re.IGNORECASE | re.DOTALL) and re.search(forms, russian, re.IGNORECASE)
        ]
    return found


def test_the_catalogue_says_each_thing_by_its_word() -> None:
    assert slips(catalogue()) == []


def test_every_word_that_the_page_rules_out_is_looked_for() -> None:
    rows = PAGE.read_text("utf-8").partition("## In code and docs")[0].splitlines()
    last = {row.strip("|").split("|")[-1].strip() for row in rows if row.startswith("| ")}
    assert {word for word in last if word and not word.startswith("Not · ")} == {*WORDS, *MEANT}


@pytest.mark.parametrize(
    ("english", "russian"),
    [
        ("The daemon runs", "Демон работает"),
        ("An operator", "Сотрудник"),
        ("The next saved view", "Следующий сохранённый вид"),
        ("Bind another account.", "Подключите другой аккаунт."),
        ("Kind of channel", "Тип канала"),
        ("Link the CRM again.", "Подключите CRM заново."),
        ("CRM unlinked", "CRM отсоединена"),
        ("A channel is paired", "Канал связан"),
        ("Nobody knows whether it arrived.", "Неизвестно, дошло ли."),
        ("A note is for colleagues.", "Заметка – для коллег."),
        ("The text; - reads it", "Текст; - читает его"),
        ("A new dialog: write first", "Новый диалог +: написать"),
        ("E-mail for notices", "Email для уведомлений"),
        ("Wait", "Подождите..."),
        ("The key", 'Ключ "x"'),
        ("The provider refused", "Сервис отклонил"),
        ("Not translated yet", ""),
    ],
)
def test_a_slip_is_found_out(english: str, russian: str) -> None:
    assert len(slips(iter([(english, russian)]))) == 1


@pytest.mark.parametrize(
    ("english", "russian"),
    [
        ("The demo has no browser.", "В демонстрации нет браузера."),
        ("List every kind of channel.", "Показать все виды каналов."),
        ("Did you mean: {name}", "Возможно, вы имели в виду: {name}"),
        ("Mail service", "Почтовый сервис"),
        ("Link a CRM and pair a channel", "Связать CRM и соединить с ней канал"),
        ("Linked devices of the phone", "Устройства, подключённые к телефону"),
        ("The operator is an employee of the portal", "Оператор — сотрудник портала"),
        ("The text; - reads it", "Текст; «-» читает стандартный ввод"),
        ("It may be so", "Может быть, и так — неясно."),
        ("New dialog +", "Новый диалог +"),
        ('Words, "a phrase"', 'Слова, "фраза"'),
    ],
)
def test_what_only_looks_like_a_slip_is_none(english: str, russian: str) -> None:
    assert slips(iter([(english, russian)])) == []
