"""The rows that the list of dialogs keeps, and the dialogs that are picked in it."""

from __future__ import annotations

from array import array

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.tui.reading.dialog_order import DialogOrder
from chatapp_cli.tui.widgets.picks import Picks
from chatapp_cli.tui.widgets.row_cache import MARGIN, RowCache


def order_of(ids: list[int], *, unread: bool = False) -> DialogOrder:
    return DialogOrder(DialogFilter().but(unread=unread), "sqlite", array("q", ids))


def a_row(company: Company) -> DialogRow:
    """Any row that there is."""
    number = company.read(lambda tx: tx.value("dialogs.at_key", channel=1, key="501"))
    rows = company.read(lambda tx: dialog_list.rows(tx, company.database.driver.dialect, [number]))
    return next(iter(rows.values()))


def test_rows_are_asked_for_once_with_a_margin_and_again_only_beyond_it() -> None:
    cache = RowCache()
    cache.take(order_of(list(range(1000))), {})
    assert cache.lacks(range(100, 120)) == range(100 - MARGIN, 120 + MARGIN)
    assert cache.lacks(range(110, 130)) is None
    assert cache.lacks(range(159, 179)) == range(159 - MARGIN, 179 + MARGIN)
    assert cache.lacks(range(0)) is None


def test_rows_survive_a_new_order_of_the_same_dialogs_and_no_other(company: Company) -> None:
    row, cache = a_row(company), RowCache()
    assert not cache.take(order_of([row.id]), {row.id: row})
    assert cache.take(order_of([7, row.id]), {})
    assert (cache.row(0), cache.row(1)) == (None, row)
    assert not cache.take(order_of([row.id], unread=True), {})
    assert cache.row(0) is None


def test_only_rows_that_are_other_than_before_are_painted_again(company: Company) -> None:
    row, cache = a_row(company), RowCache()
    cache.take(order_of([row.id]), {row.id: row})
    assert cache.fill({row.id: row}) == set()
    assert cache.fill({row.id: row._replace(unread=row.unread + 1)}) == {row.id}


def test_picks_reach_from_the_last_one_and_tell_each_change_once() -> None:
    told: list[int] = []
    picks, ids = Picks(told.append), [5, 6, 7, 8, 9]
    picks.turn(ids, 1)
    picks.reach(ids, 3)
    assert picks.among(ids) == [6, 7, 8]
    picks.reach(ids, 2)
    picks.turn(ids, 1)
    assert picks.among([9, 8, 7, 6, 5]) == [8, 7]
    picks.everything(ids)
    picks.everything(ids)
    assert (told, 5 in picks, picks.drop()) == ([1, 3, 2, 5, 0], False, False)
