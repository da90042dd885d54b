"""A program that rules tell what happened: it checks signatures, and answers as it is told to.

It verifies with the ``standardwebhooks`` package, so that our own signing is checked independently.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from chatapp_cli.sandbox.serving import HttpSandbox

_UNSIGNED: Final = 401
_TAKEN: Final = 204


class TakenCall(NamedTuple):
    """A call that was signed as it should be."""

    id: str
    """Of the delivery."""
    path: str
    body: Mapping[str, Any]


class ReceiverSandbox(HttpSandbox):
    """A program behind one address; it does what it is asked for each id once."""

    def __init__(self, secret: str = "") -> None:
        """Without a ``secret`` it takes every signature."""
        super().__init__()
        self.secret = secret
        self.calls: list[TakenCall] = []
        """Every attempt that reached it, the oldest first."""
        self.done: dict[str, TakenCall] = {}
        """What it did, by the id of the delivery."""
        self.answers: deque[int] = deque()
        """The statuses that it answers next; then it takes everything."""
        self.leads_to = ""
        """Where an answer 3xx leads."""
        self.silent = False
        """Whether it takes what it is told, and closes the connection without an answer."""

    def _routes(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if self.secret:
            try:
                Webhook(self.secret).verify(body, dict(request.headers))
            except WebhookVerificationError:
                return web.Response(status=_UNSIGNED)
        call = TakenCall(request.headers["webhook-id"], request.path, json.loads(body))
        self.calls.append(call)
        status = self.answers.popleft() if self.answers else _TAKEN
        if status == _TAKEN:
            self.done.setdefault(call.id, call)
        if self.silent and request.transport is not None:
            request.transport.close()
            await asyncio.sleep(0)
        return web.Response(status=status, headers={"Location": self.leads_to} if self.leads_to else {})
