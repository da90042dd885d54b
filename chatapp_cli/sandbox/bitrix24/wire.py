"""Reading of calls in all the forms that Bitrix24 takes, and the ways in which an answer can go wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from chatapp_cli.sandbox.bitrix24.objects import Json, PortalRefusal
from chatapp_cli.sandbox.brackets import parsed_query

_SECRET: Final = frozenset({"auth", "client_secret", "refresh_token", "code", "access_token"})


async def read_parameters(request: web.Request) -> Json:
    """The parameters in the body: JSON, or a form with brackets. Raises PortalRefusal."""
    body = await request.read()
    if not body:
        return {}
    if request.content_type == "application/json":
        try:
            said = json.loads(body)
        except ValueError as error:
            raise PortalRefusal(400, "INVALID_REQUEST", "The body is not JSON") from error
        return said if isinstance(said, dict) else {}
    return parsed_query(body.decode(errors="replace"))


def without_tokens(params: Mapping[str, Any]) -> Json:
    """Parameters as they may be kept and printed."""
    return {name: value for name, value in params.items() if name not in _SECRET}


async def cut_off(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    if request.transport:
        request.transport.abort()
    await asyncio.sleep(0)
    return web.Response(status=500)


def page(status: int) -> web.Response:
    """A page of somebody in between, in place of JSON."""
    return web.Response(
        status=status, text="<!DOCTYPE html><h1>The site is being worked on</h1>", content_type="text/html"
    )
