"""What each deed leaves in the store: every row that it adds, changes or takes away, and nothing else.

``deeds/deeds.txt`` says it. After a change that is meant, write it anew and read the difference:
``RENEW=deeds python -m pytest tests/services/test_deeds.py``.
"""

from __future__ import annotations

import pytest

from tests.services.calls import Place, ours
from tests.services.deeds import ACTIONS, LIST, found
from tests.stores import ON_SQLITE, Shop

__all__ = ["ours"]


@ON_SQLITE
@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_a_deed_leaves_in_the_store_what_the_list_says_and_nothing_else(shop: Shop, ours: Place, name: str) -> None:
    assert LIST.agrees(name, found(shop, ours, name))


def test_the_list_knows_no_deed_that_is_not_done() -> None:
    assert LIST.knows(ACTIONS)
