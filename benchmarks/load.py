"""Keep-alive connections that write ready-made HTTP requests and wait for each answer; cheaper than any client."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the server did with the load."""

    per_second: float
    p99_ms: float
    statuses: frozenset[int]


class _Client(asyncio.Protocol):
    def __init__(self, work: deque[bytes], waits: list[float], statuses: set[int], done: asyncio.Future[None]) -> None:
        self._work, self._waits, self._statuses, self._done = work, waits, statuses, done
        self._buffer = b""
        self._started = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        if not self._work:
            self._transport.close()
            return
        self._started = time.perf_counter()
        self._transport.write(self._work.popleft())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = next((int(h[15:]) for h in head.lower().split(b"\r\n") if h.startswith(b"content-length:")), 0)
        if len(rest) < length:
            return
        self._buffer = b""
        self._statuses.add(int(head[9:12]))
        self._waits.append(time.perf_counter() - self._started)
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None) if exc is None else self._done.set_exception(exc)


async def _run(port: int, requests: Sequence[bytes], connections: int) -> Outcome:
    loop = asyncio.get_running_loop()
    work = deque(requests)
    waits: list[float] = []
    statuses: set[int] = set()
    ends = [loop.create_future() for _ in range(connections)]
    started = time.perf_counter()
    for end in ends:
        await loop.create_connection(partial(_Client, work, waits, statuses, end), "127.0.0.1", port)
    await asyncio.gather(*ends)
    took = time.perf_counter() - started
    waits.sort()
    return Outcome(len(waits) / took, waits[int(len(waits) * 0.99) - 1] * 1000, frozenset(statuses))


def load(port: int, requests: Sequence[bytes], connections: int = 32) -> Outcome:
    """Send everything over so many connections and wait for the last answer."""
    return asyncio.run(_run(port, requests, connections))
