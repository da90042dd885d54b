"""Connects a browser page with its window until either ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from starlette.websockets import WebSocket, WebSocketDisconnect

from chatapp_cli.api.web.child import Child
from chatapp_cli.api.web.downloads import Downloads
from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.world import Clock
from chatapp_cli.runtime.tasks import run_all

LOOK: Final = 15.0
"""Seconds between checks that the operator is still logged in."""


class WindowSocket:
    """Passes keys to the window and the screen to the browser."""

    def __init__(self, socket: WebSocket, child: Child, *, token: str, clock: Clock) -> None:
        self.token = token
        self.child = child
        self.downloads = Downloads(child)
        self.gone = asyncio.Event()
        """Set when everything has ended."""
        self._socket = socket
        self._clock = clock
        self._touched: Millis = 0
        self._leaves = asyncio.Event()

    def take_activity(self) -> Millis:
        """When a key was last pressed or the mouse moved since the last call; 0 if neither was."""
        touched, self._touched = self._touched, 0
        return touched

    async def carry(self, stays: Callable[[WindowSocket], Awaitable[bool]]) -> None:
        """Run until the browser disconnects, the window ends, ``leave`` is called, or ``stays`` returns false."""
        with suppress(WebSocketDisconnect):
            await run_all(self._hear(), self._show(), self._watch(stays), self._until_leaving())
            await self._socket.close()

    def leave(self) -> None:
        """End soon."""
        self._leaves.set()

    async def _until_leaving(self) -> None:
        await self._leaves.wait()

    async def _watch(self, stays: Callable[[WindowSocket], Awaitable[bool]]) -> None:
        while await stays(self):
            await self._clock.sleep(LOOK)

    async def _hear(self) -> None:
        async for message in _messages(self._socket):
            match message:
                case ["stdin", str(text)]:
                    self._touched = self._clock.now()
                    await self.child.type(text)
                case ["resize", {"width": int(width), "height": int(height)}]:
                    await self.child.resize(width, height)
                case ["focus" | "blur" as turn]:
                    await self.child.tell(turn)
                case ["ping", str(sent)]:
                    await self._say("pong", sent)
                case _:
                    pass

    async def _show(self) -> None:
        async for kind, content in self.child.packets():
            if kind == b"D":
                await self._socket.send_bytes(content)
            elif kind == b"P":
                self.downloads.take(content)
            elif not await self._handle(json.loads(content)):
                return

    async def _handle(self, message: dict[str, object]) -> bool:
        """Handle a request of the window to the browser; false ends the connection."""
        if message["type"] == "open_url" and urlsplit(str(message["url"])).scheme in {"http", "https"}:
            await self._say("open_url", {"url": message["url"], "new_tab": True})
        elif message["type"] == "deliver_file_start":
            await self._say("deliver_file_start", self.downloads.offer(message))
        return message["type"] != "exit"

    async def _say(self, kind: str, value: object) -> None:
        await self._socket.send_text(json.dumps([kind, value]))


async def _messages(socket: WebSocket) -> AsyncIterator[object]:
    """The page's messages, until it disconnects."""
    while (message := await socket.receive())["type"] == "websocket.receive":
        try:
            yield json.loads(message.get("text") or "null")
        except ValueError:
            continue
