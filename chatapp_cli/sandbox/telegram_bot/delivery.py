"""How the Bot API delivers updates: getUpdates with real offsets, or repeated webhook calls."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import aiohttp

from chatapp_cli.sandbox.oddities import Oddities
from chatapp_cli.sandbox.serving import Background
from chatapp_cli.sandbox.telegram_bot.methods import Call
from chatapp_cli.sandbox.telegram_bot.town import Json, Refusal

RETRY = 0.05
"""Seconds between attempts at a webhook; Telegram takes longer."""
_UNASKED = frozenset({"message_reaction", "message_reaction_count", "chat_member"})
"""Update types sent only on request."""


class Delivery:
    """The queue of updates, and its one way of delivery."""

    def __init__(self, oddities: Oddities) -> None:
        self._oddities = oddities
        self.pending: list[Json] = []
        self.carried: list[Json] = []
        """Updates accepted by a webhook."""
        self.hook: Json = {"url": ""}
        self.failure: Json = {}
        """The last failed call for getWebhookInfo."""
        self._allowed: list[str] | None = None
        self._ids = itertools.count(500_001)
        self._news = asyncio.Condition()
        self._readers = itertools.count(1)
        self._reader = 0
        self.displaced = 0
        """Requests for updates that a newer one ended: so often two asked at once."""
        self.told_back: Callable[[bytes], Awaitable[None]] | None = None
        """Takes what a webhook's response says."""
        self._courier = Background(self._carry)

    async def push(self, **update: Any) -> int:
        """Queue an update if the bot requested its type; returns its id."""
        update_id = next(self._ids)
        if self._wanted(*update):
            await self.push_raw({"update_id": update_id, **update})
        return update_id

    def _wanted(self, kind: str) -> bool:
        return kind in self._allowed if self._allowed else kind not in _UNASKED

    async def push_raw(self, update: Json) -> None:
        """Queue anything, however odd."""
        async with self._news:
            self.pending.append(update)
            self._news.notify_all()

    async def get_updates(self, call: Call) -> list[Json]:
        """Drop confirmed updates, then wait for new ones; a newer call ends an older one."""
        if self.hook["url"]:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first")
        self._choose(call)
        self._confirm(call.value("offset") or 0)
        await self._wait(call.value("timeout") or 0)
        return self.pending[: call.value("limit") or 100]

    def _confirm(self, offset: int) -> None:
        self.pending = [u for u in self.pending if u.get("update_id", offset) >= offset]

    async def _wait(self, seconds: float) -> None:
        me = self._reader = next(self._readers)
        async with self._news:
            self._news.notify_all()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._news.wait_for(lambda: self.pending or self._reader != me)
        if self._reader != me:
            self.displaced += 1
            raise Refusal(409, "Conflict: terminated by other getUpdates request; only one bot instance may run")

    def _choose(self, call: Call) -> None:
        if (wanted := call.value("allowed_updates")) is not None:
            self._allowed = wanted

    def set_webhook(self, call: Call) -> bool:
        """Register a webhook."""
        self._choose(call)
        self.hook = {"url": call.text("url"), "secret": call.text("secret_token")}
        self.failure = {}
        self.work()
        return True

    def delete_webhook(self, call: Call) -> bool:
        """Remove the webhook; pending updates are kept unless they are to be dropped."""
        self.hook = {"url": ""}
        if call.value("drop_pending_updates"):
            self.pending.clear()
        return True

    def webhook_info(self, _call: Call) -> Json:
        """The result of the webhook calls."""
        waiting = {"has_custom_certificate": False, "pending_update_count": len(self.pending)}
        return {"url": self.hook["url"], **waiting, **self.failure}

    def work(self) -> None:
        """Start the courier, which ends when there is no webhook."""
        if self.hook["url"]:
            self._courier.start()

    async def rest(self) -> None:
        """Stop the courier."""
        await self._courier.stop()

    async def _carry(self) -> None:
        async with aiohttp.ClientSession() as http:
            while self.hook["url"]:
                async with self._news:
                    await self._news.wait_for(lambda: self.pending)
                update = self.pending[0]
                if await self._took(http, update):
                    self.carried.append(update)
                    self._confirm(update["update_id"] + 1)
                else:
                    await asyncio.sleep(RETRY)

    async def _took(self, http: aiohttp.ClientSession, update: Json) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.hook["secret"], "Content-Type": "application/json"}
        try:
            async with http.post(self.hook["url"], data=self._oddities.written(update), headers=headers) as answer:
                if answer.ok and self.told_back and (body := await answer.read()):
                    await self.told_back(body)
                problem = "" if answer.ok else f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except aiohttp.ClientError:
            problem = "Connection refused"
        if problem:
            self.failure = {"last_error_date": int(time.time()), "last_error_message": problem}
        return not problem
