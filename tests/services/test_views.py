"""Filters under a name: everybody's and one's own, counted, moved and forgotten."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.errors import NotFound, UsageError
from chatapp_cli.services import dialogs, duties, views
from chatapp_cli.store import dialog_list
from tests.stores import Shop, owner

WAITING = DialogFilter(waiting=True)


def names(shop: Shop, operator: str) -> list[str]:
    return [row.name for row in shop.read(lambda tx: views.seen(tx.by(owner(operator))))]


@pytest.mark.req("S-117")
def test_a_view_is_everybodys_or_ones_own_and_gives_its_filter_back(shop: Shop) -> None:
    wanted = DialogFilter(waiting=True, tag="возврат", since=5, assignee="")
    shop.write(lambda tx: views.add(tx, " Ждут возврата ", wanted))
    shop.write(lambda tx: views.add(tx, "Мелочи", DialogFilter(unread=True), own=True))
    assert (names(shop, "Ольга"), names(shop, "Пётр")) == (["Ждут возврата", "Мелочи"], ["Ждут возврата"])
    view = shop.read(lambda tx: views.find(tx.by(owner("Пётр")), "ждут ВОЗВРАТА"))
    assert views.filter_of(view, operator="Пётр") == wanted
    with pytest.raises(NotFound):
        shop.read(lambda tx: views.find(tx.by(owner("Пётр")), "Мелочи"))
    with pytest.raises(UsageError):
        shop.write(lambda tx: views.add(tx, " ", wanted))


def test_what_is_mine_in_a_view_is_of_whoever_looks(shop: Shop) -> None:
    shop.write(lambda tx: views.add(tx, "Мои", DialogFilter(assignee="Ольга")))
    view = shop.read(lambda tx: views.find(tx.by(owner("Пётр")), "Мои"))
    assert views.filter_of(view, operator="Пётр") == DialogFilter(assignee="Пётр")


def test_the_same_name_takes_the_new_filter_and_ones_own_comes_before_everybodys(shop: Shop) -> None:
    first = shop.write(lambda tx: views.add(tx, "Очередь", WAITING))
    again = shop.write(lambda tx: views.add(tx.by(owner("Пётр")), "очередь", DialogFilter(unread=True)))
    own = shop.write(lambda tx: views.add(tx, "Очередь", DialogFilter(pinned=True), own=True))
    assert first == again != own
    assert shop.read(lambda tx: views.find(tx, "Очередь")).id == own
    view = shop.read(lambda tx: views.find(tx.by(owner("Пётр")), "Очередь"))
    assert views.filter_of(view, operator="Пётр") == DialogFilter(unread=True)


def test_views_are_moved_and_removed(shop: Shop) -> None:
    for name in ("а", "б", "в"):
        shop.write(lambda tx, name=name: views.add(tx, name, WAITING))
    shop.write(lambda tx: views.move(tx, views.find(tx, "в"), 1))
    assert names(shop, "") == ["в", "а", "б"]
    shop.write(lambda tx: views.remove(tx, views.find(tx, "а")))
    assert names(shop, "") == ["в", "б"]


@pytest.mark.req("S-117")
def test_views_count_their_dialogs_no_further_than_is_wanted(shop: Shop) -> None:
    channel = shop.channel()
    for n in range(3):
        shop.clock.at += 1000
        shop.hear(channel, "Здравствуйте", who=f"клиент {n}")
    numbers = shop.read(lambda tx: dialog_list.ids(tx, shop.driver.dialect, DialogFilter()))
    shop.write(lambda tx: duties.no_answer(tx, numbers[0]))
    shop.write(lambda tx: dialogs.pin(tx, numbers[1], pinned=True))
    shop.write(lambda tx: views.add(tx, "Ждут", WAITING))
    shop.write(lambda tx: views.add(tx, "Наверху", DialogFilter(pinned=True, waiting=True)))
    shop.write(lambda tx: views.add(tx, "Свежие", DialogFilter(since=shop.clock.at)))

    def counted(most: int) -> list[int]:
        dialect = shop.driver.dialect
        seen = shop.read(views.seen)
        return list(shop.read(lambda tx: views.counts(tx, dialect, seen, most=most)).values())

    assert (counted(dialog_list.ALL), counted(1)) == ([2, 1, 1], [1, 1, 1])
