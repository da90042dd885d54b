"""Large writes hold the writer for a moment at a time, however long an item takes."""

import time
from collections.abc import Sequence

from chatapp_cli.bootstrap import Company
from chatapp_cli.runtime.pieces import MOST, in_pieces
from chatapp_cli.store.tx import Tx


def sizes(company: Company, items: int, *, seconds: float = 0.0) -> list[int]:
    """The sizes of the pieces in which so many items are written that take so long each."""

    def write(_tx: Tx, some: Sequence[int]) -> int:
        time.sleep(seconds * len(some))
        return len(some)

    return [n for n, _done in in_pieces(company, range(items), write)]


def test_pieces_grow_while_they_are_quick_up_to_a_hundred_items(company: Company) -> None:
    found = sizes(company, 3_000)
    assert (sum(found), found[0], max(found)) == (3_000, 5, MOST)


def test_pieces_shrink_to_what_takes_no_longer_than_a_turn(company: Company) -> None:
    first, *others = sizes(company, 12, seconds=0.006)
    assert (first, others) == (5, [1] * 7)


def test_how_much_is_done_is_told_after_each_piece(company: Company) -> None:
    done = [seen for _result, seen in in_pieces(company, "abcdefg", lambda _tx, some: "".join(some))]
    assert (done[0], done[-1]) == (5, 7)
