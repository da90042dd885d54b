"""The other program to which the desk's answers go: it takes each message once, however often that is posted."""

from __future__ import annotations

import json
from collections import Counter
from typing import Self
from urllib.parse import quote

from aiohttp import web

from tests.rehearsals._rules_week import NO_WAY

SECRET = "whsec_" + "a2V5IG9mIGEgcmVoZWFyc2FsIG9mIHJ1bGVz"


class Wire:
    """It checks no signatures: those carry the time, and the week is another one than that of this machine."""

    def __init__(self) -> None:
        self.heard: dict[str, str] = {}
        """The texts of messages by the ids under which they were posted."""
        self.again = 0
        """How often a message was posted that had been taken."""
        self.told: Counter[str] = Counter()
        """How often each call of a rule was made, by its id."""
        self.url = ""

    def answers(self, name: str) -> dict[str, str]:
        """What binds a channel to it."""
        return {"name": name, "url": f"{self.url}/{quote(name)}", "secret": SECRET}

    async def __aenter__(self) -> Self:
        """Listen."""
        app = web.Application()
        app.router.add_post("/told", self._hear)
        app.router.add_post("/{name}", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    def texts(self) -> Counter[str]:
        """What was taken."""
        return Counter(self.heard.values())

    async def _hear(self, request: web.Request) -> web.Response:
        await request.read()
        self.told[request.headers["webhook-id"]] += 1
        return web.Response()

    async def _take(self, request: web.Request) -> web.Response:
        event = json.loads(await request.read())
        number = request.headers["webhook-id"]
        if NO_WAY in event.get("text", ""):
            return web.json_response({"error": "not here"}, status=403)
        if event["type"] == "message":
            self.again += number in self.heard
            self.heard[number] = event["text"]
        return web.json_response({"id": f"wire-{number}"})
