"""The forms of the words of a condition."""

from __future__ import annotations

import pytest

from chatapp_cli.services.word_forms import CollectedForms, DictionaryForms, StoredForms, phrase

FORMS = DictionaryForms()


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("купить", "куплю купишь купил купила купите купят купленный купив"),
        ("поддержка", "поддержки поддержку поддержкой поддержек"),
        ("елка", "елки елку елок елками"),
        ("заказать", "закажу закажете заказал заказала"),
        ("деньги", "денег деньгами"),
        ("оптовый", "оптовая оптового оптовые оптовым"),
        ("price", "prices"),
        ("сегвей", "сегвея сегвеи"),
    ],
)
def test_every_form_of_a_word_is_known(word: str, forms: str) -> None:
    assert set(forms.split()) <= FORMS.of(word)


@pytest.mark.parametrize(
    ("word", "other"), [("опт", "оптика"), ("цена", "оценка"), ("дом", "домра"), ("сталь", "стать"), ("x5", "x")]
)
def test_another_word_is_no_form(word: str, other: str) -> None:
    assert other not in FORMS.of(word)


def test_a_phrase_has_the_forms_of_each_word_and_yo_is_folded() -> None:
    made = phrase("Красная ёлка", FORMS)
    assert made is not None
    assert made.found(["хочу", "красную", "елку"]) == ["красную", "елку"]
    assert phrase("!!!", FORMS) is None
    exact = phrase("ёлка", FORMS, exact=True)
    assert exact is not None
    assert exact.forms == (frozenset({"елка"}),)


def test_what_was_collected_is_known_without_the_dictionary() -> None:
    collected = CollectedForms(FORMS)
    made = phrase("Красная ёлка", collected)
    assert phrase("Красная ёлка", StoredForms(collected.asked)) == made
    assert StoredForms(collected.asked).of("другое") == {"другое"}
