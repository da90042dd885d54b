"""A name, phone or e-mail among 100,000 clients as one types, against LIKE; and whether all meant are found."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from benchmarks.harness import Case
from benchmarks.ingesting import company
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.finding import search_text
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.services import names, search
from chatapp_cli.store import dialog_list

MANY = 100_000
ASKED = 15
KEY = 150
"""Milliseconds after which whoever types notices."""
SEED = """
INSERT INTO dialog (channel_id, line_id, key, address, kind, name, renamed, pinned, blocked, reachable,
  unreachable_code, unread, waiting_since, last_at, last_direction, last_state, preview, search, created_at)
VALUES (1, 1, ?, ?, 'private', ?, 0, 0, 0, 1, '', 0, NULL, ?, 'in', 'received', '', ?, 1)
"""
FIRST = (
    "Анна",
    "Ольга",
    "Семён",
    "Артём",
    "Наталья",
    "Дмитрий",
    "Юлия",
    "Пётр",
    "Александр",
    "Екатерина",
    "Игорь",
    "Зоя",
)
ROOTS = ("Кузнец", "Иван", "Соловь", "Щербак", "Ёлк", "Дрозд", "Лебед", "Мороз", "Жук", "Фёдор", "Цветк", "Быстр", "Юд")
ENDS = ("ов", "ев", "ин", "енко", "ский", "ук", "ян", "ович")
MEANT = "Зинаида Кузнечихина"
"""One among all of them."""
PHONE = "79161234567"
PIECES = {"name": "знечих", "phone": "1612345", "e-mail": "zk@buro"}
WAYS = ("Кузнечихина", "КУЗНЕЧИХИНА", "кузнечихина зинаида", "kuznechikhina", "repytxb[byf", "8 (916) 123-45-67",
        "+79161234567", "zk@buro-maket", "Кузнечихна", "кузначихина", "Зинаида Кузнечхина", "repytxb[yf")  # fmt: skip


def cases() -> Iterator[Case]:
    with company() as opened:
        store = opened.settings.folder / "chatapp.db"
        seed(store)
        while search.advance(opened.database, opened.search):
            pass
        for what, piece in PIECES.items():
            yield Case(
                f"part of a {what} among 100,000 clients",
                "ms",
                ours=partial(by_product, opened, piece),
                peer=partial(by_hand, store, piece),
                at_most=1 / 20,
            )
        yield Case("a name with a slip, p95", "ms", ours=partial(with_slips, opened), limit=KEY, at_most=1)
        yield Case("ways to type a client that find them", "share", ours=partial(found, opened), at_least=1, rounds=1)


def seed(store: Path) -> None:
    """Clients with names, phones and addresses; in the middle the one who is meant."""
    pick = random.Random(13).choice
    with closing(sqlite3.connect(store)) as connection, connection:
        for n in range(MANY):
            name, phone, mail = (
                f"{pick(FIRST)} {pick(ROOTS)}{pick(ENDS)}",
                f"79{n * 7919 % 10**9:09}",
                f"u{n}@mail.example",
            )
            if n == MANY // 2:
                name, phone, mail = MEANT, PHONE, "zk@buro-maket.example"
            connection.execute(SEED, (f"k{n}", f"a{n}", name, n, search_text(name, mail, f"a{n}", phone=phone)))


def by_product(opened: Company, piece: str) -> float:
    return median(timed(lambda: exact(opened, piece)))


def by_hand(store: Path, piece: str) -> float:
    with closing(sqlite3.connect(store)) as connection:
        sql = "SELECT id FROM dialog WHERE search LIKE ? ORDER BY last_at DESC"
        return median(timed(lambda: connection.execute(sql, (f"%{piece}%",)).fetchall()))


def with_slips(opened: Company) -> float:
    """The slowest of twenty questions that need the names that are nearly the same."""
    return quantiles(timed(lambda: everybody(opened, "Кузнечихна")), n=20)[-1]


def timed(ask: Callable[[], object]) -> list[float]:
    """Milliseconds of each question."""
    took = []
    for _ in range(ASKED):
        began = time.perf_counter()
        found = ask()
        took.append((time.perf_counter() - began) * 1000)
        assert found
    return took


def exact(opened: Company, said: str) -> list[DialogId]:
    index = opened.search
    wanted = DialogFilter(text=said)
    return opened.read(lambda tx: dialog_list.ids(tx, "sqlite", wanted, among=names.among(tx, index, said)))


def everybody(opened: Company, said: str) -> list[DialogId]:
    """Those who fit, and those who nearly do."""
    near = opened.read(lambda tx: names.near(tx, opened.search, "sqlite", DialogFilter(text=said)))
    return [*exact(opened, said), *near]


def found(opened: Company) -> float:
    """The share of the ways in which the one who is meant is among those that are shown."""
    (meant,) = exact(opened, MEANT)
    return sum(meant in everybody(opened, way) for way in WAYS) / len(WAYS)
