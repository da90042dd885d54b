"""Case 32: how long ``rule test`` takes over history, of reading the same rows, and whether its memory stays flat.

``python -m benchmarks.case_32_rule_test 1000000`` tries the same
rules on a million messages once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from benchmarks import ruled
from benchmarks.case_19_idle import megabytes_of_this
from benchmarks.harness import Case, measure
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.services import auto_facts, journal
from chatapp_cli.services.auto_replay import PAGE, Replay
from chatapp_cli.services.ingest import ingest
from chatapp_cli.store.rows.automation import AutoRuleRow
from chatapp_cli.store.tx import Tx

MESSAGES: Final = 100_000
A_BATCH: Final = 1_000
WEEK: Final = 7 * 86_400_000
GROWTH: Final = 16.0
"""Megabytes by which the process may grow between a fifth of the way and its end."""


def cases(messages: int = MESSAGES) -> Iterator[Case]:
    """Seconds, of those of reading the entries, their messages and where their dialogs are."""
    with _history(messages) as opened:
        yield Case(
            f"rule test of 54 rules over {messages:,} messages; reading the same rows",
            "s",
            ours=lambda: _tested(opened),
            peer=lambda: _read(opened),
            at_most=4,
            rounds=5 if messages <= MESSAGES else 1,
            warm_up=messages <= MESSAGES,
        )


@contextmanager
def _history(messages: int) -> Iterator[Company]:
    """A company to which clients wrote all week, with rules that were made afterwards."""
    with ruled.company(ruled=False) as opened:
        for first in range(0, messages, A_BATCH):
            some = [ruled.arrival(f"m{number}", number) for number in range(first, min(first + A_BATCH, messages))]
            opened.write(lambda tx, some=some: ingest(tx, ChannelId(1), Batch(arrivals=some)))  # type: ignore[misc]
        _spread(opened)
        ruled.keep_rules(opened)
        yield opened


def _spread(opened: Company) -> None:
    """Let it have happened throughout the last week."""
    connection = opened.database.connection()
    connection.execute("BEGIN")
    (last,) = connection.execute("SELECT MAX(id) FROM message").fetchone()
    began, step = time.time_ns() // 1_000_000 - WEEK, WEEK // last
    moved = (began, step)
    connection.execute("UPDATE message SET at = ? + id * ?, stored_at = ? + id * ?", moved * 2)
    connection.execute("UPDATE journal SET at = ? + COALESCE(message_id, 0) * ?", moved)
    connection.execute("COMMIT")


def _tested(opened: Company) -> float:
    """Seconds until the last page is replayed."""
    desk, began = desk_of(opened), time.perf_counter()
    rows = opened.read(lambda tx: tx.all(AutoRuleRow, "autorules.all"))
    replay = opened.read(lambda tx: Replay(tx, desk, rows, since=0, until=tx.now + 1))
    acts, start = 0, 0.0
    while not replay.over:
        acts += len(opened.read(replay.page))
        shown = replay.read
        if not start and shown > (replay.last - replay.first) / 5:
            start = megabytes_of_this()
    assert acts, "no rule would have done anything"
    assert megabytes_of_this() - start < GROWTH, f"grew by {megabytes_of_this() - start:.0f} MB"
    return time.perf_counter() - began


def _read(opened: Company) -> float:
    began, place = time.perf_counter(), 0
    while (following := opened.read(partial(_page, place))) > place:
        place = following
    return time.perf_counter() - began


def _page(place: int, tx: Tx) -> int:
    """Read a page; where it ends."""
    entries = journal.after(tx, place, n=PAGE)
    near = auto_facts.ReadTogether(tx, (one.event.dialog for one in entries), (one.event.message for one in entries))
    assert not entries or near.places
    return entries[-1].id if entries else place


if __name__ == "__main__":
    for _case in cases(int(sys.argv[1])):
        print(measure(_case))
