"""How much of a list one transaction takes."""

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.runtime.fitting import TURN, FittingNumber
from chatapp_cli.store.tx import Tx
from tests.stores import HeldClock


@pytest.mark.parametrize(
    ("each", "numbers"),
    [
        pytest.param(0, [1, 2, 4, 8, 16, 20, 20], id="that take no time"),
        pytest.param(0.7, [1, 2, 4, 7, 7, 7, 7], id="of which seven fit"),
        pytest.param(60, [1, 1, 1, 1, 1, 1, 1], id="that take longer than a turn"),
    ],
)
def test_a_transaction_takes_as_many_items_as_fit_into_a_turn(
    company: Company, each: float, numbers: list[int]
) -> None:
    clock = HeldClock()
    fitting, found = FittingNumber(clock, 20), []
    assert TURN == 0.005

    def take(_tx: Tx) -> None:
        clock.at += each * fitting.now  # type: ignore[assignment]  # parts of a millisecond

    for _ in numbers:
        found.append(fitting.now)
        company.write(lambda tx: fitting.timed(tx, job=take, n=fitting.now))
    assert found == numbers


def test_items_that_become_slower_are_fewer_in_the_next_transaction(company: Company) -> None:
    clock = HeldClock()
    fitting = FittingNumber(clock, 20)
    fitting.now = 20

    def take(_tx: Tx) -> None:
        clock.at += 50

    company.write(lambda tx: fitting.timed(tx, job=take, n=20))
    assert fitting.now == 2
