"""How long a command's write waits while the daemon takes a thousand arrivals a second."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import quantiles
from threading import Semaphore

from benchmarks.harness import OWNER, Case, slow_sync
from benchmarks.ingesting import DIALOGS, arrival, company
from chatapp_cli.bootstrap import open_company
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.services import dialogs
from chatapp_cli.services.ingest import ingest
from chatapp_cli.settings import Settings
from chatapp_cli.store.writer import Writer

PER_SECOND = 1000
WRITES = 200
PAUSE = 0.02
LIMIT = 50.0
"""Milliseconds that a person does not notice."""


def cases() -> Iterator[Case]:
    yield Case("another process's write, p99", "ms", ours=partial(p99, None), limit=LIMIT, at_most=1.0, rounds=3)
    with slow_sync(5) as env:
        yield Case(
            "the same, fsync +5 ms", "ms", ours=partial(p99, env), limit=LIMIT, at_most=1.0, rounds=3, warm_up=False
        )


def p99(env: Mapping[str, str] | None) -> float:
    with company() as opened, loaded(opened.settings.home, env):
        return float(child(f"print(c.write({opened.settings.home!r}))", env).communicate()[0])


class loaded:  # noqa: N801 - used as a block
    """A process that takes arrivals at a steady pace while the block runs."""

    def __init__(self, home: str, env: Mapping[str, str] | None) -> None:
        self._process = child(f"c.load({home!r})", env)

    def __enter__(self) -> None:
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def child(code: str, env: Mapping[str, str] | None) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", f"from benchmarks import case_write_latency as c; {code}"]
    return subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])


def load(home: str) -> None:
    """Submit at absolute times, whatever the store does, with at most a second's worth under way."""
    writer = Writer(open_company(Settings(home=home)).database)
    room = Semaphore(PER_SECOND)
    start, number = time.perf_counter(), 0
    while True:
        for _ in range(int((time.perf_counter() - start) * PER_SECOND) - number):
            room.acquire()
            writer.submit(job(number), lambda _outcome: room.release())
            number += 1
            if number == PER_SECOND // 2:
                print("loaded", flush=True)
        time.sleep(0.001)


def job(number: int) -> Callable[..., object]:
    batch = Batch(arrivals=(arrival(f"m{number}", number),))
    return lambda tx: ingest(tx, ChannelId(1), batch)


def write(home: str) -> float:
    """Milliseconds of the slowest percent of a person's writes."""
    opened = open_company(Settings(home=home)).seen_by(OWNER)
    took = []
    for number in range(WRITES):
        dialog = DialogId(number % DIALOGS + 1)
        began = time.perf_counter()
        opened.write(partial(dialogs.pin, dialog=dialog, pinned=True))
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(PAUSE)
    return quantiles(took, n=100)[-1]
