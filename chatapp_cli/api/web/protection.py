"""Protection of the pages: CSRF and security headers."""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
