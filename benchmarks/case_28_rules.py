"""Case 28: what 500 rules cost that choose the pipeline of a card, beside the arrival of the message in question.

A company's rules look for words, most of them on some channels or at some hours, and fifty ask for hours alone. Thirty
of these have the hour of the message, but are for days off. It takes the last rule, the default.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks import ingesting
from benchmarks.harness import Case
from benchmarks.ingesting import WORDS
from chatapp_cli.domain.choosing import Chooser, Ruled
from chatapp_cli.domain.condition import Occasion, OnSource
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.services.conditions import SourceNames, compiled
from chatapp_cli.services.word_forms import DictionaryForms

RULES = 500
EVENTS = 6000
TIMES = 5_000
NOON = 1_796_029_200_000
"""Monday, 30 November 2026, 12:00 in Moscow."""
_NAMES = SourceNames(
    lines={n: f"Линия {n}" for n in range(1, 6)},
    channels={n: f"Канал {n}" for n in range(1, 11)},
    forms=DictionaryForms(),
)
_SOURCE = OnSource(LineId(1), "telegram", ChannelId(1))


def cases() -> Iterator[Case]:
    """Microseconds of choosing, of those of an arrival."""
    chooser = Chooser([Ruled(compiled(_asked(number), _NAMES), number) for number in range(RULES)])
    assert chooser.choose(_occasion(0)) == RULES - 1
    yield Case(
        f"choosing by {RULES} rules; an arrival without them",
        "µs",
        ours=lambda: _choosing(chooser),
        peer=lambda: 1e6 / ingesting.measured(ingesting.by_product, 64, EVENTS),
        at_most=0.05,
    )


def _asked(number: int) -> Mapping[str, Any]:
    if number == RULES - 1:
        return {}
    if number % 10 == 0:
        hours = "11:30-13:00" if number < 300 else "22:00-06:00"
        return {"hours": [hours], "zone": "Europe/Moscow", "days": ["off"], "calendar": "ru"}
    words = {"words": [f"товар{number}", f"услуга{number}", "возврат"], "without": ["спасибо"]}
    if number % 3 == 0:
        return {**words, "channels": [number % 10 + 1]}
    return {**words, "hours": ["09:00-18:00"], "zone": "Asia/Yekaterinburg"} if number % 3 == 1 else words


def _occasion(number: int) -> Occasion:
    return Occasion.of(_SOURCE, f"{WORDS} {number}", NOON + number)


def _choosing(chooser: Chooser[int]) -> float:
    """Microseconds of processor for a message, the best of three."""
    took = []
    for _ in range(3):
        began = time.process_time()
        for number in range(TIMES):
            chooser.choose(_occasion(number))
        took.append(time.process_time() - began)
    return min(took) / TIMES * 1e6
