"""A lease that this process holds: a thread keeps it alive, and asynchronous code hears when it ends.

A holder stops by its own clock before anybody may succeed it: the database's clock decides only that.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial

import structlog

from chatapp_cli.domain.errors import Busy, StoreAway, StoreError
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import lease
from chatapp_cli.store.database import Database
from chatapp_cli.store.drivers import Intact
from chatapp_cli.store.migrate import HEAD
from chatapp_cli.store.rows.lease import ABANDON_AT, STOP_AT
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

RETRY_BEAT = 1.0
"""Seconds before a heartbeat that failed is tried again."""
CHECK_ASKED = 0.25
"""Seconds between a temporary holder's checks for an asking daemon."""
CHECK_CLOCK = 1.0
"""Seconds between looks at its own clock of a holder without locks."""
JOIN_TIMEOUT = 30.0
"""Seconds in which the thread ends at the latest: a heartbeat may wait as long for SQLite's write lock."""
JOIN_TIMEOUT_OF_SERVER = 1.0
"""The same for a server, which may not answer at all."""
GRACE = 15.0
"""Seconds that a process may take to end after it lost the lease."""

_START_AGAIN = T("Start it again; a service does so automatically.")
_RESTART = T("Restart it with the version that is installed now; a service does so automatically.")

elapsed = partial(time.clock_gettime, getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
"""Seconds that go on while the process is stopped or the machine sleeps."""


class LeaseKeeper:
    """The thread that beats, and for a temporary holder looks whether a daemon asks."""

    def __init__(
        self, store: Database, epoch: int, intact: Intact, *, began: float, every: float, temporary: bool
    ) -> None:
        self.beat_at = began
        """When the last heartbeat that was written began, by ``elapsed``."""
        self.is_ours = True
        """Whether nobody else has the lease, as far as was seen."""
        self.is_asked_for = False
        self.ended_by: StoreError | None = None
        """Why the lease can be kept no longer."""
        self._store = store
        self._epoch = epoch
        self._intact = intact
        self._every = every
        self._temporary = temporary
        self._sees = True
        """Whether the last look at the store succeeded."""
        self._listeners: list[Callable[[], object]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._thread.start()

    def when_ended(self, tell: Callable[[], object]) -> None:
        """Have this called, on whatever thread, once ``ended_by`` is known; perhaps twice."""
        self._listeners.append(tell)
        if self.ended_by is not None:
            tell()

    def stop(self, seconds: float) -> None:
        """Stop beating; waits so long for a heartbeat that is being written."""
        self._over.set()
        self._thread.join(seconds)

    def _keep(self) -> None:
        tried, pause = self.beat_at, self._every
        try:
            while self.is_ours and not self._over.wait(self._pause(tried + pause)):
                if elapsed() < tried + pause:
                    self._look()
                else:
                    tried = elapsed()
                    pause = self._every if self._beat_once(tried) else min(self._every, RETRY_BEAT)
        except Exception as error:  # a bug of ours: the holder ends with it, for nobody keeps its lease
            log.exception("owner.not_kept")
            self._end(T("The lease of the store is no longer renewed: {why}.", why=type(error).__name__), _START_AGAIN)
        finally:
            self._store.release()

    def _pause(self, until: float) -> float:
        pause = max(0.0, until - elapsed())
        return min(pause, CHECK_ASKED) if self._temporary else pause

    def _beat_once(self, now: float) -> bool:
        """Write a heartbeat, and see whether the store is still ours and what it was; false: try again soon."""
        if not self._intact():
            self._lose(T("The store's file was replaced or removed while this process ran its channels."))
            return True
        try:
            is_ours, revision = self._store.touch(self._write_beat)
        except (StoreError, Busy) as error:
            self._cannot_look(error)
            return False
        self._sees = True
        if not is_ours:
            self._lose(T("Another process has taken the store over, because this one gave no sign of life."))
            return True
        self.beat_at = now
        if revision != HEAD:
            self._end(T("Another version of chatapp has changed the store under this process."), _RESTART)
        return True

    def _write_beat(self, tx: Tx) -> tuple[bool, str]:
        return lease.beat(tx, self._epoch, lease.now(tx)), lease.revision(tx)

    def _lose(self, what: Text) -> None:
        self.is_ours = False
        self._end(what, _START_AGAIN)

    def _end(self, what: Text, how: Text) -> None:
        self.ended_by = StoreError(what, how)
        for tell in self._listeners:
            tell()

    def _look(self) -> None:
        """See whether a daemon asks; if that cannot be determined, as without a free descriptor, look again later."""
        try:
            self.is_asked_for = self._store.read(lambda tx: lease.read(tx).is_asked_for(lease.now(tx)))
        except (StoreError, Busy) as error:
            self._cannot_look(error)
        else:
            self._sees = True

    def _cannot_look(self, why: Exception) -> None:
        if self._sees:
            log.warning("owner.cannot_look", why=str(why))
        self._sees = False


class HeldLease:
    """The lease that permits running a store's channels."""

    def __init__(self, store: Database, epoch: int, keeper: LeaseKeeper, *, temporary: bool) -> None:
        self.epoch = epoch
        """The number of this lease: the claims of an earlier one are void."""
        self.keeper = keeper
        self._store = store
        self._locks = store.driver.locks
        self._temporary = temporary
        self._given_up = threading.Event()
        self._over = threading.Event()
        """Set when this is given up or can be kept no longer; not when only the time for it has passed."""
        keeper.when_ended(self._over.set)

    @property
    def age(self) -> float:
        """Seconds since the last heartbeat that was written."""
        return elapsed() - self.keeper.beat_at

    @property
    def holds(self) -> bool:
        """Whether messages may still be handed over."""
        return self.keeper.ended_by is None and (self._locks or self.age < STOP_AT)

    @property
    def remaining(self) -> float:
        """Seconds for which what was handed over may still be finished: then another process may hold the lease."""
        if not self.keeper.is_ours:
            return 0.0
        return math.inf if self._locks else max(0.0, ABANDON_AT - self.age)

    async def asked_for(self) -> None:
        """Return when a daemon asks for the store; a daemon that holds it is never asked."""
        if not self._temporary:
            await asyncio.get_running_loop().create_future()
        while not self.keeper.is_asked_for:  # noqa: ASYNC110 - another process asks
            await asyncio.sleep(CHECK_ASKED)

    async def lost(self) -> None:
        """Wait until the lease is lost, which is raised as StoreAway, or the store is another's: StoreError."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(ended.set)

        self.keeper.when_ended(tell)
        while self.holds:
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), self._check)
        raise self._why_lost()

    @property
    def _check(self) -> float | None:
        """Seconds between looks at the clock, by which only a lease without locks ends."""
        return None if self._locks else CHECK_CLOCK

    def _why_lost(self) -> StoreError:
        return self.keeper.ended_by or StoreAway(
            T(
                "The database did not answer for {n} s, so this process may run its channels no longer.",
                n=int(self.age),
            ),
            _START_AGAIN,
        )

    def call_if_stuck(self, end: Callable[[Exception], None], *, grace: float = GRACE) -> None:
        """Call ``end`` on a thread if this is not given up some seconds after the lease was lost.

        A database that holds its connection and never answers holds threads too, for which the interpreter waits.
        """

        def watch() -> None:
            while self.holds and not self._given_up.is_set():
                self._over.wait(self._check)
            if not self._given_up.wait(grace):
                end(self._why_lost())

        threading.Thread(target=watch, name="lease-watch", daemon=True).start()

    async def lent_to(self, work: Coroutine[None, None, None]) -> bool:
        """Run work until it ends, a daemon asks for the store, or the lease is lost; true if it ended."""
        working = asyncio.create_task(work)
        leaving = [asyncio.create_task(self.asked_for()), asyncio.create_task(self.lost())]
        try:
            await asyncio.wait({working, *leaving}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
            return working.done()
        finally:
            for task in (working, *leaving):
                task.cancel()
            await asyncio.gather(working, *leaving, return_exceptions=True)

    def end(self) -> None:
        """Give the lease up, unless it is another's."""
        try:
            self.keeper.stop(JOIN_TIMEOUT if self._locks else JOIN_TIMEOUT_OF_SERVER)
            if self.keeper.is_ours and self.remaining > 0:
                self._leave()
        finally:
            self._given_up.set()
            self._over.set()

    def _leave(self) -> None:
        for last in (False, True):  # the first may be by a connection that has ended meanwhile
            try:
                self._store.touch(lambda tx: lease.leave(tx, self.epoch))
            except (StoreError, Busy) as error:
                if last:
                    log.warning("owner.not_left", why=str(error))
            else:
                return
