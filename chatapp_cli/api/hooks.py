"""Webhook intake: one raw read, the channel's own check, durable, then the answer."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.ports.connector import HookRequest
from chatapp_cli.runtime.daemon import Daemon

LARGEST_BODY = 40 * 1_048_576
"""Bytes of a webhook's body at most."""


async def take(request: Request) -> Response:
    """``/hooks/{key}/{rest}``: what cannot be stored now is refused with 503, so that the provider sends it again."""
    daemon: Daemon = request.app.state.daemon
    body = await _read(request)
    if body is None:
        return Response("the body is larger than 40 MB\n", 413, media_type="text/plain")
    called = HookRequest(
        method=request.method,
        path=request.path_params.get("rest", ""),
        query=dict(request.query_params),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )
    try:
        reply = await daemon.accept(request.path_params["key"], called)
    except ChatappError as error:
        return Response(f"not stored: {error}\n", 503, media_type="text/plain", headers={"retry-after": "10"})
    return Response(reply.body, reply.status, headers={"content-type": reply.content_type})


async def _read(request: Request) -> bytes | None:
    if int(request.headers.get("content-length") or 0) > LARGEST_BODY:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)
