"""Opening one of the dialogs among a million messages, against the same rows by plain SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial

from benchmarks.case_11_dialog_list import timed
from benchmarks.harness import Case
from benchmarks.ingesting import DIALOGS, company
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.services import transcript

MANY = 1_000_000
SEED = f"""
INSERT INTO message (dialog_id, channel_id, direction, origin, author, ext_id, state, code, detail, text, subject,
  reply_to, album, automatic, at, stored_at)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
SELECT i % {DIALOGS} + 1, 1, 'in', 'client', 'Анна', 's' || i, 'received', '', '', 'Есть ли доставка в субботу? ' || i,
  '', '', '', 0, i, i FROM n
"""


def cases() -> Iterator[Case]:
    with company() as opened:
        opened.database.connection().execute(SEED)
        yield Case(
            "open a dialog among 1,000,000 messages",
            "ms",
            ours=partial(by_product, opened),
            peer=partial(by_hand, opened),
            at_most=3,
        )


def by_product(opened: Company) -> float:
    return timed(lambda: opened.read(lambda tx: transcript.latest(tx, DialogId(77))))


def by_hand(opened: Company) -> float:
    with closing(sqlite3.connect(opened.settings.folder / "chatapp.db")) as connection:
        sql = "SELECT * FROM message WHERE dialog_id = 77 ORDER BY at DESC, id DESC LIMIT 50"
        return timed(lambda: connection.execute(sql).fetchall())
