"""What the services answer about one town: every field, every refusal, every word of both.

``questions/answers.txt`` says it. After a change that is meant, write it anew and read the difference:
``RENEW=answers python -m pytest tests/services/test_questions.py``.
"""

from __future__ import annotations

import pytest

from tests.services.questions import GROUPS, LIST, QUESTIONS, answered
from tests.services.questions.town import built
from tests.stores import ON_SQLITE, Shop


@ON_SQLITE
@pytest.mark.parametrize("group", GROUPS)
def test_a_question_is_answered_as_the_list_says(shop: Shop, group: str) -> None:
    town = built(shop)
    assert all(LIST.agrees(name, answered(town, name)) for name in GROUPS[group])


def test_the_list_knows_no_question_that_is_not_asked() -> None:
    assert LIST.knows(QUESTIONS)
