"""Arrivals for a fresh store: by the product, 64 callers or one; and by the plainest loop that writes the same rows."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, closing, contextmanager, nullcontext
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeAlias

from benchmarks.harness import OWNER
from benchmarks.incoming import incoming
from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain import border as checked
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import channels, lines
from chatapp_cli.services.ingest import ingest
from chatapp_cli.settings import Settings

DIALOGS = 500
WORDS = "Здравствуйте, ёлки ещё есть? Нужна пушистая, два метра, с доставкой в субботу. " * 2
RAW = json.dumps({"text": WORDS, "padding": "x" * 300}, ensure_ascii=False).encode()


@contextmanager
def company() -> Iterator[Company]:
    """A company with one channel and an empty store."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        company = Path(folder, "main")
        company.mkdir()
        shutil.copy(_template() / "main" / "chatapp.db", company)
        opened = open_company(Settings(home=folder)).seen_by(OWNER)
        try:
            yield opened
        finally:
            opened.close()


@cache
def _template() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="bench-")
    _KEPT.append(folder)
    opened = open_company(Settings(home=folder.name)).seen_by(OWNER)
    line = opened.write(lambda tx: lines.add(tx, "Замер"))
    bound = Bound(account="bench", title="Замер")
    opened.write(lambda tx: channels.save(tx, opened.vault, bound, line=line, kind="bench"))
    start = [arrival(f"first-{n}", n) for n in range(DIALOGS)]
    opened.write(lambda tx: ingest(tx, ChannelId(1), Batch(arrivals=start)))
    opened.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.close()
    return Path(folder.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def arrival(name: str, client: int, border: Any = checked) -> Arrival:
    """A client's message as a connector hands it over."""
    return incoming(name, f"c{client % DIALOGS}", WORDS, raw=RAW, provider_id=name, border=border)


@cache
def batches(events: int) -> Sequence[Batch]:
    """So many arrivals, each as it comes from its caller."""
    return [Batch(arrivals=(arrival(f"m{n}", n),)) for n in range(events)]


def by_product(callers: int, events: int, opened: Company) -> float:
    """Events a second, each durable before its caller goes on."""
    return events / asyncio.run(seconds(callers, batches(events), opened))


Beside: TypeAlias = Callable[[AsyncStore], AbstractAsyncContextManager[object]]
"""What runs while messages arrive, in the same process and with the same store."""


async def seconds(callers: int, arriving: Sequence[Batch], opened: Company, beside: Beside = nullcontext) -> float:
    """Seconds until the last of these is durable."""
    store = AsyncStore(opened)
    async with beside(store):
        took = await _taken(callers, arriving, store)
    await store.aclose()
    return took


async def _taken(callers: int, arriving: Sequence[Batch], store: AsyncStore) -> float:
    waiting = iter(arriving)

    async def call() -> None:
        for batch in waiting:
            await store.write(partial(ingest, channel=ChannelId(1), batch=batch))

    began = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(callers)))
    return time.perf_counter() - began


def by_hand(per_transaction: int, events: int, opened: Company) -> float:
    """Events a second of a loop that knows the tables and nothing else."""
    with closing(by_hand_opened(opened)) as connection:
        began = time.perf_counter()
        for first in range(0, events, per_transaction):
            connection.execute("BEGIN IMMEDIATE")
            for number in range(first, min(first + per_transaction, events)):
                write(connection.execute, f"m{number}", f"c{number % DIALOGS}")
            connection.execute("COMMIT")
        return events / (time.perf_counter() - began)


def by_hand_opened(opened: Company) -> sqlite3.Connection:
    """A desk's file, as durable as ours."""
    connection = sqlite3.connect(opened.settings.folder / "chatapp.db", isolation_level=None)
    connection.executescript("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-16384")
    return connection


def write(execute: Callable[..., sqlite3.Cursor], name: str, who: str, raw: bytes = RAW, text: str = WORDS) -> None:
    """The rows that a client's message leaves behind."""
    now = time.time_ns() // 1_000_000
    arrived = execute(
        "INSERT INTO arrived (channel_id, provider_id, raw, raw_sha256, problem, at) VALUES (1, ?, ?, '', '', ?)"
        " ON CONFLICT DO NOTHING",
        (name, raw, now),
    ).lastrowid
    (dialog,) = execute("SELECT id FROM dialog WHERE channel_id = 1 AND key = ?", (who,)).fetchone()
    message = execute(
        "INSERT INTO message (dialog_id, channel_id, arrived_id, direction, origin, author, ext_id, state, code,"
        " detail, text, subject, reply_to, album, automatic, at, stored_at)"
        " VALUES (?, 1, ?, 'in', 'client', ?, ?, 'received', '', '', ?, '', '', '', 0, ?, ?)",
        (dialog, arrived, who, name, text, now, now),
    ).lastrowid
    execute(
        "UPDATE dialog SET unread = unread + 1, waiting_since = COALESCE(waiting_since, ?), last_id = ?, last_at = ?,"
        " last_direction = 'in', last_state = 'received', preview = ? WHERE id = ?",
        (now, message, now, text[:120], dialog),
    )
    execute(
        "INSERT INTO journal (at, topic, actor, channel_id, dialog_id, message_id, data)"
        " VALUES (?, 'message.in', '', 1, ?, ?, '')",
        (now, dialog, message),
    )


def measured(way: Callable[[int, int, Company], float], size: int, events: int) -> float:
    """One measurement on a store of its own."""
    with company() as opened:
        return way(size, events, opened)


def in_child(way: str, size: int, events: int, env: Mapping[str, str]) -> float:
    """The same in a process of its own, such as one whose disk is slow."""
    code = f"from benchmarks import ingesting as i; print(i.measured(i.{way}, {size}, {events}))"
    done = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True)
    return float(done.stdout)
