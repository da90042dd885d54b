"""Work in the mailbox that nobody waits long for: tried again after growing pauses, given up where it is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from chatapp_cli.connectors.email.errors import ImapRefused
from chatapp_cli.domain.errors import Busy, ChannelError, Retryable, StoreError
from chatapp_cli.ports.world import Clock

_log = structlog.get_logger(__name__)

_PATIENCE = 10.0
"""Seconds for which somebody waits until an errand is done."""
_TRIES = 3
"""How often the server may refuse an errand."""
_LONGEST_PAUSE = 60.0
"""Seconds."""


class Errands(Protocol):
    """Errands of one kind that wait, the oldest first."""

    failure: str
    """The log event for one that cannot be done."""

    async def do_next(self) -> bool:
        """Do the oldest and forget it; returns whether there was one. Raises ChannelError, StoreError or Busy."""
        ...

    async def give_up(self) -> None:
        """Forget the oldest, if there is one, with a warning in the log."""
        ...


class ErrandRunner:
    """Does errands of one kind, one after the other."""

    def __init__(self, errands: Errands, clock: Clock) -> None:
        self._errands = errands
        self._clock = clock
        self._refusals = 0
        self._failures = 0
        self._news = asyncio.Event()
        self._news.set()
        self._progress = asyncio.Condition()

    def wake(self) -> None:
        """There is something to do."""
        self._news.set()

    async def run(self) -> None:
        """Work until cancelled, first on what earlier sessions left."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                while await self._errands.do_next():
                    self._refusals = 0
                    await self._tell()
                self._failures = 0
            except ChannelError as error:
                await self._fail(error)
            except (StoreError, Busy) as error:
                await self._fail(Retryable("unexpected", str(error)))
            except Exception as error:  # noqa: BLE001 - a mistake with one of them must not keep the others waiting
                _log.exception("errand failed")
                await self._give_up()
                await self._fail(Retryable("unexpected", type(error).__name__))

    async def wait_for(self, is_done: Callable[[], bool]) -> None:
        """Wait until something is done, or cannot be done now, or some seconds passed."""
        try:
            async with asyncio.timeout(_PATIENCE), self._progress:
                await self._progress.wait_for(lambda: is_done() or self._failures > 0)
        except TimeoutError:
            return

    async def _tell(self) -> None:
        async with self._progress:
            self._progress.notify_all()

    async def _fail(self, error: ChannelError) -> None:
        """Give up what the server keeps refusing, and wait before the next attempt."""
        self._failures += 1
        self._refusals += isinstance(error, ImapRefused)
        if self._failures == 1:
            _log.warning(self._errands.failure, code=error.code, detail=error.detail)
        if self._refusals >= _TRIES:
            await self._give_up()
        await self._tell()
        await self._clock.sleep(min(_LONGEST_PAUSE, 2.0**self._failures))
        self._news.set()

    async def _give_up(self) -> None:
        self._refusals = 0
        await self._errands.give_up()
