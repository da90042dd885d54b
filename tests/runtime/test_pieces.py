"""Large writes hold the writer for a moment at a time, however long an item takes."""

import time
from collections.abc import Sequence

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Refused
from chatapp_cli.runtime.pieces import MOST, in_pieces, together
from chatapp_cli.services import lines
from chatapp_cli.store.tx import Tx


def sizes(company: Company, items: int, *, each: float = 0.0, piece: float = 0.0) -> list[int]:
    """The sizes of the pieces in which so many items are written that take so many seconds each, and each piece."""

    def write(_tx: Tx, some: Sequence[int]) -> int:
        time.sleep(piece + each * len(some))
        return len(some)

    return [n for n, _done in in_pieces(company, range(items), write)]


def test_pieces_grow_while_they_are_quick_up_to_a_hundred_items(company: Company) -> None:
    found = sizes(company, 3_000)
    assert (sum(found), found[:8], max(found)) == (3_000, [1] * 8, MOST)


def test_pieces_of_slow_items_stay_about_as_short_as_two_of_them(company: Company) -> None:
    found = sizes(company, 16, each=0.006)
    assert sum(found) == 16
    assert max(found) <= 4, "two, or more if the machine was busy while the first ones were timed"


def test_pieces_grow_where_one_of_a_single_item_takes_as_long_as_one_of_many(company: Company) -> None:
    assert max(sizes(company, 60, each=0.0001, piece=0.006)) >= 8


def test_what_belongs_together_is_written_together_and_what_was_written_is_told_before_a_refusal(
    company: Company,
) -> None:
    def write(tx: Tx, some: Sequence[str]) -> None:
        for name in some:
            lines.add(tx, name)

    told: list[int] = []
    with pytest.raises(Refused):
        told.extend(together(company, "abcdefga", 3, write))
    assert told == [3, 6]
    assert [row.name for row in company.read(lines.everything)] == list("abcdef")


def test_how_much_is_done_is_told_after_each_piece(company: Company) -> None:
    done = [seen for _result, seen in in_pieces(company, "abcdefg", lambda _tx, some: "".join(some))]
    assert (done[:2], done[-1]) == ([1, 2], 7)
