"""Reads the body of a request, within its limits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from starlette.types import Receive

from chatapp_cli.api.limits import MB, Limits, Refusal
from chatapp_cli.runtime.deadlines import Deadlines


class BodyMemory:
    """The memory for bodies, by channel and in sum."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held: Counter[str] = Counter()
        self._in_all = 0

    def for_body(self, key: str) -> BodyShare:
        """What one body takes of it, given back at the end of a ``with``."""
        return BodyShare(self, key)

    def take(self, key: str, n: int) -> None:
        """Take so many bytes. Raises Refusal if too much is held."""
        limits = self._limits
        if self._held[key] + n > limits.held_by_one or self._in_all + n > limits.held_in_all:
            raise Refusal(503, "too many large bodies at once", again=True)
        self._held[key] += n
        self._in_all += n

    def give_back(self, key: str, n: int) -> None:
        """Give back what was taken."""
        self._in_all -= n
        self._held[key] -= n
        if not self._held[key]:
            del self._held[key]


class BodyShare:
    """The memory of one body: enter it for a function that takes more bytes. That raises Refusal."""

    def __init__(self, memory: BodyMemory, key: str) -> None:
        self._memory = memory
        self._key = key
        self._taken = 0

    def __enter__(self) -> Callable[[int], None]:
        return self._take

    def __exit__(self, *_error: object) -> None:
        self._memory.give_back(self._key, self._taken)

    def _take(self, n: int) -> None:
        self._memory.take(self._key, n)
        self._taken += n


async def read_body(
    receive: Receive, declared: int, limits: Limits, take: Callable[[int], None], deadlines: Deadlines
) -> bytes:
    """The whole body. Raises Refusal if it is too large or too slow, ConnectionAbortedError if the caller left."""
    if declared > limits.largest_body:
        raise _too_large(limits)
    now = asyncio.get_running_loop().time
    parts: list[bytes] = []
    size, more, end = 0, True, now() + limits.body_seconds
    try:
        with deadlines.within(min(limits.pause_seconds, limits.body_seconds)) as limit:
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
                    limit.allow(min(limits.pause_seconds, end - now()))
    except TimeoutError:
        raise Refusal(408, "the body came too slowly") from None
    return b"".join(parts)


def _too_large(limits: Limits) -> Refusal:
    return Refusal(413, f"the body is larger than {limits.largest_body // MB} MB")
