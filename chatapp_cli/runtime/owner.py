"""One owner per store: the process that runs its channels holds a lock, released when it exits.

A window or a command that finds no daemon owns it temporarily, and releases it when a daemon asks.
Asking is a lock of its own: it is released when the asking process exits, and only this store's owner sees it.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import structlog

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.store.drivers import Held

log = structlog.get_logger()

PATIENCE = 30.0
"""Seconds that a daemon waits for a temporary owner to finish what is in flight."""
LOOK = 0.25
"""Seconds between a temporary owner's checks for an asking daemon, and a daemon's checks whether it has left."""
LEASE_LOOK = 5.0
"""Seconds between checks that the database server still holds our lock."""
LOOKS = 2
"""Checks after which a permanent owner is believed: the first may still read the previous owner's text."""


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


class Ownership:
    """The lock that permits running a store's channels."""

    def __init__(self, company: Company, kind: OwnerKind, held: Held | None) -> None:
        self._company = company
        self._kind = kind
        self._held = held
        self._sees = True

    async def asked_for(self) -> None:
        """Return when a daemon asks for the store; an owning daemon is never asked."""
        if self._kind is OwnerKind.DAEMON:
            await asyncio.get_running_loop().create_future()
        while not self._is_asked_for():  # noqa: ASYNC110 - another process asks
            await asyncio.sleep(LOOK)

    async def lost(self) -> None:
        """Wait until the lock is lost, as after a restart of the database server; then raises StoreError."""
        held = self._held
        if held is None:
            await asyncio.Event().wait()
            return
        while await asyncio.to_thread(held):  # noqa: ASYNC110 - only the server knows
            await asyncio.sleep(LEASE_LOOK)
        raise StoreError(
            T("The connection that held the database for this daemon was lost."),
            T("Start it again; a service does so automatically."),
        )

    def _is_asked_for(self) -> bool:
        """Whether a daemon asks; if that cannot be determined, as without a free descriptor, check again later."""
        try:
            asked = _asked(self._company)
        except OSError as error:
            if self._sees:
                log.warning("owner.cannot_look", why=str(error))
            self._sees = False
            return False
        self._sees = True
        return asked

    async def lent_to(self, work: Coroutine[None, None, None]) -> bool:
        """Run work until it ends or a daemon asks for the store; true if it ended."""
        working = asyncio.create_task(work)
        asking = asyncio.create_task(self.asked_for())
        try:
            await asyncio.wait({working, asking}, return_when=asyncio.FIRST_COMPLETED)
            for task in (working, asking):
                if task.done():
                    task.result()
            return working.done()
        finally:
            for task in (working, asking):
                task.cancel()
            await asyncio.gather(working, asking, return_exceptions=True)


def _file(company: Company) -> Path:
    return company.settings.folder / "serve.lock"


def _wish(company: Company) -> Path:
    """The lock that a daemon holds while it waits for the store."""
    return company.settings.folder / "serve.wanted"


@contextmanager
def owning(company: Company, kind: OwnerKind = OwnerKind.DAEMON) -> Iterator[Ownership]:
    """Own the store. Raises Busy, naming the process, while another process owns it or a daemon waits for it."""
    with _opened(_file(company)) as handle:
        _lock(handle, company, kind)
        try:
            with company.database.driver.own() as held:
                yield Ownership(company, kind, held)
        finally:
            os.ftruncate(handle, 0)


def _lock(handle: int, company: Company, kind: OwnerKind) -> None:
    if kind is not OwnerKind.DAEMON and _asked(company):
        raise Busy(T("A daemon is waiting for this store."), T("Try again in a moment."))
    if not _got(handle):
        raise _busy(_recorded(handle))
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()} {kind}".encode(), 0)


def _got(handle: int) -> bool:
    """Take the exclusive lock; a process that only checks also holds it for a moment without being an owner."""
    for pause in (0.002, 0.01, 0.03, 0.0):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(pause)
        else:
            return True
    return False


def _busy(found: Owner) -> Busy:
    process = found.process or "?"
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
    with _opened(_wish(company)) as wish:
        waiting = _Waiting(company, kind, wish, patience)
        while not stop.is_set():
            try:
                return stack.enter_context(owning(company, kind))
            except Busy:
                if not waiting.is_worth_it():
                    raise
            await asyncio.sleep(LOOK)
    return None


class _Waiting:
    """Waits for an owned store: asks a temporary owner to leave, and gives up on any other."""

    def __init__(self, company: Company, kind: OwnerKind, wish: int, patience: float) -> None:
        self._company = company
        self._kind = kind
        self._wish = wish
        self._asks = False
        """Whether we hold the asking lock."""
        self._in_vain = 0
        """Checks in a row that found a permanent owner."""
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + patience

    def is_worth_it(self) -> bool:
        """Check the owner, ask a temporary one to leave, and return whether to try again."""
        found = owner(self._company)
        if self._leaves(found):
            self._in_vain = 0
            self._ask(found)
        else:
            self._in_vain += 1
        return self._in_vain < LOOKS and self._loop.time() <= self._deadline

    def _leaves(self, found: Owner | None) -> bool:
        """Whether the store is about to be released: only a temporary owner leaves, and only for a daemon.

        If nobody owns it between two checks, the owner that we asked has just left.
        """
        if self._kind is not OwnerKind.DAEMON:
            return False
        if found is None:
            return self._asks
        return found.kind is not OwnerKind.DAEMON

    def _ask(self, found: Owner | None) -> None:
        """Hold the asking lock, which the owner sees; only one of several waiting daemons can."""
        if found is None or self._asks:
            return
        self._asks = _got(self._wish)
        if self._asks:
            log.info("daemon.waits", owner=found.process, kind=found.kind)


def _asked(company: Company) -> bool:
    with _opened(_wish(company)) as handle:
        return not _free(handle)


def owner(company: Company) -> Owner | None:
    """The current owner of the store, if any."""
    if not _file(company).exists():
        return None
    handle = os.open(_file(company), os.O_RDONLY | os.O_CLOEXEC)  # a read-only disk can be looked at
    try:
        return None if _free(handle) else _recorded(handle)
    finally:
        os.close(handle)


def _free(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _opened(file: Path) -> Iterator[int]:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def _recorded(handle: int) -> Owner:
    """What the owner wrote about itself; earlier versions wrote only a process id and were daemons."""
    number, _, kind = os.pread(handle, 40, 0).decode(errors="replace").partition(" ")
    return Owner(
        int(number) if number.isdecimal() else 0, OwnerKind(kind) if kind in set(OwnerKind) else OwnerKind.DAEMON
    )
