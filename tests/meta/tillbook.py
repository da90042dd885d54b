"""The till book of docs/write-a-crm.md on loopback: it refuses what the page says that it refuses."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
from aiohttp import web

from chatapp_cli.sandbox.serving import HttpSandbox

TOKEN = "till-token-4711"
TILL = "1"
PICTURE = "p-3"


class TillBook(HttpSandbox):
    """A shop's book. Whoever asks twice for a note gets two."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self.notes: list[dict[str, Any]] = []
        self.hook: dict[str, str] = {}
        self.erased: set[str] = set()
        """Texts that are refused, as if their customers had been erased."""
        self.losing = 0
        """So many notes are written, and the connection is cut before the answer."""
        self.looks: list[str] = []
        """The marks that were looked for."""

    def of_desk(self) -> Sequence[str]:
        """The texts of the notes that the desk wrote."""
        return [note["text"] for note in self.notes if note["mark"]]

    def written_by_staff(self, customer: Mapping[str, Any], text: str) -> dict[str, Any]:
        """A note of the till's keeper, about the customer of another note."""
        return self._kept({**customer, "mark": "", "staff": "7", "text": text})

    def _kept(self, note: Mapping[str, Any]) -> dict[str, Any]:
        self._count += 1
        kept = {"staff": "", **note, "id": str(self._count), "at": int(time.time() * 1000)}
        self.notes.append(kept)
        return kept

    async def call(self, note: Mapping[str, Any] | bytes, *, key: str = "", ago: int = 0) -> int:
        """Call the desk, as at that many seconds ago; returns the status."""
        body = note if isinstance(note, bytes) else json.dumps(note).encode()
        stamp = str(int(time.time()) - ago)
        signed = hmac.new((key or self.hook["key"]).encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Till-Time": stamp, "X-Till-Signature": signed}
        async with aiohttp.ClientSession() as http, http.post(self.hook["url"], data=body, headers=headers) as answer:
            return answer.status

    def _routes(self) -> web.Application:
        app = web.Application(middlewares=[_guarded])
        app.add_routes(
            [
                *(web.get("/book", self._book), web.get("/tills", self._tills), web.get("/staff", self._staff)),
                *(web.get("/notes", self._find), web.post("/notes", self._write)),
                *(web.patch("/notes", self._change), web.delete("/notes", self._remove)),
                *(web.get("/customers", self._customer), web.get("/pictures", self._picture)),
                *(web.put("/hook", self._set), web.get("/hook", self._get), web.delete("/hook", self._unset)),
            ]
        )
        return app

    async def _book(self, request: web.Request) -> web.Response:
        return web.json_response({"id": "book-7", "name": "Corner shop"})

    async def _tills(self, request: web.Request) -> web.Response:
        return web.json_response([{"id": TILL, "name": "Counter"}])

    async def _staff(self, request: web.Request) -> web.Response:
        return web.json_response([{"id": "7", "name": "Вера", "email": "vera@corner.example"}])

    async def _find(self, request: web.Request) -> web.Response:
        if mark := request.query.get("mark"):
            self.looks.append(mark)
            return web.json_response([note for note in self.notes if note["mark"] == mark])
        since = int(request.query["since"])
        wanted = request.query["customer"], bool(request.query["by"])
        told = [note for note in self.notes if (note["customer"], bool(note["staff"])) == wanted]
        return web.json_response([note for note in told if note["at"] >= since])

    async def _write(self, request: web.Request) -> web.Response:
        said = await request.json()
        if said["till"] != TILL:
            return web.Response(status=404)
        if any(word in said["text"] for word in self.erased):
            return web.Response(status=410, text="erased on request")
        kept = self._kept(said)
        if self.losing:
            self.losing -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(kept, status=201)

    async def _change(self, request: web.Request) -> web.Response:
        said = await request.json()
        found = next((note for note in self.notes if note["id"] == said["id"]), None)
        if found is None:
            return web.Response(status=404)
        found |= said
        return web.Response(status=204)

    async def _remove(self, request: web.Request) -> web.Response:
        self.notes = [note for note in self.notes if note["id"] != request.query["id"]]
        return web.Response(status=204)

    async def _customer(self, request: web.Request) -> web.Response:
        wanted = request.query["id"]
        found = next((note for note in self.notes if note["customer"] == wanted), None)
        if found is None:
            return web.Response(status=404)
        return web.json_response({"id": wanted, "name": found["name"], "url": f"{self.url}/page/{wanted}"})

    async def _picture(self, request: web.Request) -> web.Response:
        if request.query["id"] != PICTURE:
            return web.Response(status=404)
        return web.Response(body=b"a jar of honey", content_type="image/jpeg")

    async def _set(self, request: web.Request) -> web.Response:
        self.hook = await request.json()
        return web.Response(status=204)

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response({"url": self.hook.get("url", "")})

    async def _unset(self, request: web.Request) -> web.Response:
        self.hook = {}
        return web.Response(status=204)


@web.middleware
async def _guarded(request: web.Request, handler: Any) -> web.StreamResponse:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return web.Response(status=401)
    answer: web.StreamResponse = await handler(request)
    return answer
