"""The ways in which requests are read and answers go out, or go wrong."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any, Final, NamedTuple

from aiohttp import web

from chatapp_cli.sandbox.amocrm.objects import AmoRefusal, Json

_SECRET: Final = frozenset({"client_secret", "code", "refresh_token", "access_token"})
FORBIDDEN: Final = "<html><head><title>403 Forbidden</title></head><body>Forbidden</body></html>"
"""What the front server says to a blocked address (C8)."""


async def read_json(request: web.Request) -> Any:
    """The body; ``None`` if there is none. Raises AmoRefusal."""
    body = await request.read()
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError as error:
        raise AmoRefusal(400, "The body is not JSON") from error


def without_secrets(said: Any) -> Any:
    """A body as it may be kept and printed; dots stand for what is left out."""
    if isinstance(said, Mapping):
        return {name: "…" if name in _SECRET else value for name, value in said.items()}
    return said


def answer(status: int, body: Any) -> web.Response:
    """An answer with JSON, a problem, a page or nothing."""
    if body is None:
        return web.Response(status=status)
    if isinstance(body, str):
        return web.Response(status=status, text=body, content_type="text/html")
    kind = "application/problem+json" if status >= 400 else "application/hal+json"  # noqa: PLR2004
    return web.Response(status=status, text=json.dumps(body, ensure_ascii=False), content_type=kind)


async def cut_off(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    if request.transport:
        request.transport.abort()
    await asyncio.sleep(0)
    return web.Response(status=500)


def date_of(seconds: float) -> str:
    """A moment as the header ``Date`` has it."""
    return formatdate(seconds, usegmt=True)


class Route(NamedTuple):
    """A method with the pattern of its path."""

    verb: str
    pattern: re.Pattern[str]
    does: Any


def routes(table: Mapping[str, Any]) -> list[Route]:
    """The routes of a table; those without places come first."""
    ordered = sorted(table.items(), key=lambda pair: pair[0].count("{"))
    return [_route(name, does) for name, does in ordered]


def _route(name: str, does: Any) -> Route:
    verb, _, path = name.partition(" ")
    return Route(verb, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), does)


def found(known: list[Route], verb: str, path: str) -> tuple[Any, Json]:
    """The method of a path, and what stands in its places. Raises AmoRefusal (404, 405)."""
    fitting = [(one, place) for one in known if (place := one.pattern.fullmatch(path))]
    if not fitting:
        raise AmoRefusal(404)
    for route, place in fitting:
        if route.verb == verb:
            return route.does, place.groupdict()
    raise AmoRefusal(405, "Method not allowed")
