"""How VK delivers events: a long poll server whose event numbers expire, and calls repeated until «ok»."""

from __future__ import annotations

import asyncio
import itertools
import json
from contextlib import suppress
from typing import Any, Final

import aiohttp

from chatapp_cli.sandbox.oddities import Oddities
from chatapp_cli.sandbox.serving import Background
from chatapp_cli.sandbox.vk.town import GROUP, Json

VERSION: Final = "5.199"
RETRY: Final = 0.05
"""Seconds between attempts at a call; VK takes longer."""


class Delivery:
    """The events of the community."""

    def __init__(self) -> None:
        self.happened: list[Json] = []
        """All delivered events."""
        self.key = "lp-key-1"
        """The only accepted key; empty: none is accepted."""
        self.ts = 100
        self.kept_since = 0
        """Events up to this number are dropped."""
        self.wanted: frozenset[str] = frozenset()
        self.servers: dict[int, Json] = {}
        self.code = "c0de42"
        """The confirmation code."""
        self.oddities = Oddities()
        self._kept: list[tuple[int, Json]] = []
        self._post: list[Json] = []
        self._ids = itertools.count(1)
        self._numbers = itertools.count(1)
        self._news = asyncio.Condition()
        self._courier = Background(self._carry)

    async def push(self, kind: str, content: Any, event_id: str = "") -> Json:
        """Deliver an event to all subscribers."""
        event: Json = {
            "type": kind,
            "group_id": GROUP,
            "event_id": event_id or f"e{next(self._ids):08x}",
            "v": VERSION,
            "object": json.loads(json.dumps(content)),
        }
        self.happened.append(event)
        async with self._news:
            if kind in self.wanted:
                self.ts += 1
                self._kept.append((self.ts, event))
            self._post += [event] if any(kind in server["wanted"] for server in self.servers.values()) else []
            self._news.notify_all()
        return event

    def wire(self, document: Json) -> bytes:
        """The event in wire form."""
        return self.oddities.written(document)

    def forget(self) -> None:
        """Drop all events so far, as after a long outage of the reader."""
        self.kept_since = self.ts
        self._kept.clear()

    def change_key(self) -> None:
        """Change the long poll key."""
        self.key = f"lp-key-{next(self._ids)}"

    async def poll(self, key: str, ts: str, seconds: float) -> Json:
        """Answer a poll."""
        if not key or key != self.key:
            return {"failed": 2}
        if not ts.isdecimal() or int(ts) > self.ts:
            return {"failed": 3}
        if int(ts) < self.kept_since:
            return {"failed": 1, "ts": str(self.ts)}
        async with self._news:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._news.wait_for(lambda: self.ts > int(ts))
        return {"ts": str(self.ts), "updates": [event for number, event in self._kept if number > int(ts)]}

    async def add_server(self, url: str, secret: str) -> int:
        """Add a callback server, used once it is confirmed."""
        number = next(self._numbers)
        self.servers[number] = {"url": url, "secret": secret, "status": "wait", "wanted": frozenset()}
        self.work()
        return number

    def edit_server(self, number: int, url: str, secret: str) -> None:
        """Request a confirmation again."""
        self.servers[number] |= {"url": url, "secret": secret, "status": "wait"}

    def work(self) -> None:
        """Start the courier."""
        if self.servers:
            self._courier.start()

    async def rest(self) -> None:
        """Stop the courier, and end open polls."""
        await self._courier.stop()

    async def _carry(self) -> None:
        async with aiohttp.ClientSession() as http:
            while self.servers:
                done = [await self._serve(http, server) for server in list(self.servers.values())]
                if all(done) and self._post:
                    self._post.pop(0)
                else:
                    await asyncio.sleep(RETRY)

    async def _serve(self, http: aiohttp.ClientSession, server: Json) -> bool:
        if server["status"] != "ok":
            confirmed = await self._said(http, server, {"type": "confirmation", "group_id": GROUP})
            server["status"] = "ok" if confirmed == self.code else "failed"
        if server["status"] != "ok":
            return False
        return not self._post or await self._said(http, server, self._post[0]) == "ok"

    async def _said(self, http: aiohttp.ClientSession, server: Json, event: Json) -> str:
        body = {**event, "secret": server["secret"]} if event["type"] != "confirmation" else event
        try:
            headers = {"Content-Type": "application/json"}
            async with http.post(server["url"], data=self.wire(body), headers=headers) as answer:
                return (await answer.text()) if answer.ok else ""
        except aiohttp.ClientError:
            return ""
