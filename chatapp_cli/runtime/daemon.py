"""The daemon: supervisor, news and timers of one store, until it is told to stop."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import structlog

from chatapp_cli.bootstrap import Desk
from chatapp_cli.domain.access import DAEMON
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.journal.channels import (
    ChannelBound,
    ChannelConfigured,
    ChannelResumed,
    ChannelUnbound,
    RequestMade,
)
from chatapp_cli.domain.journal.dialogs import AnswerTyped, DialogSeen
from chatapp_cli.domain.journal.lines import LineRemoved
from chatapp_cli.domain.journal.messages import (
    ChangeAsked,
    FileArrived,
    MessageEchoed,
    MessageReceived,
    MessageWritten,
    StateChanged,
)
from chatapp_cli.domain.journal.reading import JournalEntry
from chatapp_cli.ports.connector import HookReply, HookRequest
from chatapp_cli.ports.world import Clock
from chatapp_cli.runtime.helping import helped
from chatapp_cli.runtime.indexer import Indexer
from chatapp_cli.runtime.news import follow
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.supervisor import Supervisor
from chatapp_cli.runtime.together import together
from chatapp_cli.services import duties, outbox, upkeep

log = structlog.get_logger()

TICK = 1.0
"""Seconds between two looks for what is scheduled."""
UPKEEP_EVERY = 3600.0
JUMP = 2000
"""Milliseconds that the wall clock has to be set back at once to count as a jump; less is keeping time."""

if TYPE_CHECKING:
    from chatapp_cli.runtime.relay import Relay
    from chatapp_cli.runtime.transcriber import Transcriber


class Daemon:
    """What runs, and what it counted since it started."""

    def __init__(self, store: AsyncStore) -> None:
        self.store = store
        self.counted: Counter[tuple[str, str]] = Counter()
        self.transcriber = _transcriber(store)
        self.indexer = Indexer(store)
        self.supervisor = Supervisor(store, count=self._count)
        self.ready = False
        store.desk.database.effects.tell = _tell_of_effect

    def _count(self, kind: str, word: str) -> None:
        self.counted[kind, word] += 1

    async def accept(self, hook_key: str, request: HookRequest) -> HookReply:
        """Hand a webhook to its channel; one that was bound a moment ago is looked for before it is denied."""
        if not self.ready:
            return HookReply(status=503, body=b"starting\n")
        runner = self.supervisor.by_hook(hook_key)
        if runner is None:
            await self.supervisor.refresh()
            runner = self.supervisor.by_hook(hook_key)
        if runner is None:
            return HookReply(status=404, body=b"no such channel\n")
        return await runner.accept(request)

    async def run(self) -> None:
        """Run until cancelled, then stop gracefully."""
        try:
            await self.supervisor.refresh()
            self.ready = True
            helpers = {"timer": self._time, "index": self.indexer.run}
            if self.transcriber:
                helpers["transcriber"] = self.transcriber.run
            clock = self.store.desk.world.clock
            await together(self._hear(), *(helped(name, work, clock=clock) for name, work in helpers.items()))
        finally:
            self.ready = False
            await self.supervisor.stop()

    async def _hear(self) -> None:
        """Wake whom news concern."""
        async for rows in follow(self.store):
            if any(isinstance(row.event, _BINDING) for row in rows):
                await self.supervisor.refresh()
            for channel in {row.event.channel for row in rows if isinstance(row.event, _WORK)}:
                runner = None if channel is None else self.supervisor.runners.get(channel)
                if runner is not None:
                    runner.sender.wake()
            if self.transcriber and any(isinstance(row.event, _FILES) for row in rows):
                self.transcriber.wake()
            self.indexer.wake()
            for row in rows:
                self._pass_on(row)

    def _pass_on(self, entry: JournalEntry) -> None:
        """Let the channel know what else somebody did or wants."""
        event = entry.event
        runner = None if event.channel is None else self.supervisor.runners.get(event.channel)
        if runner is None:
            return
        match event:
            case RequestMade():
                runner.errands.wake()
            case ChannelResumed() if entry.actor:
                runner.resume()
            case AnswerTyped():
                runner.courtesy.typing(event.dialog)
            case DialogSeen():
                runner.courtesy.read(event.dialog, entry.at)
            case MessageWritten() if entry.actor:
                runner.courtesy.read(event.dialog, entry.at)

    async def _time(self) -> None:
        """Queue what is due, clear away what is old, and notice a clock that was set back."""
        clock = self.store.desk.world.clock
        kept_at = clock.monotonic()
        offset = _offset(clock)
        relay: Relay | None = None
        while True:
            try:
                if (back := offset - _offset(clock)) > JUMP:
                    await self.store.write(partial(upkeep.clock_went_back, milliseconds=back))
                    log.warning("clock.back", seconds=back // 1000)
                offset = _offset(clock)
                due = await self.store.read(upkeep.due)
                if due.scheduled:
                    await self.store.write(outbox.promote)
                if due.snoozed:
                    await self.store.write(duties.wake)
                if due.for_elsewhere:
                    relay = relay or _relay(self.store)
                    await relay.turn(due.for_elsewhere)
                if clock.monotonic() - kept_at > UPKEEP_EVERY:
                    kept_at = clock.monotonic()
                    await self.store.write(upkeep.forget_early_news)
                    await self.store.write(upkeep.forget_passing_things)
                    await asyncio.to_thread(self.store.desk.media.sweep)
            except ChatappError as error:
                log.warning("timer.delayed", why=str(error))
            await clock.sleep(TICK)


def _offset(clock: Clock) -> Millis:
    """How far the wall clock is from the one that never jumps."""
    return clock.now() - int(clock.monotonic() * 1000)


_BINDING = (ChannelBound, ChannelUnbound, ChannelConfigured, LineRemoved)
_FILES = (FileArrived, MessageReceived)
_WORK = (MessageWritten, MessageEchoed, StateChanged, ChangeAsked)


def _tell_of_effect(name: str, why: str) -> None:
    if why:
        log.error("effect.failed", effect=name, why=why)
    else:
        log.info("effect.works_again", effect=name)


def _transcriber(store: AsyncStore) -> Transcriber | None:
    """Only a company that has a command for it needs one."""
    if not store.desk.settings.transcribe_command:
        return None
    from chatapp_cli.runtime.transcriber import Transcriber

    return Transcriber(store)


def _relay(store: AsyncStore) -> Relay:
    """Imported by the first message that has somewhere else to go."""
    from chatapp_cli.runtime.relay import Relay

    return Relay(store)


@asynccontextmanager
async def running(desk: Desk, *, ended: Callable[[], None] = lambda: None) -> AsyncIterator[Daemon]:
    """Run the daemon of a store that is owned by us, while the context is open.

    Should the daemon end by itself, ``ended`` is told and the context raises why.
    """
    store = AsyncStore(desk.seen_by(DAEMON))
    daemon = Daemon(store)
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
