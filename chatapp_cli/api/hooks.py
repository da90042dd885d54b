"""Webhook intake: look up the channel, read the body, let the channel check it, store it, then answer.

Plain ASGI, because a framework's request and response objects would take a quarter of the time of a webhook.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from chatapp_cli.api.body import BodyMemory, read_body
from chatapp_cli.api.limits import Limits, Refusal
from chatapp_cli.domain.doors import NO_CHANNEL
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.ports.connector import HookReply, HookRequest
from chatapp_cli.runtime.daemon import Daemon
from chatapp_cli.runtime.deadlines import Deadlines

PREFIX: Final = "/hooks/"
FAILED: Final = "Something went wrong inside chatapp; its log names the place.\n"
START: Final = 4.0
"""Seconds that a call is held, at most, while we start: some providers, such as Bitrix24, do not repeat it."""
_METHODS: Final = {"GET", "POST", "PUT", "OPTIONS"}
"""``OPTIONS``: a browser asks whether a page of a CRM may call us."""
_AGAIN: Final = (b"retry-after", b"10")
_CLOSE: Final = (b"connection", b"close")


class Webhooks:
    """``/hooks/{key}/{rest}``: if it cannot be stored, the answer is 503, so that the provider repeats it."""

    def __init__(self, daemon: Daemon, limits: Limits) -> None:
        self._daemon = daemon
        self._limits = limits
        self._memory = BodyMemory(limits)
        self._deadlines = Deadlines()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        key, _, rest = scope["path"].removeprefix(PREFIX).partition("/")
        try:
            await self._require_channel(scope["method"], key)
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            with self._memory.for_body(key) as take:
                declared = int(headers.get("content-length") or 0)
                body = await read_body(receive, declared, self._limits, take, self._deadlines)
                await self._take(scope, key, rest, headers, body, send)
        except ConnectionAbortedError:
            return
        except Refusal as refusal:
            reply = HookReply(status=refusal.status, body=f"{refusal.why}\n".encode())
            await _answer(send, reply, _CLOSE, *([_AGAIN] if refusal.again else ()))

    async def _require_channel(self, method: str, key: str) -> None:
        """Refuse a call to nobody before its body is read. Raises Refusal."""
        if method not in _METHODS:
            raise Refusal(405, "only GET, POST and PUT are understood")
        if not await self._daemon.takes_calls(START):
            raise Refusal(503, "starting", again=True)
        try:
            known = await self._daemon.knows(key)
        except ChatappError as error:
            raise Refusal(503, f"not stored: {error}", again=True) from None
        if not known:
            raise Refusal(404, NO_CHANNEL)

    async def _take(self, scope: Scope, key: str, rest: str, headers: dict[str, str], body: bytes, send: Send) -> None:
        raw_query: bytes = scope["query_string"]
        request = HookRequest(
            method=scope["method"],
            path=rest,
            query=dict(parse_qsl(raw_query.decode("latin-1"), keep_blank_values=True)) if raw_query else {},
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


async def fail(send: Send) -> None:
    """Answer that something of ours went wrong, so that the provider repeats the call."""
    await _answer(send, HookReply(status=500, body=FAILED.encode()), _CLOSE)


async def _answer(send: Send, reply: HookReply, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", reply.content_type.encode()), (b"content-length", b"%d" % len(reply.body)), *more]
    headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
