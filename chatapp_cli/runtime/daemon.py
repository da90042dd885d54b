"""The daemon of one store: a core whose failure ends the process, and workers that are restarted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import structlog

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.access import DAEMON
from chatapp_cli.domain.doors import NO_CHANNEL
from chatapp_cli.domain.errors import Busy, ChatappError, StoreError
from chatapp_cli.domain.robot import RUN_TIMER
from chatapp_cli.domain.text import T
from chatapp_cli.ports.connector import HookReply, HookRequest
from chatapp_cli.runtime import alarms, builtin, store_alarm
from chatapp_cli.runtime.channel import ChannelRunner
from chatapp_cli.runtime.deadlines import Deadlines
from chatapp_cli.runtime.held_lease import HeldLease
from chatapp_cli.runtime.journal_tail import new_entries
from chatapp_cli.runtime.links import LinkSupervisor
from chatapp_cli.runtime.no_lease import NO_LEASE, NoLease
from chatapp_cli.runtime.parts import Installed, Part, handlers_of, load_installed, note, workers_of
from chatapp_cli.runtime.readiness import Readiness, not_stored
from chatapp_cli.runtime.restarting import WorkerState
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.supervisor import Supervisor
from chatapp_cli.runtime.tasks import raise_if_cancelled, run_all
from chatapp_cli.runtime.timekeeper import Timekeeper
from chatapp_cli.runtime.worker import Chore, WorkerRunner
from chatapp_cli.services import duties, outbox

if TYPE_CHECKING:
    from chatapp_cli.runtime.link import LinkRunner

log = structlog.get_logger()

SELDOM = 3600.0
"""Seconds between turns of a chore that the timekeeper usually wakes."""

ANSWER = 10.0
"""Seconds after which a webhook is refused that could not be stored; its provider repeats it."""


class Daemon:
    """The running daemon and its counters.

    The core is the lease, the store's writer, the follower of the journal and the timekeeper: nothing works reliably
    without them, so an error in one of them ends the daemon, to be restarted from outside.
    """

    def __init__(self, store: AsyncStore, parts: Sequence[Part] = (), failing: Sequence[WorkerState] = ()) -> None:
        self.store = store
        self.counted: Counter[tuple[str, str]] = Counter()
        self.supervisor = Supervisor(store, count=self._count)
        self.links = LinkSupervisor(store)
        self._deadlines = Deadlines()
        self.ready = False
        self._begun = asyncio.Event()
        """Whether the start is over, well or not."""
        self.readiness = Readiness(store)
        self.started_at = store.company.world.clock.now()
        """What the store says of channels from before is no sign that they work."""
        clock = store.company.world.clock
        scheduled = Chore("scheduled", self._promote, clock=clock, every=SELDOM)
        snoozed = Chore("snoozed", self._wake, clock=clock, every=SELDOM)
        parts = (*builtin.PARTS, *parts)
        watches = (alarms.chore(store, lambda: self.conditions), store_alarm.chore(store.company, self.readiness))
        workers, without_workers = workers_of(parts, store, (self.supervisor, self.links, scheduled, snoozed, *watches))
        self._failing = (*failing, *without_workers)
        note(store.company.settings.folder, self._failing)
        self._posts = [WorkerRunner(worker, clock) for worker in workers]
        self._timekeeper = Timekeeper(store, handlers_of(parts), scheduled=scheduled.wake, snoozed=snoozed.wake)
        store.company.database.effects.tell = _tell_of_effect

    @property
    def conditions(self) -> Sequence[WorkerState]:
        """The condition of each worker, each kind of timer, and of what failed: parts at the start, channels' tasks."""
        posts = (post.state for post in self._posts)
        return [
            *posts,
            *self._timekeeper.conditions.values(),
            *self._failing,
            *self.supervisor.stumbling,
            *self.links.stumbling,
        ]

    def _count(self, kind: str, word: str) -> None:
        self.counted[kind, word] += 1

    async def knows(self, hook_key: str) -> bool:
        """Whether a channel or a CRM calls us under this key; both are re-read before an unknown one is denied."""
        if self._by_hook(hook_key) is not None:
            return True
        await self.supervisor.refresh()
        await self.links.refresh()
        return self._by_hook(hook_key) is not None

    def _by_hook(self, hook_key: str) -> ChannelRunner | LinkRunner | None:
        return self.supervisor.by_hook(hook_key) or self.links.by_hook(hook_key)

    async def takes_calls(self, seconds: float) -> bool:
        """Whether webhooks have somewhere to go, after at most so many seconds of a start."""
        if not (self.ready or self._begun.is_set()):
            with suppress(TimeoutError), self._deadlines.within(seconds):
                await self._begun.wait()
        return self.ready

    async def accept(self, hook_key: str, request: HookRequest) -> HookReply:
        """Pass a webhook to its channel or CRM. Raises ChatappError if it cannot be stored soon."""
        runner = self._by_hook(hook_key)
        if runner is None:
            return HookReply(status=404, body=f"{NO_CHANNEL}\n".encode())
        if request.method == "OPTIONS" and isinstance(runner, ChannelRunner):  # no provider is a browser
            return HookReply(status=405)
        try:
            with self._deadlines.within(ANSWER):
                return await runner.accept(request)
        except TimeoutError:
            raise Busy(*not_stored(self.store.company, ANSWER)) from None

    async def run(self) -> None:
        """Run until cancelled, then stop gracefully. Raises StoreLost, or the error that broke the core."""
        try:
            await self._timekeeper.fire_due(RUN_TIMER)  # before a channel sends what is late
            await self.supervisor.refresh()
            await self.links.refresh()
            self.ready = True
            self._begun.set()
            core = {"follower": self._follow, "timekeeper": self._timekeeper.run, "readiness": self.readiness.run}
            parts = (_core(name, run()) for name, run in core.items())
            await run_all(self.store.broken(), self._lost(), *parts, *(post.run() for post in self._posts))
        finally:
            self.ready = False
            self._begun.set()
            await self.supervisor.stop()
            await self.links.stop()

    async def _lost(self) -> None:
        """Stop the channels before anything else when the lease is lost: another process may begin with them."""
        try:
            await self.store.lease.lost()
        except StoreError as error:
            log.warning("daemon.lost_store", why=str(error))
            await self.supervisor.stop()
            await self.links.stop()
            raise

    async def _follow(self) -> None:
        """Pass events to the workers."""
        async for entries in new_entries(self.store):
            for post in self._posts:
                post.hear(entries)

    async def _promote(self) -> None:
        await self.store.write(outbox.promote)

    async def _wake(self) -> None:
        await self.store.write(duties.wake)


async def _core(name: str, work: Coroutine[None, None, None]) -> None:
    """Run a part of the core; if it only ends, that is an error too: a daemon without it would look well."""
    try:
        await work
    except asyncio.CancelledError:
        raise_if_cancelled()
    raise ChatappError(
        T("A part of the daemon's core ended: {name}.", name=name),
        T("Start the daemon again; a service does so automatically. The log has the details."),
    )


def _tell_of_effect(name: str, why: str) -> None:
    if why:
        log.error("effect.failed", effect=name, why=why)
    else:
        log.info("effect.works_again", effect=name)


@asynccontextmanager
async def running(
    company: Company,
    lease: HeldLease | NoLease = NO_LEASE,
    *,
    ended: Callable[[], None] = lambda: None,
    parts: Sequence[Part] | None = None,
    stop: asyncio.Event | None = None,
) -> AsyncIterator[Daemon]:
    """Run the daemon of a store whose lease we hold while the context is open; ``parts`` are those installed.

    ``stop`` ends the wait for parts that are still being imported.
    If the daemon ends on its own, ``ended`` is called and the context raises the reason.
    """
    found = await load_installed(stop) if parts is None else Installed(parts)
    store = AsyncStore(company.seen_by(DAEMON), lease)
    daemon = Daemon(store, *found)
    task = asyncio.create_task(daemon.run(), name="daemon")
    task.add_done_callback(lambda _task: ended())
    try:
        yield daemon
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await store.aclose()
