"""One owner per store: whoever runs its channels holds a lock that ends with the process.

A window or a command that found no daemon owns it only meanwhile, and leaves once a daemon asks.
Asking is a lock of its own: it ends with whoever asks, and nobody but the owner of this very store hears it.
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

from chatapp_cli.bootstrap import Desk
from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.domain.text import T
from chatapp_cli.store.drivers import Held

log = structlog.get_logger()

PATIENCE = 30.0
"""Seconds that a daemon waits for a temporary owner to finish what is in flight."""
LOOK = 0.25
"""Seconds between two looks of a temporary owner whether a daemon asks, and of a daemon whether it has left."""
LEASE_LOOK = 5.0
"""Seconds between two questions to a server whether it still holds the store for us."""
LOOKS = 2
"""Looks after which an owner that will not leave is believed: the first may find the words of the one before it."""


class Kind(StrEnum):
    """For how long somebody owns a store."""

    DAEMON = "daemon"
    WINDOW = "window"
    """The daemon that a window started for itself: it ends with the window."""
    COMMAND = "command"
    """A command that sends or asks by itself, for seconds."""


class Owner(NamedTuple):
    """Who owns a store now."""

    process: int
    """Its number; 0 where it could not say."""
    kind: Kind


class Ownership:
    """The right to run a store's channels, while it is held."""

    def __init__(self, desk: Desk, kind: Kind, held: Held | None) -> None:
        self._desk = desk
        self._kind = kind
        self._held = held
        self._sees = True

    async def asked_for(self) -> None:
        """Return once a daemon asks for the store; one that owns it is never asked."""
        if self._kind is Kind.DAEMON:
            await asyncio.get_running_loop().create_future()
        while not self._is_asked_for():  # noqa: ASYNC110 - another process asks
            await asyncio.sleep(LOOK)

    async def lost(self) -> None:
        """Wait until the store may have another owner, as after its server was restarted. Raises StoreError then."""
        held = self._held
        if held is None:
            await asyncio.Event().wait()
            return
        while await asyncio.to_thread(held):  # noqa: ASYNC110 - only the server knows
            await asyncio.sleep(LEASE_LOOK)
        raise StoreError(
            T("The connection that held the database for this daemon was lost."),
            T("Start it again; a service does so by itself."),
        )

    def _is_asked_for(self) -> bool:
        """Whether a daemon asks; where that cannot be seen, as without a free descriptor, the next look tells."""
        try:
            asked = _asked(self._desk)
        except OSError as error:
            if self._sees:
                log.warning("owner.cannot_look", why=str(error))
            self._sees = False
            return False
        self._sees = True
        return asked

    async def lent_to(self, work: Coroutine[None, None, None]) -> bool:
        """Run work until it ends, or until a daemon asks for the store; tell whether it came to its end."""
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


def _file(desk: Desk) -> Path:
    return desk.settings.folder / "serve.lock"


def _wish(desk: Desk) -> Path:
    """Locked by a daemon for as long as it waits for the store."""
    return desk.settings.folder / "serve.wanted"


@contextmanager
def owning(desk: Desk, kind: Kind = Kind.DAEMON) -> Iterator[Ownership]:
    """Own the store. Raises Busy, naming the process, while somebody else does or a daemon waits for it."""
    with _opened(_file(desk)) as handle:
        _lock(handle, desk, kind)
        try:
            with desk.database.driver.own() as held:
                yield Ownership(desk, kind, held)
        finally:
            os.ftruncate(handle, 0)


def _lock(handle: int, desk: Desk, kind: Kind) -> None:
    if kind is not Kind.DAEMON and _asked(desk):
        raise Busy(T("A daemon is about to take this store."), T("Try again in a moment."))
    if not _got(handle):
        raise _busy(_said(handle))
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()} {kind}".encode(), 0)


def _got(handle: int) -> bool:
    """Lock for us alone; who only looks holds the lock for a moment too, and is no owner."""
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
    if found.kind is Kind.WINDOW:
        return Busy(
            T("A window's own daemon holds this store (process {pid}).", pid=process),
            T("Close that window, or try again in a moment."),
        )
    if found.kind is Kind.COMMAND:
        return Busy(
            T("A command that sends by itself holds this store (process {pid}).", pid=process),
            T("Try again in a moment."),
        )
    return Busy(
        T("A daemon runs for this store already (process {pid}).", pid=process),
        T("Stop it first, or use another store with --company."),
    )


@asynccontextmanager
async def taking(
    desk: Desk, kind: Kind, stop: asyncio.Event, *, patience: float = PATIENCE
) -> AsyncIterator[Ownership | None]:
    """Own the store; a daemon has a temporary owner leave, and waits until it has finished.

    ``None`` if ``stop`` was set meanwhile.
    Raises Busy if another daemon owns it, or if whoever does has not left after ``patience`` seconds.
    """
    with ExitStack() as stack:
        yield await _taken(stack, desk, kind, stop, patience)


async def _taken(stack: ExitStack, desk: Desk, kind: Kind, stop: asyncio.Event, patience: float) -> Ownership | None:
    with _opened(_wish(desk)) as wish:
        waiting = _Waiting(desk, kind, wish, patience)
        while not stop.is_set():
            try:
                return stack.enter_context(owning(desk, kind))
            except Busy:
                if not waiting.is_worth_it():
                    raise
            await asyncio.sleep(LOOK)
    return None


class _Waiting:
    """Waits for a store that is owned: has whoever owns it only meanwhile leave, and believes one that will not."""

    def __init__(self, desk: Desk, kind: Kind, wish: int, patience: float) -> None:
        self._desk = desk
        self._kind = kind
        self._wish = wish
        self._asks = False
        """Whether it is us who hold the wish."""
        self._in_vain = 0
        """Looks, one after the other, at an owner that will not leave."""
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + patience

    def is_worth_it(self) -> bool:
        """Look who owns the store, ask them to leave if they may, and tell whether to try once more."""
        found = owner(self._desk)
        if self._leaves(found):
            self._in_vain = 0
            self._ask(found)
        else:
            self._in_vain += 1
        return self._in_vain < LOOKS and self._loop.time() <= self._deadline

    def _leaves(self, found: Owner | None) -> bool:
        """Whether the store is about to be free: only for a daemon does anybody leave, and only a temporary owner.

        Nobody at all owns it between two looks: the one whom we asked has left just now.
        """
        if self._kind is not Kind.DAEMON:
            return False
        if found is None:
            return self._asks
        return found.kind is not Kind.DAEMON

    def _ask(self, found: Owner | None) -> None:
        """Hold the wish, which is seen by the owner; of several daemons that wait one can."""
        if found is None or self._asks:
            return
        self._asks = _got(self._wish)
        if self._asks:
            log.info("daemon.waits", owner=found.process, kind=found.kind)


def _asked(desk: Desk) -> bool:
    with _opened(_wish(desk)) as handle:
        return not _free(handle)


def owner(desk: Desk) -> Owner | None:
    """Who owns the store now, if anybody does."""
    if not _file(desk).exists():
        return None
    with _opened(_file(desk)) as handle:
        return None if _free(handle) else _said(handle)


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


def _said(handle: int) -> Owner:
    """What the owner wrote of itself; programs before this one wrote a number alone and were daemons."""
    number, _, kind = os.pread(handle, 40, 0).decode(errors="replace").partition(" ")
    return Owner(int(number) if number.isdecimal() else 0, Kind(kind) if kind in set(Kind) else Kind.DAEMON)
