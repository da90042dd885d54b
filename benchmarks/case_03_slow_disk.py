"""The same on a disk whose fsync takes 5 ms longer: sharing commits against a transaction for each event."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Case, slow_sync
from benchmarks.ingesting import in_child


def cases() -> Iterator[Case]:
    with slow_sync(5) as env:
        yield Case(
            "ingest, fsync +5 ms, 64 callers; 1 a transaction",
            "ev/s",
            ours=lambda: in_child("by_product", 64, 4000, env),
            peer=lambda: in_child("by_hand", 1, 200, env),
            at_least=20,
        )
