"""A follower of the journal plans for every event once, whatever becomes of the process that does it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from chatapp_cli.domain.access import Right, system
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.journal.lines import LineAdded
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.domain.text import T
from chatapp_cli.services import following, lines
from chatapp_cli.store.tx import Tx
from tests.stores import Shop

RULES = system("rules", Right.LINES)


def plan(tx: Tx, entries: Sequence[JournalEntry]) -> None:
    """For each line that somebody makes a second one is planned; what the follower itself did is passed over."""
    for entry in entries:
        if isinstance(entry.event, LineAdded) and entry.actor != RULES.name:
            lines.add(tx.by(RULES), f"Запас {entry.event.name}")


def refuse(tx: Tx, entries: Sequence[JournalEntry]) -> None:
    plan(tx, entries)
    raise Refused("no", T("No."))


def names(shop: Shop) -> list[str]:
    return sorted(line.name for line in shop.read(lines.everything))


@pytest.fixture
def follower(shop: Shop) -> Shop:
    shop.line("Раньше")
    assert shop.write(lambda tx: following.follow(tx, RULES.name, plan)) == 0
    return shop


def test_a_follower_that_is_new_starts_from_now(follower: Shop) -> None:
    assert follower.write(lambda tx: following.follow(tx, RULES.name, plan)) == 0
    assert names(follower) == ["Раньше"]


def test_a_follower_plans_for_each_later_entry_once(follower: Shop) -> None:
    follower.line("Опт")
    assert [follower.write(lambda tx: following.follow(tx, RULES.name, plan)) for _ in range(3)] == [1, 1, 0]
    assert names(follower) == ["Запас Опт", "Опт", "Раньше"]


def test_a_plan_that_fails_leaves_the_place_where_it_was(follower: Shop) -> None:
    follower.line("Опт")
    with pytest.raises(Refused):
        follower.write(lambda tx: following.follow(tx, RULES.name, refuse))
    assert names(follower) == ["Опт", "Раньше"]
    follower.write(lambda tx: following.follow(tx, RULES.name, plan))
    assert names(follower) == ["Запас Опт", "Опт", "Раньше"]


def test_a_long_journal_is_followed_in_parts(follower: Shop) -> None:
    for name in ("А", "Б", "В"):
        follower.line(name)
    assert follower.write(lambda tx: following.follow(tx, RULES.name, lambda *_: None, most=2)) == 2
    assert follower.write(lambda tx: following.follow(tx, RULES.name, lambda *_: None, most=2)) == 1


def test_followers_do_not_share_a_place(follower: Shop) -> None:
    follower.line("Опт")
    assert follower.write(lambda tx: following.follow(tx, "webhooks", plan)) == 0
    assert follower.write(lambda tx: following.follow(tx, RULES.name, plan)) == 1
