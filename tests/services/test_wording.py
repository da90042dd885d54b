"""Words without their endings, what a person looks for, and the part of a message that shows it."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.wording import Query
from chatapp_cli.services.search import Snippet, snippet
from chatapp_cli.services.wording import marks, stem, stems, understood
from chatapp_cli.store.search import MessageWords


@pytest.mark.req("S-116")
@pytest.mark.parametrize(
    "forms",
    [
        ("кровать", "кровати", "кроватью"),
        ("диван", "диваны", "диванами"),
        ("елок", "елка", "елки"),
        ("кузнец", "кузнеца"),
        ("порядок", "порядка"),
        ("running", "runs", "run"),
        ("invoices", "invoice"),
    ],
)
def test_the_forms_of_a_word_have_one_stem(forms: tuple[str, ...]) -> None:
    assert {stem(form) for form in forms} == {stem(forms[0])}
    assert stem(forms[0])


@pytest.mark.parametrize(("word", "other"), [("кровать", "кров"), ("мир", "мера"), ("дом", "дым"), ("елка", "елец")])
def test_words_that_only_look_alike_have_not(word: str, other: str) -> None:
    assert stem(word) != stem(other)


@pytest.mark.parametrize("word", ["12абв", "hello2", "12", "да", "на", "дом"])
def test_what_is_no_word_of_one_language_and_what_is_short_stays_as_it_is(word: str) -> None:
    assert stem(word) == word


def test_a_text_is_found_by_its_words_and_by_the_last_digits_of_its_phones() -> None:
    assert stems("Кровати и running, 8 (916) 123-45-67") == "кроват и run 8 916 123 45 67 9161234567"


@pytest.mark.parametrize(
    ("said", "typing", "query"),
    [
        ("", False, Query([], [])),
        ("диваны", False, Query([["див"]], [])),
        ('"белый шкаф', False, Query([["бел", "шкаф"]], [])),
        ("«белый шкаф» дома", False, Query([["бел", "шкаф"], ["дом"]], [])),
        ('дом -"белый шкаф" -сад', False, Query([["дом"]], [["бел", "шкаф"], ["сад"]])),
        ("дом - сад", False, Query([["дом"], ["сад"]], [])),
        (" 8 916 123 45 67 ", False, Query([["9161234567"]])),
        ("12345", False, Query([["12345"]], [])),
        ("дом бел", True, Query([["дом"], ["бел"]], [], "бел")),
        ("дом бел ", True, Query([["дом"], ["бел"]], [])),
        ("дом -бел", True, Query([["дом"]], [["бел"]])),
        ("дом бел", False, Query([["дом"], ["бел"]], [])),
    ],
)
def test_a_question_is_words_phrases_what_is_not_wanted_and_a_word_that_may_go_on(
    said: str, typing: bool, query: Query
) -> None:
    found = understood(said, typing=typing)
    assert (found.parts, list(found.without), found.begun) == (query.parts, list(query.without), query.begun)
    assert bool(found) == bool(query.parts)


@pytest.mark.parametrize(
    ("text", "said", "typing", "shown"),
    [
        ("Диваны и кровать, диван", "диван", False, ["Диваны", "диван"]),
        ("Диваны и кровать", "диван кров", True, ["Диваны", "кровать"]),
        ("Диваны и кровать", "диван кров", False, ["Диваны"]),
        ("Звоните: 8 (916) 123-45-67", "+7 916 123 45 67", False, ["8 (916) 123-45-67"]),
        ("Ничего", "диван", False, []),
    ],
)
def test_what_was_looked_for_is_marked_where_it_stands(text: str, said: str, typing: bool, shown: list[str]) -> None:
    assert [text[start:end] for start, end in marks(text, understood(said, typing=typing))] == shown


def said(text: str = "", *, subject: str = "", files: str = "") -> MessageWords:
    return MessageWords(MessageId(1), DialogId(1), "in", "", 0, None, text, subject, files, "")


FAR = "а" * 9 + " " + "слово " * 10 + "диван " + "потом " * 40


@pytest.mark.parametrize(
    ("words", "text", "marked"),
    [
        (said("Где диван?\n\tЗавтра"), "Где диван?  Завтра", ["диван"]),
        (said("Где?", subject="Диван"), "Диван", ["Диван"]),
        (said("Где?", files="диван.jpg"), "диван.jpg", ["диван"]),
        (said("", subject="", files="стол.jpg"), "стол.jpg", []),
        (said("Где?", subject="Стол"), "Где?", []),
        (said("я" * 200), "я" * 120 + "…", []),
        (said("а" * 28 + " диван"), "а" * 28 + " диван", ["диван"]),
        (said("а" * 31 + " диван"), "а" * 31 + " диван", ["диван"]),
        (said("а" * 32 + " диван"), "…диван", ["диван"]),
        (said("б" * 10 + " " + "а" * 30 + " диван"), "…" + "а" * 30 + " диван", ["диван"]),
        (said("а" * 90 + "-диван"), "…диван", ["диван"]),
        (said("диван " + "а" * 109 + " диван"), "диван " + "а" * 109 + " дива…", ["диван"]),
    ],
)
def test_a_snippet_is_one_line_around_the_first_word_that_was_looked_for(
    words: MessageWords, text: str, marked: list[str]
) -> None:
    found = snippet(words, understood("диваны"))
    assert (found.text, [found.text[start:end] for start, end in found.marks]) == (text, marked)


def test_a_snippet_of_a_long_message_begins_before_the_word_and_ends_after_it() -> None:
    found = snippet(said(FAR), understood("диван"))
    assert found.text == "…" + FAR[FAR.index("диван") - 30 :][:120].rstrip() + "…"
    assert found == Snippet(found.text, [(31, 36)])
