"""How many messages of an account one transaction claims."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.manifest import Rate
from chatapp_cli.runtime.sender import claimed_at_once

SECOND_SLOWEST, SLOWEST = Rate("account", 1_000, 5), Rate("account", 6_000, 60)
"""Two hundred and one hundred in a second."""


@pytest.mark.parametrize(
    ("rates", "number"),
    [
        ((), 1),
        ((Rate("dialog", 1_000, 1),), 1),
        ((Rate("account", 30, 1),), 1),
        ((Rate("account", 40, 1),), 2),
        ((SECOND_SLOWEST,), 10),
        ((SLOWEST, SECOND_SLOWEST, Rate("dialog", 1, 1)), 5),
        ((Rate("account", 10_000, 1),), 16),
    ],
)
def test_as_many_go_at_once_as_the_slowest_rate_of_the_account_allows_in_a_moment(
    rates: tuple[Rate, ...], number: int
) -> None:
    assert claimed_at_once(rates) == number
