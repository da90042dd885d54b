"""HTTP for uvicorn whose callers have a time for the headers, and time to read why they are refused.

It is also cheaper than uvicorn's own: the head and the body of an answer leave in one system call instead of two, and
the time that a kept connection has for its next request takes no timer of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from chatapp_cli.api.limits import LIMITS, Limits
from chatapp_cli.runtime.deadlines import Deadlines


class LingeringTransport:
    """A transport that sends what is written in pairs, and waits before it closes for a caller who is still sending.

    Closing it at once, with bytes unread, would reset the connection, and the answer would be lost.
    """

    def __init__(self, transport: asyncio.Transport, is_receiving: Callable[[], bool], seconds: float) -> None:
        self._transport = transport
        self.is_receiving = is_receiving
        """Whether a request has not come in completely."""
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._held = b""
        """What was written last, until more is written or the loop's next turn."""
        self.closing = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send it, with what was written just before or is written next in this turn of the loop."""
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(b"".join((held, data)))
        else:
            self._held = data
            self._loop.call_soon(self._send_held)

    def _send_held(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)

    def is_closing(self) -> bool:
        """Whether the answer is complete, or the connection lost."""
        return self.closing or self._transport.is_closing()

    def close(self) -> None:
        """Close it, now or once the caller has stopped sending."""
        self._send_held()
        if self.closing or self._transport.is_closing() or not self.is_receiving():
            self._transport.close()
            return
        self.closing = True
        self._transport.write_eof()
        self._transport.resume_reading()
        self._loop.call_later(self._seconds, self._transport.close)


def _never() -> bool:
    return False


class LimitedProtocol(HttpToolsProtocol):
    """HTTP on one connection, which is closed if the headers of a request take too long or too much room."""

    limits: ClassVar[Limits] = LIMITS
    deadlines: ClassVar[Deadlines]
    """Those of all connections of a listener."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._awaits_headers = False
        self._head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect the first request."""
        self._lingering = LingeringTransport(transport, self._is_receiving, self.limits.linger_seconds)
        super().connection_made(self._lingering)  # type: ignore[arg-type]  # it has all that is used of one
        self._awaits_headers = True
        self._limit_headers()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request; what comes after a refusal is not read."""
        if self._lingering.closing:
            return
        if begins := not self._awaits_headers and self._is_idle():
            self._awaits_headers, self._head = True, 0
        super().data_received(data)
        self._head += len(data)
        if self._awaits_headers:
            if begins:
                self._limit_headers()
            if self._head > self.limits.head_bytes:
                self._refuse(b"431 Request Header Fields Too Large", b"the headers are too large\n")

    def on_headers_complete(self) -> None:
        """Go on with the body."""
        self._awaits_headers = False
        self.deadlines.drop(self)
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Keep the connection for a while for another request."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self.deadlines.set(self, self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._awaits_headers = False
        self.deadlines.drop(self)
        super().connection_lost(exc)
        # It refers to us, and we to what was read of a body: that is freed now, not when garbage is looked for.
        self._lingering.is_receiving = _never

    def _is_idle(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _is_receiving(self) -> bool:
        """Whether a request has not come in completely."""
        cycle: RequestResponseCycle | None = self.cycle
        return self._awaits_headers or (cycle is not None and cycle.more_body)

    def _limit_headers(self) -> None:
        self.deadlines.set(self, self.limits.head_seconds, self._too_late)

    def _too_late(self) -> None:
        self._refuse(b"408 Request Timeout", b"the headers came too slowly\n")

    def _refuse(self, status: bytes, why: bytes) -> None:
        if not self.transport.is_closing():
            head = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(
                why
            )
            self.transport.write(b"HTTP/1.1 " + status + b"\r\n" + head + why)
            self.transport.close()
        self._awaits_headers = False
        self.deadlines.drop(self)


def protocol_with(limits: Limits) -> type[LimitedProtocol]:
    """The protocol of one listener with these limits."""
    return type("LimitedProtocol", (LimitedProtocol,), {"limits": limits, "deadlines": Deadlines()})
