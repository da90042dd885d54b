"""The forms of the words of a condition."""

from __future__ import annotations

import pytest

from chatapp_cli.services.word_forms import DictionaryForms, StemmedForms, WordForms, phrase

STEMMED = StemmedForms()


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("купить", "куплю купишь купил купила купите купят купили"),
        ("поддержка", "поддержки поддержку поддержкой поддержек"),
        ("елка", "елки елку елок елками"),
        ("заказать", "закажу закажете заказал заказала"),
        ("диван", "дивана диваны диванами диванов"),
        ("оптовый", "оптовая оптового оптовые оптовым"),
        ("вернуть", "верну вернете вернул верните"),
        ("price", "prices"),
    ],
)
def test_without_a_dictionary_the_usual_forms_are_known(word: str, forms: str) -> None:
    assert set(forms.split()) <= STEMMED.of(word)


@pytest.mark.parametrize(
    ("word", "other"), [("опт", "оптика"), ("цена", "оценка"), ("дом", "домра"), ("счет", "считать")]
)
def test_another_word_is_no_form(word: str, other: str) -> None:
    assert other not in STEMMED.of(word)


def test_every_form_of_the_dictionary_is_known_where_it_is_installed() -> None:
    pytest.importorskip("pymorphy3")
    forms = DictionaryForms()
    assert {"куплю", "купленный", "купив"} <= forms.of("купить")
    assert {"денег", "деньгами"} <= forms.of("деньги")
    assert "стать" not in forms.of("сталь")
    assert {"price", "prices"} <= forms.of("price")


@pytest.mark.parametrize("forms", [STEMMED])
def test_a_phrase_has_the_forms_of_each_word_and_yo_is_folded(forms: WordForms) -> None:
    made = phrase("Красная ёлка", forms=forms)
    assert made is not None
    assert made.found(["хочу", "красную", "елку"]) == ["красную", "елку"]
    assert phrase("!!!", forms=forms) is None
    exact = phrase("ёлка", exact=True, forms=forms)
    assert exact is not None
    assert exact.forms == (frozenset({"елка"}),)
