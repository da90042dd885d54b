"""The life of a sandbox server: a loopback port that keeps its number while closed, and background work."""

from __future__ import annotations

import asyncio
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, Self

from aiohttp import web

from chatapp_cli.ports.world import Clock

_HOST: Final = "127.0.0.1"
_PATIENCE: Final = 0.1
"""Seconds that open requests have to finish when the port closes."""
_TURNS: Final = 3
"""Turns of the loop until an accepted connection has its protocol."""
_LOOK: Final = 0.02
"""Real seconds between two looks at a clock that tests may drive."""


async def reach(clock: Clock, moment: float) -> None:
    """Wait until the monotonic clock shows a moment, whoever moves it."""
    while clock.monotonic() < moment:  # noqa: ASYNC110 - a test moves the clock
        await asyncio.sleep(_LOOK)


class HttpSandbox(ABC):
    """A provider with an HTTP API; listens while entered as a context."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, cancels: bool = False) -> None:
        """``cancels``: cancel the handler of a request whose caller disconnected."""
        self._tls = tls
        self._cancels = cancels
        self._port = 0
        self._door: socket.socket | None = None
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.come_back()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.vanish()

    @property
    def url(self) -> str:
        """Its address."""
        return f"{'https' if self._tls else 'http'}://{_HOST}:{self._port}"

    async def come_back(self) -> None:
        """Open the same port and resume the work."""
        self._runner = web.AppRunner(
            self._routes(), access_log=None, handler_cancellation=self._cancels, shutdown_timeout=_PATIENCE
        )
        await self._runner.setup()
        self._door = socket.create_server((_HOST, self._port))
        self._port = self._door.getsockname()[1]
        await web.SockSite(self._runner, self._door, ssl_context=self._tls).start()
        self._begin()

    async def vanish(self) -> None:
        """Stop the work and close the port."""
        await self._rest()
        if self._runner and self._door:
            await _accept_no_more(self._door)
            await self._runner.cleanup()
        self._runner = self._door = None

    @abstractmethod
    def _routes(self) -> web.Application:
        """The routes, made anew for each opening."""

    def _begin(self) -> None:  # noqa: B027 - not every provider calls others
        """Start outgoing calls; ``url`` is known by now."""

    async def _rest(self) -> None:  # noqa: B027 - as above
        """Stop outgoing calls."""


async def _accept_no_more(door: socket.socket) -> None:
    """Let connections that are being accepted become ones that the runner closes.

    Before Python 3.12 a server that closes meanwhile leaves them open, and nobody reads them.
    """
    asyncio.get_running_loop().remove_reader(door)
    for _ in range(_TURNS):
        await asyncio.sleep(0)


class Background:
    """One task that can be started and stopped repeatedly."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._work = work
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task, unless it is running."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Stop the task and wait for it. Raises the error with which it failed."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._task = None
