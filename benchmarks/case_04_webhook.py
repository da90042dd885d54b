"""Case 4: a signed webhook, durable before its answer, over 32 connections."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from benchmarks.harness import Case, LeftOut
from benchmarks.load import load
from benchmarks.shop import serving, shop, signed

REQUESTS = 3000
FEW = 600


@contextmanager
def peer(*words: str) -> Iterator[int]:
    """A server of ``benchmarks.peers``; yields its port."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.peers", *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        port = process.stdout.readline()
        if not port:
            raise LeftOut("the peer did not start: is fastapi installed?")
        yield int(port)
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


def cases() -> Iterator[Case]:
    """Against the same server doing nothing, and against the usual way of writing such a service."""
    numbers = count()

    def fresh(path: str, n: int) -> list[bytes]:
        start = next(numbers) * REQUESTS
        return signed(path, range(start, start + n))

    with shop() as made, serving(made) as (port, _pid), tempfile.TemporaryDirectory() as folder:

        def rate(at: int, path: str, n: int) -> float:
            outcome = load(at, fresh(path, n))
            assert outcome.statuses == {200}, outcome.statuses
            return outcome.per_second

        with peer("noop") as idle:
            yield Case(
                "webhook → durable → 200, of doing nothing",
                "req/s",
                ours=lambda: rate(port, made.path, REQUESTS),
                peer=lambda: rate(idle, "/x", REQUESTS),
                at_least=0.18,
            )
        with peer("usual", f"{folder}/usual.db") as usual:
            yield Case(
                "webhook → durable → 200, of FastAPI + SQLModel",
                "req/s",
                ours=lambda: rate(port, made.path, FEW),
                peer=lambda: rate(usual, "/x", FEW),
                at_least=10,
            )
