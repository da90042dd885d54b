"""One owner per store: the process that runs its channels holds a lease in the store, and proves that it lives.

A window or a command that finds no daemon owns it temporarily, and releases it when a daemon asks, from wherever.
A holder stops by its own clock before anybody may succeed it: the database's clock decides only that.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from enum import StrEnum
from functools import partial
from typing import NamedTuple

import structlog

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Busy, StoreAway, StoreError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import lease
from chatapp_cli.store.drivers import Intact
from chatapp_cli.store.holder import named, read_holder, this_process
from chatapp_cli.store.migrate import HEAD
from chatapp_cli.store.rows.lease import LASTS, LeaseRow
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

PATIENCE = 30.0
"""Seconds that a daemon waits for a temporary owner to finish what is in flight."""
LOOK = 0.25
"""Seconds between a temporary owner's checks for an asking daemon, and a daemon's checks whether it has left."""
BEAT = 5.0
"""Seconds between heartbeats."""
AGAIN = 1.0
"""Seconds before a heartbeat that failed is tried again, and between an owner's looks at its own clock."""
MARGIN = 3.0
"""Seconds before the end of the lease at which its holder hands nothing over any more."""
GRACE = 15.0
"""Seconds that a process may take to end after it lost the lease."""
DYING = (0.01, 0.05, 0.2, 0.5)
"""Seconds between tries for a lock whose holder is already gone."""
LOOKS = 2
"""Checks after which a permanent owner is believed: the first may still see the one before it."""

_elapsed = partial(time.clock_gettime, getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
"""Seconds that go on while the process is stopped or the machine sleeps."""


class OwnerKind(StrEnum):
    """The kind of an owner: how long it keeps the store."""

    DAEMON = "daemon"
    WINDOW = "window"
    """A daemon started by a window: it exits with the window."""
    COMMAND = "command"
    """A command that sends or asks on its own, for seconds."""


class Owner(NamedTuple):
    """The current owner of a store."""

    process: int
    """The process id; 0 if unknown."""
    kind: OwnerKind
    host: str = ""
    """The name of its machine; empty for ours."""

    @property
    def named(self) -> str:
        """How a person finds it: its process id, and the machine unless it is this one."""
        return named(self.process, self.host)


class Ownership:
    """The lease that permits running a store's channels, kept by a thread of its own."""

    def __init__(
        self, company: Company, kind: OwnerKind, row: LeaseRow, intact: Intact, beats: tuple[float, float]
    ) -> None:
        self.epoch = row.epoch
        """The number of this ownership: the claims of an earlier one are void."""
        self.last_beat, self._every = beats
        """When the last heartbeat that was written began, on this process's own clock; see ``age``."""
        self._store = company.database
        self._kind = kind
        self._intact = intact
        self._is_asked_for = False
        self._sees = True
        """Whether the last look at the store succeeded."""
        self._why: Exception | None = None
        self._is_ours = True
        self._over = threading.Event()
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._keeper.start()

    @property
    def age(self) -> float:
        """Seconds since the last heartbeat that was written."""
        return _elapsed() - self.last_beat

    @property
    def holds(self) -> bool:
        """Whether messages may still be handed over."""
        return self._why is None and (self._store.driver.locks or self.age < LASTS - MARGIN)

    @property
    def remaining(self) -> float:
        """Seconds for which what was handed over may still be finished: then another process may own the store."""
        if not self._is_ours:
            return 0.0
        return math.inf if self._store.driver.locks else max(0.0, LASTS - MARGIN / 3 - self.age)

    async def asked_for(self) -> None:
        """Return when a daemon asks for the store; an owning daemon is never asked."""
        if self._kind is OwnerKind.DAEMON:
            await asyncio.get_running_loop().create_future()
        while not self._is_asked_for:  # noqa: ASYNC110 - another process asks
            await asyncio.sleep(LOOK)

    async def lost(self) -> None:
        """Wait until the lease is lost, which is raised as StoreAway, or the store is another's: StoreError."""
        while self.holds:  # noqa: ASYNC110 - the lease ends by the clock
            await asyncio.sleep(AGAIN)
        raise self._why_lost()

    def _why_lost(self) -> Exception:
        return self._why or StoreAway(
            T(
                "The database did not answer for {n} s, so this process may run its channels no longer.",
                n=int(self.age),
            ),
            _AGAIN,
        )

    def call_if_stuck(self, end: Callable[[Exception], None], *, grace: float = GRACE) -> None:
        """Call ``end`` on a thread if this is not given up some seconds after the lease was lost.

        A database that holds its connection and never answers holds threads too, for which the interpreter waits.
        """

        def watch() -> None:
            while self.holds:
                if self._ended.wait(AGAIN):
                    return
            if not self._ended.wait(grace):
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
            self._leave()
        finally:
            self._ended.set()

    def _leave(self) -> None:
        self._over.set()
        self._keeper.join(PATIENCE if self._store.driver.locks else AGAIN)
        if not self._is_ours or self.remaining == 0:
            return
        for last in (False, True):  # the first may be by a connection that has ended meanwhile
            try:
                self._store.touch(lambda tx: lease.leave(tx, self.epoch))
            except (StoreError, Busy) as error:
                if last:
                    log.warning("owner.not_left", why=str(error))
            else:
                return

    def _keep(self) -> None:
        """Beat until the end; a temporary owner also looks whether a daemon asks."""
        tried, pause = self.last_beat, self._every
        try:
            while not self._over.wait(self._pause(tried + pause)):
                if _elapsed() < tried + pause:
                    self._look()
                else:
                    tried = _elapsed()
                    pause = self._every if self._beaten(tried) else min(self._every, AGAIN)
        except Exception as error:  # noqa: BLE001 - a bug of ours: the owner ends with it, for nobody keeps its lease
            self._why = error
        finally:
            self._store.release()

    def _pause(self, until: float) -> float:
        pause = max(0.0, until - _elapsed())
        return pause if self._kind is OwnerKind.DAEMON else min(pause, LOOK)

    def _beaten(self, now: float) -> bool:
        """Write a heartbeat, and see whether the store is still ours and what it was."""
        if not self._intact():
            self._lose(T("The store's file was replaced or removed while this process ran its channels."))
            return True
        try:
            is_ours, revision = self._store.touch(self._beat)
        except (StoreError, Busy) as error:
            self._cannot_look(error)
            return False
        self._sees = True
        if not is_ours:
            self._lose(T("Another process has taken the store over, because this one gave no sign of life."))
            return True
        self.last_beat = now
        if revision != HEAD:
            self._why = StoreError(T("Another version of chatapp has changed the store under this process."), _RESTART)
        return True

    def _beat(self, tx: Tx) -> tuple[bool, str]:
        return lease.beat(tx, self.epoch, lease.now(tx)), lease.revision(tx)

    def _lose(self, what: Text) -> None:
        self._is_ours = False
        self._why = StoreError(what, _AGAIN)

    def _look(self) -> None:
        """See whether a daemon asks; if that cannot be determined, as without a free descriptor, look again later."""
        try:
            self._is_asked_for = self._store.read(lambda tx: lease.is_wanted(lease.read(tx), lease.now(tx)))
        except (StoreError, Busy) as error:
            self._cannot_look(error)
        else:
            self._sees = True

    def _cannot_look(self, why: Exception) -> None:
        if self._sees:
            log.warning("owner.cannot_look", why=str(why))
        self._sees = False


_AGAIN = T("Start it again; a service does so automatically.")
_RESTART = T("Restart it with the version that is installed now; a service does so automatically.")


@contextmanager
def owning(
    company: Company, kind: OwnerKind = OwnerKind.DAEMON, *, over: LeaseRow | None = None, beat: float = BEAT
) -> Iterator[Ownership]:
    """Own the store. Raises Busy, naming the process, while another process owns it or a daemon waits for it.

    ``over`` is a lease known to have been given up, whatever the clocks say. ``beat``: seconds between heartbeats.
    """
    company.database.make()
    with _locked(company) as intact:
        over = _left_behind(company) or over
        began = _elapsed()
        me = str(this_process(company.world.chance.key()))
        row = company.database.write(partial(_take, me=me, kind=kind, over=over))
        owned = Ownership(company, kind, row, intact, (began, beat))
        try:
            yield owned
        finally:
            owned.end()


@contextmanager
def _locked(company: Company) -> Iterator[Intact]:
    """Hold the store's own lock; a process that was killed keeps it for as long as its last thread takes to end."""
    for pause in (*DYING, 0.0):
        with company.database.driver.own() as intact:
            if intact is not None:
                yield intact
                return
        found = owner(company)
        if found is not None or not pause:
            break
        time.sleep(pause)
    raise _busy(found or Owner(0, OwnerKind.DAEMON))


def _left_behind(company: Company) -> LeaseRow | None:
    """The lease of a holder of this machine that is gone: it does not run, or the store's own lock is ours now."""
    row = company.database.read(lease.read)
    was = read_holder(row.holder)
    return row if was.is_gone or (was.is_here and company.database.driver.locks) else None


def _take(tx: Tx, *, me: str, kind: OwnerKind, over: LeaseRow | None) -> LeaseRow:
    at = lease.now(tx)
    if kind is not OwnerKind.DAEMON and lease.is_wanted(lease.read(tx), at):
        raise Busy(T("A daemon is waiting for this store."), T("Try again in a moment."))
    taken = lease.take(tx, me, kind, at, over=over)
    if taken.holder != me:
        raise _busy(_owner_of(taken))
    return taken


def _owner_of(row: LeaseRow) -> Owner:
    """What a holder wrote about itself; a kind of another version is a daemon."""
    was = read_holder(row.holder)
    kind = OwnerKind(row.kind) if row.kind in set(OwnerKind) else OwnerKind.DAEMON
    return Owner(was.process, kind, "" if was.is_here else was.host)


def _busy(found: Owner) -> Busy:
    process = found.named
    if found.kind is OwnerKind.WINDOW:
        return Busy(
            T("A daemon started by a window holds this store (process {pid}).", pid=process),
            T("Close that window, or try again in a moment."),
        )
    if found.kind is OwnerKind.COMMAND:
        return Busy(
            T("A command that is sending holds this store (process {pid}).", pid=process),
            T("Try again in a moment."),
        )
    return Busy(
        T("A daemon is already running for this store (process {pid}).", pid=process),
        T("Stop it first, or use another store with --company."),
    )


@asynccontextmanager
async def taking(
    company: Company, kind: OwnerKind, stop: asyncio.Event, *, patience: float = PATIENCE
) -> AsyncIterator[Ownership | None]:
    """Own the store; a daemon asks a temporary owner to leave, and waits until it has finished.

    Yields ``None`` if ``stop`` was set meanwhile.
    Raises Busy if another daemon owns it, or if the owner has not left after ``patience`` seconds.
    """
    with ExitStack() as stack:
        yield await _taken(stack, company, kind, stop, patience)


async def _taken(
    stack: ExitStack, company: Company, kind: OwnerKind, stop: asyncio.Event, patience: float
) -> Ownership | None:
    waiting = _Waiting(company, kind, patience)
    stack.callback(waiting.end)
    while not stop.is_set():
        try:
            owned = stack.enter_context(owning(company, kind, over=waiting.given_up))
        except Busy:
            if not waiting.check_owner():
                raise
        else:
            waiting.end()
            return owned
        await asyncio.sleep(LOOK)
    return None


class _Waiting:
    """Waits for an owned store: asks a temporary owner to leave, and gives up on one that is seen to live."""

    def __init__(self, company: Company, kind: OwnerKind, patience: float) -> None:
        self._store = company.database
        self._kind = kind
        self._me = str(this_process(company.world.chance.key()))
        self._asks = False
        """Whether our wish is written down."""
        self._asked_at = -math.inf
        self._in_vain = 0
        """Checks in a row that found a permanent owner."""
        self._lives = False
        """Whether a heartbeat was seen."""
        self._seen = lease.NOBODY
        """The lease as it was when it last moved, which was at ``_since``."""
        self._since = self._began = _elapsed()
        self._patience = patience

    @property
    def given_up(self) -> LeaseRow | None:
        """A lease that did not move for as long as it lasts, by our own clock: the database's may have jumped."""
        return self._seen if self._seen.holder and _elapsed() - self._since >= LASTS else None

    def check_owner(self) -> bool:
        """Check the owner, ask a temporary one to leave, and return whether to try again."""
        row, at = self._store.read(_read)
        if (row.epoch, row.beat_at) != (self._seen.epoch, self._seen.beat_at):
            self._lives = bool(self._seen.holder)
            self._seen, self._since = row, _elapsed()
        waits = self._leaves(row) or (not self._lives and _may_be_gone(row, at))
        self._in_vain = 0 if waits and self._kind is OwnerKind.DAEMON else self._in_vain + 1
        return self._in_vain < LOOKS and _elapsed() - self._began <= self._patience

    def _leaves(self, row: LeaseRow) -> bool:
        """Whether the store is about to be released, asking its owner to: only a temporary one leaves.

        If nobody owns it between two checks, the owner that we asked has just left.
        """
        if not row.holder:
            return self._asks
        found = _owner_of(row)
        if found.kind is OwnerKind.DAEMON or self._kind is not OwnerKind.DAEMON:
            return False
        self._ask(found)
        return True

    def _ask(self, found: Owner) -> None:
        """Write our wish down, again and again; only one of several waiting daemons can."""
        if _elapsed() - self._asked_at < lease.WISH / 3:
            return
        self._asked_at = _elapsed()
        asked, self._asks = self._asks, self._store.touch(lambda tx: lease.ask(tx, self._me, lease.now(tx)))
        if self._asks and not asked:
            log.info("daemon.waits", owner=found.process, kind=found.kind)

    def end(self) -> None:
        """Wish no longer."""
        if self._asks:
            self._asks = False
            self._store.touch(lambda tx: lease.take_back(tx, self._me))


def _may_be_gone(row: LeaseRow, at: Millis) -> bool:
    """Whether only time can tell if the holder lives: of another machine, or late with its heartbeat."""
    return not read_holder(row.holder).is_here or at - row.beat_at > 2 * BEAT * 1000


def _read(tx: Tx) -> tuple[LeaseRow, Millis]:
    return lease.read(tx), lease.now(tx)


def owner(company: Company) -> Owner | None:
    """The current owner of the store, if any. Raises StoreError, Busy if the store cannot be read."""
    row, at = company.database.read(_read)
    was = read_holder(row.holder)
    if not row.holder or was.is_gone:
        return None
    if row.is_free(at) and not (was.is_here and company.database.driver.locks):
        return None
    return _owner_of(row)
