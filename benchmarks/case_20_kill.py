"""Killed again and again under load: nothing that was acknowledged is lost, nothing delivered again is there twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from functools import partial

from benchmarks.harness import Case, slow_sync
from benchmarks.shop import Shop, serving, shop, signed

KILLS = 5
CONNECTIONS = 16
MOST = 600
"""Acknowledged messages between two kills, at most."""


def cases() -> Iterator[Case]:
    yield from judged("this disk", {})
    with slow_sync(5) as env:
        yield from judged("fsync +5 ms", {name: env[name] for name in ("LD_PRELOAD", "SLOWSYNC_US")})


def judged(name: str, env: Mapping[str, str]) -> Iterator[Case]:
    """Judge one run twice; without a peer, for only nothing is good enough."""
    with shop() as made:
        acknowledged = asyncio.run(storm(made, env))
        stored = Counter(made.company.read(lambda tx: tx.compose(str, "SELECT ext_id FROM message", {})))
    lost = len(acknowledged - stored.keys())
    doubled = sum(stored.values()) - len(stored)
    said = f"{KILLS} kills, {name}, {len(acknowledged):,} acknowledged"
    yield Case(f"{said}: lost", "msg", ours=partial(float, lost), at_most=0, rounds=1, warm_up=False)
    yield Case(f"{said}: doubled", "msg", ours=partial(float, doubled), at_most=0, rounds=1, warm_up=False)


async def storm(made: Shop, env: Mapping[str, str]) -> set[str]:
    """Deliver, kill at a random moment, deliver again what was not acknowledged; returns what was."""
    chance = random.Random(20)
    waiting = deque(range(KILLS * MOST))
    acknowledged: set[str] = set()
    for _ in range(KILLS):
        enough = len(acknowledged) + chance.randrange(1, MOST)
        with serving(made, **env) as (port, pid):
            callers = [caller(port, made.path, waiting, acknowledged) for _ in range(CONNECTIONS)]
            await asyncio.gather(*callers, kill(pid, acknowledged, enough))
    return acknowledged


async def caller(port: int, path: str, waiting: deque[int], acknowledged: set[str]) -> None:
    """A provider's connection: what is refused or left unanswered is delivered again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while True:
        number = waiting.popleft()
        (request,) = signed(path, range(number, number + 1))
        writer.write(request)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]))
        except (ConnectionError, asyncio.IncompleteReadError):
            waiting.appendleft(number)
            return
        if head.startswith(b"HTTP/1.1 200"):
            acknowledged.add(f"m{number}")
        else:
            waiting.append(number)
            await asyncio.sleep(0.05)


async def kill(pid: int, acknowledged: set[str], enough: int) -> None:
    """End the daemon in the middle of its work."""
    while len(acknowledged) < enough:
        await asyncio.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
