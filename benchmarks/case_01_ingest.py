"""How many arrivals a second become durable for 64 callers, against a bare loop of 100 a transaction."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Case
from benchmarks.ingesting import by_hand, by_product, measured


def cases() -> Iterator[Case]:
    yield Case(
        "ingest, 64 callers; sqlite3, 100 a transaction",
        "ev/s",
        ours=lambda: measured(by_product, 64, 6000),
        peer=lambda: measured(by_hand, 100, 6000),
        at_least=0.6,
    )
