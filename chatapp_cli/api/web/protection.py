"""Protection before the password check: attempt limits, CSRF and security headers."""

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
"""Wrong passwords allowed within that time for one name, and from one address, which an office shares."""
MANY: Final = 10_000
"""The number of names and addresses at which expired ones are removed."""
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
"""Inline styles are allowed because the terminal in the page uses them for its colours."""


class Attempts:
    """Wrong passwords within the last quarter of an hour."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at: dict[tuple[str, str], deque[float]] = {}

    def wait(self, **who: str) -> float:
        """Seconds until the next attempt is allowed; 0 for now."""
        now = self._clock.monotonic()
        spent = [at for kind, value in who.items() if len(at := self._recent(kind, value)) >= MOST[kind]]
        return max((at[0] + WITHIN - now for at in spent), default=0.0)

    def count(self, **who: str) -> None:
        """Count an attempt; before the password is checked, so that concurrent attempts count too."""
        if len(self._at) > MANY:
            self._at = {key: at for key in [*self._at] if (at := self._recent(*key))}
        for kind, value in who.items():
            self._at.setdefault((kind, value), deque()).append(self._clock.monotonic())

    def right(self, **who: str) -> None:
        """Uncount the last attempt: the password was right."""
        for key in who.items():
            if self._at.get(key):
                self._at[key].pop()

    def _recent(self, kind: str, value: str) -> deque[float]:
        at = self._at.get((kind, value), deque())
        while at and at[0] + WITHIN <= self._clock.monotonic():
            at.popleft()
        return at


def from_here(caller: HTTPConnection, *, certainly: bool = False) -> bool:
    """Whether the request comes from one of our pages; ``certainly`` refuses requests without an origin."""
    origin = caller.headers.get("origin")
    if origin is None:
        return not certainly
    return urlsplit(origin).netloc == caller.headers.get("host")


def proved(form: Mapping[str, str], cookie: str | None) -> bool:
    """Whether a form was issued to this browser."""
    return bool(cookie) and compare_digest(form.get("proof", "").encode(), (cookie or "").encode())


class SecurityHeaders:
    """Adds security headers to an application's responses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, adding headers that the response lacks."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded)
