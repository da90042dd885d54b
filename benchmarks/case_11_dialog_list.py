"""A page of a list of 100,000 dialogs under each filter while arrivals come in, against the same rows by plain SQL."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from statistics import median

from benchmarks.case_write_latency import loaded
from benchmarks.harness import Case
from benchmarks.ingesting import company
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.store import dialog_list

MANY = 100_000
ASKED = 100
FILTERS = {
    "none": (DialogFilter(), "1 = 1"),
    "line": (DialogFilter(line=LineId(1)), "line_id = 1"),
    "channel": (DialogFilter(channel=ChannelId(1)), "channel_id = 1"),
    "unread": (DialogFilter(unread=True), "unread > 0"),
    "pinned": (DialogFilter(pinned=True), "pinned = 1"),
    "waiting": (DialogFilter(waiting=True), "waiting_since IS NOT NULL"),
}
SEED = """
INSERT INTO dialog (channel_id, line_id, key, address, kind, name, renamed, pinned, blocked, reachable,
  unreachable_code, unread, waiting_since, last_at, last_direction, last_state, preview, search, created_at)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})
SELECT 1, 1, 'k' || i, 'a' || i, 'private', 'Клиент ' || i, 0, i % 1000 = 0, 0, 1, '', i % 10 = 0,
  CASE WHEN i % 20 = 0 THEN i END, i * 7919 % 1000003, 'in', 'received', 'Есть ли доставка в субботу?', 'клиент ' || i,
  1
FROM n
"""
COLUMNS = "id, channel_id, line_id, name, address, pinned, blocked, unread, waiting_since, last_at, preview"


def cases() -> Iterator[Case]:
    with company() as opened:
        opened.database.connection().execute(SEED.format(many=MANY))
        with loaded(opened.settings.home, None):
            for name, (wanted, where) in FILTERS.items():
                yield Case(
                    f"list page of 100,000, filter {name}",
                    "ms",
                    ours=partial(by_product, opened, wanted),
                    peer=partial(by_hand, opened, where),
                    at_most=3,
                )


def by_product(opened: Company, wanted: DialogFilter) -> float:
    return timed(lambda: opened.read(lambda tx: dialog_list.page(tx, "sqlite", wanted)))


def by_hand(opened: Company, where: str) -> float:
    order = "waiting_since, id" if "waiting" in where else "pinned DESC, last_at DESC, id DESC"
    with closing(sqlite3.connect(opened.settings.folder / "chatapp.db")) as connection:
        sql = f"SELECT {COLUMNS} FROM dialog WHERE {where} AND blocked = 0 ORDER BY {order} LIMIT 50"
        return timed(lambda: connection.execute(sql).fetchall())


def timed(ask: object) -> float:
    """Milliseconds of one question, the median of many."""
    took = []
    for _ in range(ASKED):
        began = time.perf_counter()
        rows = ask()  # type: ignore[operator]
        took.append((time.perf_counter() - began) * 1000)
        assert len(rows) == 50
    return median(took)
