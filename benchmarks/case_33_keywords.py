"""Case 33: fifty keywords in all their forms, looked for in texts, beside cutting these into words and a set of forms.

Cold, the condition is made anew of what is stored, and every text is seen for the first time; warm, it is there and
the texts are the same as before. One text in five has a keyword, and one keyword in ten is a phrase.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Final

from benchmarks import ingesting
from benchmarks.harness import Case
from chatapp_cli.domain.condition import Condition, Occasion, OnSource
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.domain.wording import words
from chatapp_cli.services.conditions import SourceNames, compiled
from chatapp_cli.services.word_forms import CollectedForms, DictionaryForms, StoredForms

TEXTS: Final = 5_000
SAID: Final = [
    "возврат",
    "обмен",
    "гарантия",
    "замена",
    "оплата",
    "скидка",
    "брак",
    "поломка",
    "жалоба",
    "отмена",
    "заказ",
    "размер",
    "цвет",
    "наличие",
    "склад",
    "курьер",
    "адрес",
    "телефон",
    "договор",
    "счёт",
    "чек",
    "накладная",
    "упаковка",
    "подарок",
    "сертификат",
    "монтаж",
    "сборка",
    "ремонт",
    "запчасть",
    "инструкция",
    "каталог",
    "прайс",
    "опт",
    "розница",
    "магазин",
    "выставка",
    "акция",
    "купон",
    "бонус",
    "карта",
    "рассрочка",
    "кредит",
    "налог",
    "таможня",
    "самовывоз",
]
PHRASES: Final = ("не работает", "где заказ", "верните деньги", "сколько … стоит", "когда … доставят")
_SOURCE: Final = OnSource(LineId(1), "api", ChannelId(1))
_numbers = count()


def cases() -> Iterator[Case]:
    """Texts a second of processor."""
    asked = {"words": [*SAID, *PHRASES]}
    forms = CollectedForms(DictionaryForms())
    compiled(asked, SourceNames(lines={}, channels={}, forms=forms))
    names = SourceNames(lines={}, channels={}, forms=StoredForms(forms.asked))
    condition, known = compiled(asked, names), _texts()
    alone = [form for word in SAID for form in forms.asked[words(word)[0]]]
    every = frozenset(alone)
    assert len(SAID) + len(PHRASES) == 50, len(SAID)
    yield Case(
        "50 keywords, cold; cutting into words and a set",
        "texts/s",
        ours=lambda: _speed(_texts(), lambda some: _found(compiled(asked, names), some)),
        peer=lambda: _speed(_texts(), lambda some: _cut(frozenset(alone), some)),
        at_least=0.6,
    )
    yield Case(
        "50 keywords, warm; cutting into words and a set",
        "texts/s",
        ours=lambda: _speed(known, lambda some: _found(condition, some)),
        peer=lambda: _speed(known, lambda some: _cut(every, some)),
        at_least=0.6,
    )


def _texts() -> Sequence[str]:
    """New ones."""
    start = next(_numbers) * TEXTS
    return [
        f"{ingesting.WORDS}{number}" + ("" if number % 5 else f" {SAID[number % len(SAID)]}")
        for number in range(start, start + TEXTS)
    ]


def _found(condition: Condition, texts: Sequence[str]) -> int:
    return sum(condition.holds(Occasion.of(_SOURCE, text, 0)) for text in texts)


def _cut(forms: frozenset[str], texts: Sequence[str]) -> int:
    return sum(any(word in forms for word in words(text)) for text in texts)


def _speed(texts: Sequence[str], ask: Callable[[Sequence[str]], int]) -> float:
    began = time.process_time()
    assert ask(texts) > 0
    return TEXTS / (time.process_time() - began)
