"""Runs one task for each row of the store that should run, such as a bound channel, and follows its revisions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Generic, NamedTuple, Protocol, TypeVar

import structlog

from chatapp_cli.ports.world import Clock
from chatapp_cli.runtime.restarting import WorkerState, keep_running
from chatapp_cli.runtime.tasks import raise_if_cancelled

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

    async def stumbled(self, why: str) -> None:
        """Report that its task ended by a mistake of ours; it is started again. Raises nothing."""
        ...


Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row", bound=Revised)
Run = TypeVar("Run", bound=Runner)


class _Started(NamedTuple, Generic[Run]):
    runner: Run
    revision: int
    state: WorkerState
    task: asyncio.Task[None]


class Fleet(Generic[Key, Row, Run]):
    """The running tasks. ``wanted`` reads what should run, ``make`` makes the runner of a row.

    A task that ends by itself is logged, reported by its runner and started again after a growing pause.
    ``noun`` names them, such as ``channel``.
    """

    def __init__(
        self,
        wanted: Callable[[], Awaitable[Mapping[Key, Row]]],
        make: Callable[[Row], Run],
        *,
        clock: Clock,
        noun: str = "runner",
    ) -> None:
        self._wanted = wanted
        self._make = make
        self._clock = clock
        self._noun = noun
        self._started: dict[Key, _Started[Run]] = {}
        self._runners: dict[Key, Run] = {}
        """Those of ``_started``, which every webhook asks for."""
        self.runners: Mapping[Key, Run] = MappingProxyType(self._runners)
        """The started runners, whether they are up or not."""
        self._refreshing = asyncio.Lock()

    @property
    def stumbling(self) -> Sequence[WorkerState]:
        """Those whose tasks ended, until they have run for a while again."""
        return [started.state for started in self._started.values() if not started.state.works]

    async def refresh(self) -> None:
        """Start new runners, restart those with another revision, stop those no longer wanted. Raises StoreError."""
        async with self._refreshing:
            wanted = await self._wanted()
            for key, started in list(self._started.items()):
                if key not in wanted or wanted[key].revision != started.revision:
                    await self._stop(key)
            for key, row in wanted.items():
                if key not in self._started:
                    self._started[key] = self._start(key, row)
                    self._runners[key] = self._started[key].runner

    def _start(self, key: Key, row: Row) -> _Started[Run]:
        runner, state = self._make(row), WorkerState(f"{self._noun} {key}")
        work = keep_running(state, partial(_told, runner), clock=self._clock)
        return _Started(runner, row.revision, state, asyncio.create_task(work, name=f"runner-{key}"))

    async def _stop(self, key: Key) -> None:
        """Stop a runner; even if this wait is cancelled, the runner finishes what is in flight."""
        task = self._started[key].task
        task.cancel()
        await asyncio.wait({task})
        del self._started[key], self._runners[key]

    async def stop(self) -> None:
        """Stop all runners; each finishes what is in flight."""
        tasks = [started.task for started in self._started.values()]
        for task in tasks:
            if not task.cancelling():
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._started.clear()
        self._runners.clear()


class HasHook(Protocol):
    """A row with the secret part of a webhook's address."""

    @property
    def hook_key(self) -> str | None:
        """None or empty if nobody calls it."""
        ...


class Called(Protocol):
    """A runner that webhooks are for."""

    @property
    def row(self) -> HasHook:
        """What it runs."""
        ...


Call = TypeVar("Call", bound=Called)


def called(runners: Mapping[Key, Call], hook_key: str) -> Call | None:
    """The runner of a webhook's address."""
    for runner in runners.values():
        if runner.row.hook_key == hook_key and hook_key:
            return runner
    return None


async def _told(runner: Runner) -> None:
    """Run it; an end that nobody asked for is reported before it is raised."""
    try:
        await runner.run()
    except (Exception, asyncio.CancelledError) as error:  # raised again once the runner has reported it
        raise_if_cancelled()
        await runner.stumbled(type(error).__name__)
        raise
    raise_if_cancelled()
    await runner.stumbled("ended")
