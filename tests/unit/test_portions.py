"""Portions of a sequence."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.portions import portions


@pytest.mark.parametrize(("n", "sizes"), [(0, []), (1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
def test_portions_hold_every_item_once_in_order_and_at_most_so_many(n: int, sizes: list[int]) -> None:
    found = list(portions(range(n), 3))
    assert [len(some) for some in found] == sizes
    assert [one for some in found for one in some] == list(range(n))
