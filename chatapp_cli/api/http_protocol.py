"""HTTP for uvicorn whose callers have a time for the headers, and time to read why they are refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from chatapp_cli.api.limits import LIMITS, Limits


class LingeringTransport:
    """A transport that is closed only after a caller who is still sending had the time to read the answer.

    Closing it at once, with bytes unread, would reset the connection, and the answer would be lost.
    """

    def __init__(self, transport: asyncio.Transport, is_receiving: Callable[[], bool], seconds: float) -> None:
        self._transport = transport
        self._is_receiving = is_receiving
        self._seconds = seconds
        self.closing = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Whether the answer is complete, or the connection lost."""
        return self.closing or self._transport.is_closing()

    def close(self) -> None:
        """Close it, now or once the caller has stopped sending."""
        if self.closing or self._transport.is_closing() or not self._is_receiving():
            self._transport.close()
            return
        self.closing = True
        self._transport.write_eof()
        self._transport.resume_reading()
        asyncio.get_running_loop().call_later(self._seconds, self._transport.close)


class LimitedProtocol(HttpToolsProtocol):
    """HTTP on one connection, which is closed if the headers of a request take too long or too much room."""

    limits: ClassVar[Limits] = LIMITS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect the first request."""
        self._lingering = LingeringTransport(transport, self._is_receiving, self.limits.linger_seconds)
        super().connection_made(self._lingering)  # type: ignore[arg-type]  # it has all that is used of one
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request; what comes after a refusal is not read."""
        if self._lingering.closing:
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
        self._cancel_deadline()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._cancel_deadline()
        super().connection_lost(exc)

    def _is_receiving(self) -> bool:
        """Whether a request has not come in completely."""
        cycle: RequestResponseCycle | None = self.cycle
        return self._deadline is not None or (cycle is not None and cycle.more_body)

    def _expect_headers(self) -> None:
        self._head = 0
        self._deadline = self.loop.call_later(self.limits.head_seconds, self._too_late)

    def _cancel_deadline(self) -> None:
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
        self._cancel_deadline()


def protocol_with(limits: Limits) -> type[LimitedProtocol]:
    """The protocol with these limits."""
    return type("LimitedProtocol", (LimitedProtocol,), {"limits": limits})
