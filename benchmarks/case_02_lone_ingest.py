"""How many arrivals a second become durable one after the other, against a bare loop of one a transaction."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Case
from benchmarks.ingesting import by_hand, by_product, measured


def cases() -> Iterator[Case]:
    yield Case(
        "ingest, 1 caller; sqlite3, 1 a transaction",
        "ev/s",
        ours=lambda: measured(by_product, 1, 2000),
        peer=lambda: measured(by_hand, 1, 2000),
        at_least=0.6,
    )
