"""Runs one task for each row of the store that should run, such as a bound channel, and follows its revisions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Generic, NamedTuple, Protocol, TypeVar

import structlog

log = structlog.get_logger()


class Revised(Protocol):
    """A row of something that should run."""

    @property
    def revision(self) -> int:
        """A number that changes when it is bound or configured again."""
        ...


class Runner(Protocol):
    """Runs one revision."""

    async def run(self) -> None:
        """Run until cancelled."""
        ...


Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row", bound=Revised)
Run = TypeVar("Run", bound=Runner)


class _Started(NamedTuple, Generic[Run]):
    runner: Run
    revision: int
    task: asyncio.Task[None]


class Fleet(Generic[Key, Row, Run]):
    """The running tasks. ``wanted`` reads what should run, ``make`` makes the runner of a row."""

    def __init__(self, wanted: Callable[[], Awaitable[Mapping[Key, Row]]], make: Callable[[Row], Run]) -> None:
        self._wanted = wanted
        self._make = make
        self._started: dict[Key, _Started[Run]] = {}
        self._refreshing = asyncio.Lock()

    @property
    def runners(self) -> Mapping[Key, Run]:
        """The started runners, whether they are up or not."""
        return {key: started.runner for key, started in self._started.items()}

    async def refresh(self) -> None:
        """Start new runners, restart those with another revision, stop those no longer wanted. Raises StoreError."""
        async with self._refreshing:
            wanted = await self._wanted()
            for key, started in list(self._started.items()):
                if key not in wanted or wanted[key].revision != started.revision or started.task.done():
                    await self._stop(key)
            for key, row in wanted.items():
                if key not in self._started:
                    runner = self._make(row)
                    task = asyncio.create_task(runner.run(), name=f"runner-{key}")
                    self._started[key] = _Started(runner, row.revision, task)

    async def _stop(self, key: Key) -> None:
        """Stop a runner; even if this wait is cancelled, the runner finishes what is in flight."""
        task = self._started[key].task
        task.cancel()
        await asyncio.wait({task})
        del self._started[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("runner.failed", runner=str(key), exc_info=error)

    async def stop(self) -> None:
        """Stop all runners; each finishes what is in flight."""
        tasks = [started.task for started in self._started.values()]
        for task in tasks:
            if not task.cancelling():
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._started.clear()
