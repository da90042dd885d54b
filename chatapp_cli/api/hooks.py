"""Webhook intake: read the body, let the channel check it, store it, then answer.

Plain ASGI, because a framework's request and response objects would take a quarter of the time of a webhook.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.ports.connector import HookReply, HookRequest
from chatapp_cli.runtime.daemon import Daemon

PREFIX: Final = "/hooks/"
LARGEST_BODY: Final = 40 * 1_048_576
"""The largest webhook body, in bytes."""
_METHODS: Final = {"GET", "POST", "PUT"}
_AGAIN: Final = (b"retry-after", b"10")


class Webhooks:
    """``/hooks/{key}/{rest}``: if it cannot be stored, the answer is 503, so that the provider repeats it."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in _METHODS:
            await _answer(send, HookReply(status=405))
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            body = await _read(headers, receive)
        except ConnectionAbortedError:
            return
        if body is None:
            await _answer(send, HookReply(status=413, body=b"the body is larger than 40 MB\n"))
            return
        await self._take(scope, headers, body, send)

    async def _take(self, scope: Scope, headers: dict[str, str], body: bytes, send: Send) -> None:
        key, _, rest = scope["path"].removeprefix(PREFIX).partition("/")
        raw_query: bytes = scope["query_string"]
        request = HookRequest(
            method=scope["method"],
            path=rest,
            query=dict(parse_qsl(raw_query.decode("latin-1"), keep_blank_values=True)),
            headers=headers,
            body=body,
            raw_query=raw_query,
        )
        try:
            reply = await self._daemon.accept(key, request)
        except ChatappError as error:
            await _answer(send, HookReply(status=503, body=f"not stored: {error}\n".encode()), _AGAIN)
        else:
            await _answer(send, reply)


async def _read(headers: dict[str, str], receive: Receive) -> bytes | None:
    """The whole body; ``None`` if it is too large. Raises ConnectionAbortedError if the caller disconnected."""
    if int(headers.get("content-length") or 0) > LARGEST_BODY:
        return None
    parts: list[bytes] = []
    left, more = LARGEST_BODY, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
        left -= len(parts[-1])
        if left < 0:
            return None
    return b"".join(parts)


async def _answer(send: Send, reply: HookReply, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", reply.content_type.encode()), (b"content-length", b"%d" % len(reply.body)), *more]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
