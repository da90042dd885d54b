"""What a type costs over a row of plain values, in one loop and with a store that takes no time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.harness import Case
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal.messages import MessageReceived, MessageStateChanged
from chatapp_cli.store.drivers import Sqlite
from chatapp_cli.store.named import prepared
from chatapp_cli.store.tx import Tx

TIMES = 3000
ROUNDS = 40
CHANNEL, DIALOG, MESSAGE = ChannelId(1), DialogId(2), MessageId(3)


class _Swallowing:
    rowcount = 1

    def execute(self, _sql: str, _params: object = ()) -> Any:
        return self

    def fetchone(self) -> Any:
        return None

    def fetchall(self) -> list[Any]:
        return []

    def close(self) -> None:
        return None


def cases() -> Iterator[Case]:
    tx = Tx(_Swallowing(), prepared("sqlite"), 1, Sqlite(Path()))

    def received() -> None:
        tx.emit(MessageReceived(channel=CHANNEL, dialog=DIALOG, message=MESSAGE))

    def changed() -> None:
        tx.emit(MessageStateChanged(channel=CHANNEL, dialog=DIALOG, message=MESSAGE, state="sent", code=""))

    yield Case("an event without values", "µs more", ours=lambda: more(received, lambda: plain(tx)), limit=3, at_most=1)
    yield Case(
        "an event with two values",
        "µs more",
        ours=lambda: more(changed, lambda: plain(tx, state="sent", code="")),
        limit=3,
        at_most=1,
    )


def plain(tx: Tx, **values: object) -> None:
    """Append the same row without a type."""
    data = json.dumps(values, ensure_ascii=False) if values else ""
    subjects = {"channel_id": CHANNEL, "dialog_id": DIALOG, "message_id": MESSAGE}
    tx.run("journal.append", at=tx.now, topic="message.state", actor="", data=data, **subjects)


def more(ours: Callable[[], None], theirs: Callable[[], None]) -> float:
    """Microseconds that one call costs more, each at its fastest."""
    fastest = {ours: float("inf"), theirs: float("inf")}
    for _ in range(ROUNDS):
        for call in (ours, theirs):
            began = time.perf_counter()
            for _ in range(TIMES):
                call()
            fastest[call] = min(fastest[call], time.perf_counter() - began)
    return (fastest[ours] - fastest[theirs]) / TIMES * 1e6
