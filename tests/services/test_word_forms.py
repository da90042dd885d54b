"""The forms of the words of a condition."""

from __future__ import annotations

import pytest
from pymorphy3 import MorphAnalyzer

from chatapp_cli.domain.finding import fold
from chatapp_cli.services import word_doubts
from chatapp_cli.services.word_forms import CollectedForms, DictionaryForms, StoredForms, phrase

FORMS = DictionaryForms()
MORPH = MorphAnalyzer()


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


LISTED = """
цена заказ доставка оплата скидка товар магазин склад размер цвет качество гарантия возврат обмен чек счёт договор
клиент менеджер компания офис адрес телефон почта сайт ссылка фото видео документ паспорт карта банк монета рубль сумма
платёж кредит рассрочка налог справка акт накладная курьер посылка коробка упаковка вес метр килограмм штука пара
ремонт замена деталь запчасть мастер инструмент краска плитка дверь окно стена потолок лампа мебель стол
кровать шкаф кухня ванна холодильник телевизор компьютер ноутбук принтер кабель батарея зарядка экран клавиатура
программа пароль ключ вход кабинет ошибка вопрос ответ помощь консультация запись приём врач анализ аптека лекарство
билет рейс поезд автобус такси машина колесо масло бензин гостиница номер отдых экскурсия виза школа курс урок учитель
ребёнок книга журнал подарок праздник букет роза торт кофе чай хлеб молоко мясо рыба овощ фрукт яблоко ресторан меню
одежда платье рубашка куртка обувь сапог сумка шапка сезон зима лето весна осень утро вечер ночь день неделя месяц год
купить заказать оплатить вернуть забрать привезти отправить получить найти выбрать позвонить написать узнать посмотреть
отменить изменить проверить починить установить подключить настроить записаться приехать работать открыть закрыть
новый старый большой маленький дешёвый дорогой хороший плохой быстрый срочный свободный красный белый чёрный
комплект стул диван кассета фонарь забор колодец лодка
"""
WORDS = LISTED.split()[:200]


def _forms(word: str) -> set[str]:
    """All forms of the words of which this is the first form, by the dictionary itself."""
    mine = [one for one in MORPH.parse(word) if fold(one.normal_form) == fold(word)]
    return {fold(form.word) for one in mine for form in one.lexeme}


def _look_alike(word: str, forms: set[str]) -> str:
    """A word of the dictionary with the same beginning, as much of it as there is, that is no form of the word."""
    for length in range(len(word) - 1, 1, -1):
        for parse in MORPH.iter_known_word_parses(word[:length]):
            found = parse.word
            if fold(found) not in forms and fold(parse.normal_form) != fold(word) and found.isalpha():
                return found
    raise LookupError(word)


@pytest.mark.req("S-035", part="words in any form")
def test_two_hundred_words_are_found_in_every_form_and_two_hundred_that_look_alike_are_not() -> None:
    asked = {word: phrase(word, FORMS) for word in WORDS}
    forms = {word: _forms(word) for word in WORDS}
    missed = [
        (word, form) for word, made in asked.items() for form in forms[word] if not made or not made.found([form])
    ]
    alike = {word: fold(_look_alike(word, forms[word])) for word in WORDS}
    taken = [(word, alike[word]) for word, made in asked.items() if made and made.found([alike[word]])]
    assert (len(asked), len(alike), missed, taken) == (200, 200, [], [])
    assert min(map(len, forms.values())) > 0
    assert sum(map(len, forms.values())) > 3_000


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("стали", "«стали» may be a form of стать, сталь: the forms of стать are found."),
        ("мыла", "«мыла» may be a form of мыло, мыть: the forms of мыло are found."),
        ("авокорн", "«авокорн» is in no dictionary: it is found in the forms that it is likely to have."),
        ("цена", ""),
    ],
)
def test_a_word_that_may_be_a_form_of_several_is_told(word: str, told: str) -> None:
    assert "".join(map(str, word_doubts.of_condition({"any": [{"words": [word]}]}))) == told
