"""How Meta calls a webhook: a handshake, then signed events, each repeated until accepted."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import deque
from typing import Final

import aiohttp

from chatapp_cli.sandbox.oddities import Oddities
from chatapp_cli.sandbox.serving import Background
from chatapp_cli.sandbox.whatsapp.meta import NUMBER, PHONE, WABA, Json

RETRY: Final = 0.05
"""Seconds between attempts; Meta takes longer and retries for seven days."""
_OK: Final = 200


class Courier:
    """Delivers posted bodies one by one."""

    def __init__(self, app_secret: str, verify_token: str) -> None:
        self._secret = app_secret
        self._verify_token = verify_token
        self._url = ""
        self._greeted = False
        self.oddities = Oddities()
        self.waiting: deque[bytes] = deque()
        """Undelivered bodies."""
        self._news = asyncio.Event()
        self._task = Background(self._carry)
        self.carried: list[bytes] = []
        """Accepted bodies, oldest first."""
        self.refused: list[int] = []
        """The statuses of refused bodies."""

    def calls(self, url: str) -> None:
        """Set the webhook address."""
        self._url, self._greeted = url, False
        self._news.set()

    def post(self, field: str, *values: Json) -> None:
        """Send events, several in one webhook."""
        self.post_raw(self.about(field, *values))

    def about(self, field: str, *values: Json, number: str = NUMBER) -> Json:
        """Events as a webhook's body, for our number or another one of the account."""
        head = {"messaging_product": "whatsapp", "metadata": {"display_phone_number": PHONE, "phone_number_id": number}}
        changes = [{"field": field, "value": {**head, **value}} for value in values]
        return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": changes}]}

    def post_raw(self, payload: Json) -> None:
        """Send any body."""
        self.post_bytes(self.oddities.written(payload, escaped=False))

    def post_bytes(self, body: bytes) -> None:
        """Send any bytes."""
        self.waiting.append(body)
        self._news.set()

    def work(self) -> None:
        """Start delivering."""
        self._task.start()

    async def rest(self) -> None:
        """Stop; undelivered bodies wait."""
        await self._task.stop()

    async def _carry(self) -> None:
        async with aiohttp.ClientSession() as http:
            while True:
                await self._news.wait()
                self._news.clear()
                while self._url and self.waiting:
                    if await self._took(http, self.waiting[0]):
                        self.carried.append(self.waiting.popleft())
                    else:
                        await asyncio.sleep(RETRY)

    async def _took(self, http: aiohttp.ClientSession, body: bytes) -> bool:
        try:
            self._greeted = self._greeted or await self._greet(http)
            return self._greeted and await self._deliver(http, body)
        except aiohttp.ClientError:
            return False

    async def _greet(self, http: aiohttp.ClientSession) -> bool:
        """Verify the webhook address by a handshake."""
        query = {"hub.mode": "subscribe", "hub.verify_token": self._verify_token, "hub.challenge": "1158201444"}
        async with http.get(self._url, params=query) as answer:
            return answer.status == _OK and await answer.text() == query["hub.challenge"]

    async def _deliver(self, http: aiohttp.ClientSession, body: bytes) -> bool:
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={self.sign(body)}"}
        async with http.post(self._url, data=body, headers=headers) as answer:
            if answer.status != _OK:
                self.refused.append(answer.status)
            return answer.status == _OK

    def sign(self, body: bytes) -> str:
        """The signature of a body."""
        return hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
