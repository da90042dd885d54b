"""The lease of a store: the one process that holds it runs the channels, and proves that it lives.

A window or a command that finds no daemon holds it temporarily, and leaves when a daemon asks, from wherever.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, nullcontext
from enum import StrEnum
from functools import partial
from typing import NamedTuple

import structlog

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Busy
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.text import T
from chatapp_cli.runtime.ending import ending_in_order
from chatapp_cli.runtime.held_lease import HeldLease, LeaseKeeper, elapsed
from chatapp_cli.services import lease
from chatapp_cli.store.drivers import Intact
from chatapp_cli.store.process_identity import holder_of, named, read_holder, this_process
from chatapp_cli.store.rows.lease import ASK_COUNTS_FOR, LASTS, LeaseRow
from chatapp_cli.store.tx import Tx

log = structlog.get_logger()

PATIENCE = 30.0
"""Seconds that a daemon waits for a temporary holder to finish what is in flight."""
CHECK_HOLDER = 0.25
"""Seconds between a waiting daemon's checks whether a temporary holder has left."""
BEAT = 5.0
"""Seconds between heartbeats."""
LATE = 2 * BEAT
"""Seconds since a heartbeat after which a holder of this machine may hang."""
DYING = (0.01, 0.05, 0.2, 0.5)
"""Seconds between tries for a lock whose holder is already gone."""
CHECKS_TO_BELIEVE = 2
"""Checks after which a permanent holder is believed: the first may still see the one before it."""


class HolderKind(StrEnum):
    """The kind of a holder: how long it keeps the lease."""

    DAEMON = "daemon"
    WINDOW = "window"
    """A daemon started by a window: it exits with the window."""
    COMMAND = "command"
    """A command that sends or asks on its own, for seconds."""


class CurrentHolder(NamedTuple):
    """The process that holds the lease of a store."""

    process: int
    """The process id; 0 if unknown."""
    kind: HolderKind
    host: str = ""
    """The name of its machine; empty for ours."""

    @property
    def named(self) -> str:
        """How a person finds it: its process id, and the machine unless it is this one."""
        return named(self.process, self.host)


class SilentHolder(NamedTuple):
    """A process that holds the store and is late with its heartbeat: it hangs, or cannot write."""

    owner: CurrentHolder
    since: Millis
    """Its last heartbeat, by the database's clock."""


@contextmanager
def holding(
    company: Company, kind: HolderKind = HolderKind.DAEMON, *, given_up: LeaseRow | None = None, beat: float = BEAT
) -> Iterator[HeldLease]:
    """Hold the lease. Raises Busy, naming the process, while another process holds it or a daemon waits for it.

    ``given_up`` is a lease that is known to be, whatever the clocks say. ``beat``: seconds between heartbeats.
    A command that holds it ends in order by SIGTERM and SIGHUP too.
    """
    store, temporary = company.database, kind is not HolderKind.DAEMON
    store.make()
    with _locked(company) as intact:
        followed = _left_behind(company) or given_up
        began = elapsed()
        me = str(this_process(company.world.chance.key()))
        epoch = store.write(partial(_take, me=me, kind=kind, given_up=followed)).epoch
        keeper = LeaseKeeper(store, epoch, intact, began=began, every=beat, temporary=temporary)
        held = HeldLease(store, epoch, keeper, temporary=temporary)
        try:
            with ending_in_order() if kind is HolderKind.COMMAND else nullcontext():
                yield held
        finally:
            held.end()


@contextmanager
def _locked(company: Company) -> Iterator[Intact]:
    """Hold the store's own lock; a process that was killed keeps it for as long as its last thread takes to end."""
    for pause in (*DYING, 0.0):
        with company.database.driver.lock() as intact:
            if intact is not None:
                yield intact
                return
        found = current_holder(company)
        if found is not None or not pause:
            break
        time.sleep(pause)
    raise _busy(found or CurrentHolder(0, HolderKind.DAEMON))


def _left_behind(company: Company) -> LeaseRow | None:
    """The lease of a holder of this machine that is gone: it does not run, or the store's own lock is ours now."""
    row = company.database.read(lease.read)
    was = read_holder(row.holder)
    return row if was.is_gone or (was.is_here and company.database.driver.locks) else None


def _take(tx: Tx, *, me: str, kind: HolderKind, given_up: LeaseRow | None) -> LeaseRow:
    at = lease.now(tx)
    if kind is not HolderKind.DAEMON and lease.read(tx).is_asked_for(at):
        raise Busy(T("A daemon is waiting for this store."), T("Try again in a moment."))
    taken = lease.take(tx, me, kind, at, given_up=given_up)
    if taken.holder != me:
        raise _busy(_described_in(taken))
    return taken


def _described_in(row: LeaseRow) -> CurrentHolder:
    """What a holder wrote about itself; a kind of another version is a daemon."""
    was = read_holder(row.holder)
    kind = HolderKind(row.kind) if row.kind in set(HolderKind) else HolderKind.DAEMON
    return CurrentHolder(was.process, kind, "" if was.is_here else was.host)


def _busy(found: CurrentHolder) -> Busy:
    process = found.named
    if found.kind is HolderKind.WINDOW:
        return Busy(
            T("A daemon started by a window holds this store (process {pid}).", pid=process),
            T("Close that window, or try again in a moment."),
        )
    if found.kind is HolderKind.COMMAND:
        return Busy(
            T("A command holds this store (process {pid}).", pid=process),
            T("Try again in a moment."),
        )
    return Busy(
        T("A daemon is already running for this store (process {pid}).", pid=process),
        T("Stop it first, or use another store with --company."),
    )


@asynccontextmanager
async def waiting_to_hold(
    company: Company, kind: HolderKind, stop: asyncio.Event, *, patience: float = PATIENCE
) -> AsyncIterator[HeldLease | None]:
    """Hold the lease; a daemon asks a temporary holder to leave, and waits until it has finished.

    Yields ``None`` if ``stop`` was set meanwhile.
    Raises Busy if another daemon holds it, or if the holder has not left after ``patience`` seconds.
    """
    with ExitStack() as stack:
        yield await _taken(stack, company, kind, stop, patience)


async def _taken(
    stack: ExitStack, company: Company, kind: HolderKind, stop: asyncio.Event, patience: float
) -> HeldLease | None:
    waiting = _Waiting(company, kind, patience)
    stack.callback(waiting.end)
    while not stop.is_set():
        try:
            held = stack.enter_context(holding(company, kind, given_up=waiting.given_up))
        except Busy:
            waiting.observe()
            if not waiting.may_succeed:
                raise
        else:
            waiting.end()
            return held
        await asyncio.sleep(CHECK_HOLDER)
    return None


class _Waiting:
    """Waits for the lease: asks a temporary holder to leave, and gives up on a daemon that is seen to live."""

    def __init__(self, company: Company, kind: HolderKind, patience: float) -> None:
        self._store = company.database
        self._kind = kind
        self._me = str(this_process(company.world.chance.key()))
        self._asks = False
        """Whether that we ask is written down."""
        self._asked_at = -math.inf
        self._in_vain = 0
        """Checks in a row that found a permanent holder."""
        self._lives = False
        """Whether a heartbeat was seen."""
        self._seen = lease.NOBODY
        """The lease as it was when it last moved, which was at ``_since``."""
        self._since = self._began = elapsed()
        self._patience = patience

    @property
    def given_up(self) -> LeaseRow | None:
        """A lease that did not move for as long as it lasts, by our own clock: the database's may have jumped."""
        return self._seen if self._seen.holder and elapsed() - self._since >= LASTS else None

    @property
    def may_succeed(self) -> bool:
        """Whether it makes sense to try again."""
        return self._in_vain < CHECKS_TO_BELIEVE and elapsed() - self._began <= self._patience

    def observe(self) -> None:
        """Look who holds the lease, and ask a temporary holder to leave if we are a daemon."""
        row, at = self._store.read(_read)
        if (row.epoch, row.beat_at) != (self._seen.epoch, self._seen.beat_at):
            self._lives = bool(self._seen.holder)
            self._seen, self._since = row, elapsed()
        waits = False
        if self._kind is HolderKind.DAEMON:
            self._ask(_described_in(row))
            waits = self._may_end_soon(row, at)
        self._in_vain = 0 if waits else self._in_vain + 1

    def _may_end_soon(self, row: LeaseRow, at: Millis) -> bool:
        """Whether the holder is a temporary one, or perhaps dead.

        If nobody holds the lease between two checks, the one that we asked has just left.
        """
        leaves = _described_in(row).kind is not HolderKind.DAEMON if row.holder else self._asks
        return leaves or (not self._lives and _may_be_gone(row, at))

    def _ask(self, found: CurrentHolder) -> None:
        """Ask a temporary holder to leave, again and again; only one of several waiting daemons can."""
        if found.kind is HolderKind.DAEMON or elapsed() - self._asked_at < ASK_COUNTS_FOR / 3:
            return
        self._asked_at = elapsed()
        asked, self._asks = self._asks, self._store.touch(lambda tx: lease.ask(tx, self._me, lease.now(tx)))
        if self._asks and not asked:
            log.info("daemon.waits", owner=found.process, kind=found.kind)

    def end(self) -> None:
        """Ask no longer."""
        if self._asks:
            self._asks = False
            self._store.touch(lambda tx: lease.ask_no_longer(tx, self._me))


def _may_be_gone(row: LeaseRow, at: Millis) -> bool:
    """Whether only time can tell if the holder lives: of another machine, or late with its heartbeat."""
    return not read_holder(row.holder).is_here or at - row.beat_at > LATE * 1000


def _read(tx: Tx) -> tuple[LeaseRow, Millis]:
    return lease.read(tx), lease.now(tx)


def current_holder(company: Company) -> CurrentHolder | None:
    """The process that holds the lease, if any. Raises StoreError, Busy if the store cannot be read."""
    row, at = company.database.read(_read)
    found = holder_of(row, at, locks=company.database.driver.locks)
    return None if found is None else _described_in(row)


def silent_holder(company: Company) -> SilentHolder | None:
    """Whoever holds the store without a sign of life, unless it is known to have ended.

    Raises StoreError, Busy if the store cannot be read.
    """
    row, at = company.database.read(_read)
    if not row.holder or read_holder(row.holder).is_gone or at - row.beat_at <= LATE * 1000:
        return None
    return SilentHolder(_described_in(row), row.beat_at)
