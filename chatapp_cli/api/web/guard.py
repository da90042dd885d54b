"""What keeps strangers out before anybody is asked for a password."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from hmac import compare_digest
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatapp_cli.ports.world import Clock

WITHIN: Final = 900.0
"""Seconds for which a wrong password counts."""
MOST: Final = MappingProxyType({"name": 10, "address": 30})
"""Wrong passwords within that time for one name, and from one address: people of an office share theirs."""
MANY: Final = 10_000
"""Names and addresses after which those that no longer count are forgotten."""
HEADERS: Final = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' "
            "data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)
"""The terminal in the page writes its colours as styles of its own, which is why those are allowed."""


class Attempts:
    """Wrong passwords of the last quarter of an hour."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at: dict[tuple[str, str], deque[float]] = {}

    def wait(self, **who: str) -> float:
        """Seconds until somebody may try again; 0 if now."""
        now = self._clock.monotonic()
        spent = [at for kind, value in who.items() if len(at := self._recent(kind, value)) >= MOST[kind]]
        return max((at[0] + WITHIN - now for at in spent), default=0.0)

    def count(self, **who: str) -> None:
        """One more attempt; counted before it is judged, so that many at once gain nothing."""
        if len(self._at) > MANY:
            self._at = {key: at for key in [*self._at] if (at := self._recent(*key))}
        for kind, value in who.items():
            self._at.setdefault((kind, value), deque()).append(self._clock.monotonic())

    def right(self, **who: str) -> None:
        """The last attempt was none: the password was right."""
        for key in who.items():
            if self._at.get(key):
                self._at[key].pop()

    def _recent(self, kind: str, value: str) -> deque[float]:
        at = self._at.get((kind, value), deque())
        while at and at[0] + WITHIN <= self._clock.monotonic():
            at.popleft()
        return at


def from_here(caller: HTTPConnection, *, certainly: bool = False) -> bool:
    """Whether one of our own pages asks; ``certainly`` refuses those that do not say where they come from."""
    origin = caller.headers.get("origin")
    if origin is None:
        return not certainly
    return urlsplit(origin).netloc == caller.headers.get("host")


def proved(form: Mapping[str, str], cookie: str | None) -> bool:
    """Whether a form is one that we gave to this very browser."""
    return bool(cookie) and compare_digest(form.get("proof", "").encode(), (cookie or "").encode())


class Guarded:
    """Answers of an application, with what a browser has to know to protect its user."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, adding the headers that the answer does not have."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded)
