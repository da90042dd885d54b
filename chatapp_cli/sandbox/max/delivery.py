"""How MAX delivers updates: by polling with a marker, or by repeated webhook calls."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import aiohttp

from chatapp_cli.sandbox.max.town import Json, Refusal, now
from chatapp_cli.sandbox.oddities import Oddities
from chatapp_cli.sandbox.serving import Background

RETRY = 0.05
"""Seconds between attempts at a webhook; MAX begins with a minute."""


class Delivery:
    """The queue of updates, and its one way of delivery."""

    def __init__(self, oddities: Oddities) -> None:
        self._oddities = oddities
        self.pending: list[tuple[int, Json]] = []
        self.sent: list[Json] = []
        """All delivered updates."""
        self.hooks: list[Json] = []
        """Subscriptions with their secrets."""
        self._next = 1
        self._news = asyncio.Condition()
        self._courier = Background(self._carry)

    async def push(self, kind: str, **update: object) -> None:
        """Queue an update."""
        await self.push_raw({"update_type": kind, "timestamp": now(), **update})

    async def push_raw(self, update: Json) -> None:
        """Queue anything, however odd."""
        async with self._news:
            self.pending.append((self._next, update))
            self._next += 1
            self._news.notify_all()

    async def updates(self, query: Mapping[str, str]) -> Json:
        """Drop confirmed updates, then wait for new ones; without a marker return only the latest."""
        if self.hooks:
            raise Refusal(405, "method.not.allowed", "There is an active webhook subscription")
        marker = int(query["marker"]) if "marker" in query else None
        if marker is not None:
            self.pending = [(number, update) for number, update in self.pending if number >= marker]
        async with self._news:
            with suppress(TimeoutError):
                async with asyncio.timeout(float(query.get("timeout", 30))):
                    await self._news.wait_for(lambda: self.pending)
        given = self.pending[: int(query.get("limit", 100))] if marker is not None else self.pending[-1:]
        self.sent += [update for _, update in given]
        return {"updates": [update for _, update in given], "marker": given[-1][0] + 1 if given else self._next}

    def subscribe(self, body: Mapping[str, object]) -> Json:
        """Register a webhook; a repeated call changes its secret and types."""
        self.hooks = [hook for hook in self.hooks if hook["url"] != body["url"]]
        self.hooks.append({"time": now(), "update_types": [], **body})
        self.work()
        return {"success": True}

    def unsubscribe(self, url: str) -> Json:
        """Remove a webhook."""
        known = [hook for hook in self.hooks if hook["url"] != url]
        gone = len(known) < len(self.hooks)
        self.hooks = known
        return {"success": True} if gone else {"success": False, "message": "no such subscription"}

    def subscriptions(self) -> Json:
        """All webhooks, without their secrets."""
        return {"subscriptions": [{n: hook[n] for n in ("url", "time", "update_types")} for hook in self.hooks]}

    def work(self) -> None:
        """Start the courier, which ends when there is no webhook."""
        if self.hooks:
            self._courier.start()

    async def rest(self) -> None:
        """Stop the courier."""
        await self._courier.stop()

    async def _carry(self) -> None:
        async with aiohttp.ClientSession() as http:
            while self.hooks:
                async with self._news:
                    await self._news.wait_for(lambda: self.pending)
                number, update = self.pending[0]
                if all([await self._took(http, hook, update) for hook in list(self.hooks)]):
                    self.sent.append(update)
                    self.pending = [one for one in self.pending if one[0] > number]
                else:
                    await asyncio.sleep(RETRY)

    async def _took(self, http: aiohttp.ClientSession, hook: Json, update: Json) -> bool:
        headers = {"Content-Type": "application/json", "X-Max-Bot-Api-Secret": hook.get("secret", "")}
        try:
            async with http.post(hook["url"], data=self._oddities.written(update), headers=headers) as answer:
                return answer.status == 200  # noqa: PLR2004 - HTTP
        except aiohttp.ClientError:
            return False
