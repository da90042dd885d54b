"""Case 4: a signed webhook, durable before its answer, over 32 connections.

What made it unsteady: the generator of the load takes a part of the processors that changes from second to second; the
daemon indexes what came in the round before; the usual way syncs for each request, so that its figure is the disk's;
and 600 requests are over in a third of a second. So against doing nothing the processor's time is counted, not the
clock's; each round begins once the daemon is at rest; and every sync costs both sides the same.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.harness import Case, LeftOut, slow_sync
from benchmarks.load import load
from benchmarks.shop import serving, shop, signed

REQUESTS = 3000
FEW = 600
SYNC = 5.0
"""Milliseconds of a sync on a customer's disk, given to both sides on top of this machine's."""
TICKS = os.sysconf("SC_CLK_TCK")
_numbers = count()


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers."""

    port: int
    pid: int
    path: str

    def spent(self) -> float:
        """Seconds of processor that it has used, all threads together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rests(self) -> None:
        """Wait until it has nothing left to do."""
        for _ in range(120):
            before = self.spent()
            time.sleep(0.25)
            if self.spent() - before <= 1 / TICKS:
                return

    def take(self, n: int) -> tuple[float, float]:
        """Send it so many; how many a second it took, by the clock and by the processor that it used."""
        start = next(_numbers) * REQUESTS
        requests = signed(self.path, range(start, start + n))
        self.rests()
        before = self.spent()
        outcome = load(self.port, requests)
        assert outcome.statuses == {200}, outcome.statuses
        return outcome.per_second, n / (self.spent() - before)


@contextmanager
def peer(*words: str, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A server of ``benchmarks.peers``."""
    command = [sys.executable, "-m", "benchmarks.peers", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    assert process.stdout is not None
    try:
        port = process.stdout.readline()
        if not port:
            raise LeftOut("the peer did not start: is fastapi installed?")
        yield Server(int(port), process.pid, "/x")
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


@contextmanager
def ours(env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Our daemon with one channel of its own."""
    with shop() as made, serving(made, **(env or {})) as (port, pid):
        yield Server(port, pid, made.path)


def cases() -> Iterator[Case]:
    """Against the same server doing nothing, and against the usual way of writing such a service."""
    with ours() as daemon, peer("noop") as idle:
        yield Case(
            "webhook → durable → 200, of doing nothing",
            "req/cpu s",
            ours=lambda: daemon.take(REQUESTS)[1],
            peer=lambda: idle.take(REQUESTS)[1],
            at_least=0.18,
        )
    with (
        slow_sync(SYNC) as slow,
        ours(slow) as daemon,
        tempfile.TemporaryDirectory() as folder,
        peer("usual", f"{folder}/usual.db", env=slow) as usual,
    ):
        yield Case(
            "webhook → durable → 200, of FastAPI + SQLModel",
            "req/s",
            ours=lambda: daemon.take(REQUESTS)[0],
            peer=lambda: usual.take(FEW)[0],
            at_least=10,
        )
