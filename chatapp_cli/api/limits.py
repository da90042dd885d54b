"""What one caller of the listener may take of it: time for its headers and its body, and memory for bodies."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.types import Receive
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MB = 1_048_576


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the listener."""

    head_seconds: float = 10.0
    """For all headers of a request."""
    head_bytes: int = 65_536
    pause_seconds: float = 10.0
    """Between two parts of a body."""
    body_seconds: float = 120.0
    """For all of a body."""
    largest_body: int = 40 * MB
    held_by_one: int = 96 * MB
    """Bytes of bodies that are held at once for one channel."""
    held_in_all: int = 256 * MB
    goodbye_seconds: float = 2.0
    """For a caller who is refused while it sends, to read why."""


LIMITS = Limits()


class Refusal(Exception):
    """A request is refused before it is understood."""

    def __init__(self, status: int, why: str, *, again: bool = False) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.again = again
        """Whether the caller may try again soon."""


class Room:
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


class PatientTransport:
    """A transport that is closed only after a caller who is still sending had the time to read the answer.

    Closing it at once, with bytes unread, would reset the connection, and the answer would be lost.
    """

    def __init__(self, transport: asyncio.Transport, still_sending: Callable[[], bool], seconds: float) -> None:
        self._transport = transport
        self._still_sending = still_sending
        self._seconds = seconds
        self.closing = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Whether the answer is complete, or the connection lost."""
        return self.closing or self._transport.is_closing()

    def close(self) -> None:
        """Close it, now or once the caller has stopped sending."""
        if self.closing or self._transport.is_closing() or not self._still_sending():
            self._transport.close()
            return
        self.closing = True
        self._transport.write_eof()
        self._transport.resume_reading()
        asyncio.get_running_loop().call_later(self._seconds, self._transport.close)


class PunctualProtocol(HttpToolsProtocol):
    """HTTP on one connection, which is closed if the headers of a request take too long or too much room."""

    limits: ClassVar[Limits] = LIMITS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect the first request."""
        self._patient = PatientTransport(transport, self._is_unread, self.limits.goodbye_seconds)
        super().connection_made(self._patient)  # type: ignore[arg-type]  # it has all that is used of one
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request; what comes after a refusal is not read."""
        if self._patient.closing:
            return
        cycle: RequestResponseCycle | None = self.cycle
        if self._deadline is None and (cycle is None or cycle.response_complete):
            self._expect_headers()
        super().data_received(data)
        self._head += len(data)
        if self._deadline is not None and self._head > self.limits.head_bytes:
            self._refuse(b"431 Request Header Fields Too Large", b"the headers are too large\n")

    def on_headers_complete(self) -> None:
        """Go on with the body."""
        self._forget_deadline()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._forget_deadline()
        super().connection_lost(exc)

    def _is_unread(self) -> bool:
        """Whether a request has not come in completely."""
        cycle: RequestResponseCycle | None = self.cycle
        return self._deadline is not None or (cycle is not None and cycle.more_body)

    def _expect_headers(self) -> None:
        self._head = 0
        self._deadline = self.loop.call_later(self.limits.head_seconds, self._too_late)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._refuse(b"408 Request Timeout", b"the headers came too slowly\n")

    def _refuse(self, status: bytes, why: bytes) -> None:
        if not self.transport.is_closing():
            head = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(
                why
            )
            self.transport.write(b"HTTP/1.1 " + status + b"\r\n" + head + why)
            self.transport.close()
        self._forget_deadline()


def punctual(limits: Limits) -> type[PunctualProtocol]:
    """The protocol with these limits."""
    return type("PunctualProtocol", (PunctualProtocol,), {"limits": limits})
