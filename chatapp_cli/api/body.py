"""Reads the body of a request, within its limits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import Receive

from chatapp_cli.api.limits import MB, Limits, Refusal


class BodyMemory:
    """The memory for bodies, by channel and in sum."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held: Counter[str] = Counter()
        self._in_all = 0

    @contextmanager
    def for_body(self, key: str) -> Iterator[Callable[[int], None]]:
        """Yields a function that takes more bytes, which are given back at the end. It raises Refusal."""
        taken = 0

        def take(n: int) -> None:
            nonlocal taken
            limits = self._limits
            if self._held[key] + n > limits.held_by_one or self._in_all + n > limits.held_in_all:
                raise Refusal(503, "too many large bodies at once", again=True)
            self._held[key] += n
            self._in_all += n
            taken += n

        try:
            yield take
        finally:
            self._in_all -= taken
            self._held[key] -= taken
            if not self._held[key]:
                del self._held[key]


async def read_body(receive: Receive, declared: int, limits: Limits, take: Callable[[int], None]) -> bytes:
    """The whole body. Raises Refusal if it is too large or too slow, ConnectionAbortedError if the caller left."""
    if declared > limits.largest_body:
        raise _too_large(limits)
    parts: list[bytes] = []
    size, more = 0, True
    try:
        async with asyncio.timeout(min(limits.pause_seconds, limits.body_seconds)) as deadline:
            end = asyncio.get_running_loop().time() + limits.body_seconds
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ConnectionAbortedError
                part = message.get("body", b"")
                more = message.get("more_body", False)
                size += len(part)
                if size > limits.largest_body:
                    raise _too_large(limits)
                take(len(part))
                parts.append(part)
                if more:
                    deadline.reschedule(min(asyncio.get_running_loop().time() + limits.pause_seconds, end))
    except TimeoutError:
        raise Refusal(408, "the body came too slowly") from None
    return b"".join(parts)


def _too_large(limits: Limits) -> Refusal:
    return Refusal(413, f"the body is larger than {limits.largest_body // MB} MB")
