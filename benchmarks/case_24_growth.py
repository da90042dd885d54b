"""Bytes that a message takes on the disk, with its raw arrival and all indexes, once the daemon's chores are through.

The load is a Telegram bot's: 459 bytes of JSON with a text of 107 characters or so, of 500 clients in turns.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks import case_14_message_search as talk
from benchmarks.harness import Case
from benchmarks.shop import company
from chatapp_cli.bootstrap import Company
from chatapp_cli.connectors.telegram_bot import convert
from chatapp_cli.connectors.telegram_bot.connector import _ears
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, lines, packing, search
from chatapp_cli.services.ingest import ingest

MANY = int(os.environ.get("GROWTH", "100000"))
"""Messages; ``GROWTH=1000000`` takes ten times as long."""
STEP = 1000
"""Messages after which the index and the packing follow, as they do in the background."""
GOAL = 600
_FILES = {"the store": "chatapp.db", "the index": "search.db"}


def cases() -> Iterator[Case]:
    with company() as made:
        grow(made.company)
        sizes = sizes_of(made.company, made.folder / "main")
    for name, size in {**sizes, "both": sum(sizes.values())}.items():
        yield Case(
            f"{MANY:,} messages: bytes of each in {name}",
            "B",
            ours=lambda size=size: size / MANY,  # type: ignore[misc]
            limit=GOAL,
            at_most=1,
            rounds=1,
            warm_up=False,
        )


def grow(company: Company) -> None:
    """Let the messages arrive, and the index and the packing follow."""
    bound = Bound(account="1", title="Бот", settings={}, facts={"username": "shop_bot"})
    line = company.read(lines.find).id
    channel = company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="telegram_bot"))
    texts, ears, after = talk.corpus(MANY), _ears(bound), 0
    for first in range(0, MANY, STEP):
        numbers = range(first, min(first + STEP, MANY))
        arrivals = [convert.arrival(update(n, texts[n]), ears, company.world.clock.now()) for n in numbers]
        hear(company, channel, arrivals)
        after = pack(company, after)
        while search.advance(company.database, company.search):
            pass


def update(number: int, text: str) -> bytes:
    """What the Bot API sends."""
    client = number % 500
    who = {"id": 7000 + client, "first_name": "Анна", "last_name": "Белова", "username": f"client_{client}"}
    message = {
        "message_id": number,
        "from": {**who, "is_bot": False, "language_code": "ru"},
        "chat": {**who, "type": "private"},
        "date": 1_790_000_000 + number,
        "text": text,
    }
    return json.dumps({"update_id": 500_000 + number, "message": message}, ensure_ascii=False).encode()


def hear(company: Company, channel: ChannelId, arrivals: Sequence[object]) -> None:
    """Store them, a hundred in a transaction."""
    for first in range(0, len(arrivals), 100):
        batch = Batch(arrivals=tuple(arrivals[first : first + 100]), cursor=str(first))  # type: ignore[arg-type]
        company.write(partial(ingest, channel=channel, batch=batch))


def pack(company: Company, after: int) -> int:
    """Pack what is whole; returns how far."""
    while len(piece := company.read(partial(packing.next_plain, after=after))) == packing.PIECE:
        packed = packing.pack_all(piece, company.write(partial(packing.learn_dictionaries, piece=piece)))
        company.write(partial(packing.replace, piece=packed))
        after = piece[-1].id
    return after


def sizes_of(company: Company, folder: Path) -> dict[str, int]:
    """Bytes of the files, with what the store's log still held; the log itself is 4 MB, however much there is."""
    company.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return {name: (folder / file).stat().st_size for name, file in _FILES.items()}
