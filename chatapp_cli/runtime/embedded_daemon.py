"""A daemon that a window starts if none is running, and that exits with the window.

The child watches its standard input: the pipe closes when the parent exits or crashes, on every system.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Busy, StoreError
from chatapp_cli.domain.moment import local
from chatapp_cli.domain.text import T, Text
from chatapp_cli.runtime.lease import HolderKind, SilentHolder, current_holder, silent_holder
from chatapp_cli.runtime.parent_watch import ended
from chatapp_cli.services import lease
from chatapp_cli.settings import Settings
from chatapp_cli.store.migrate import HEAD

LOOK = 2.0
"""Seconds between checks for a running daemon."""
AGAIN = 30.0
"""Seconds between a failed start and the next one."""
RETURN = 60.0
"""Seconds to wait for a former daemon to return before a child is started."""
COMMAND = (sys.executable, "-m", "chatapp_cli", "serve", "--until-stdin-closes")


@dataclass(frozen=True, slots=True)
class DaemonState:
    """Whether a daemon is running, and a text to show, if any."""

    text: Text
    trouble: bool = False


RUNS = DaemonState(Text(""))
STARTS = DaemonState(T("the daemon starts"))
CHANGED = DaemonState(T("another version of chatapp has changed the store: restart this window"), trouble=True)
AWAY = DaemonState(T("the daemon has ended; waiting for it"))


def _silent(found: SilentHolder) -> DaemonState:
    since = f"{local(found.since):%H:%M:%S}"
    return DaemonState(T("the daemon gives no sign of life since {moment}", moment=since), trouble=True)


class EmbeddedDaemon:
    """Our own child daemon, if one is needed."""

    def __init__(self, company: Company, command: Sequence[str], look: float, patience: float, again: float) -> None:
        self._company = company
        self._command = command
        self._look = look
        self._patience = patience
        self._again = again
        self._expected_until = 0.0
        self._failed: DaemonState | None = None
        """Why our child did not start, until the next one may."""
        self._next_start = 0.0
        self._child: asyncio.subprocess.Process | None = None
        self._last_line = ""
        self._listener: asyncio.Task[None] | None = None

    async def states(self) -> AsyncIterator[DaemonState]:
        """Yield the state when it changes; starts a child whenever nobody holds the lease."""
        reported: DaemonState | None = None
        while True:
            state = await self._seen()
            if state != reported:
                reported = state
                yield state
            await asyncio.sleep(self._look)

    async def _seen(self) -> DaemonState:
        """The current state; if neither the holder can be determined nor a child started, retry later."""
        try:
            if await asyncio.to_thread(self._company.database.read, lease.revision) != HEAD:
                return CHANGED
            return await self._state()
        except (StoreError, Busy) as error:
            self._failed = None  # without its store no child could start
            return DaemonState(T("no daemon: {why}", why=error.what), trouble=True)
        except OSError as error:
            return self._fail(error.strerror or str(error))

    async def _state(self) -> DaemonState:
        found = await asyncio.to_thread(current_holder, self._company)
        child = self._child
        if child is not None and child.returncode is not None:
            self._child = None
        if found is not None:
            if found.kind is HolderKind.DAEMON:
                self._expect()
            silent = await asyncio.to_thread(silent_holder, self._company)
            return RUNS if silent is None else _silent(silent)
        if child is not None and child.returncode is None:
            return STARTS
        if child is not None and child.returncode:
            return self._fail(self._last_line or "?")
        if child is not None:  # it gave way to a daemon
            self._expect()
        if self._failed is not None and asyncio.get_running_loop().time() < self._next_start:
            return self._failed
        if asyncio.get_running_loop().time() < self._expected_until:
            return AWAY
        await self._start()
        return STARTS

    def _fail(self, why: str) -> DaemonState:
        """Remember why a child did not start; another one is tried later."""
        self._failed = DaemonState(T("no daemon: {why}", why=why), trouble=True)
        self._next_start = asyncio.get_running_loop().time() + self._again
        return self._failed

    def _expect(self) -> None:
        """Wait for a daemon that was here before: it is probably being restarted."""
        self._expected_until = asyncio.get_running_loop().time() + self._patience

    async def _start(self) -> None:
        self._child = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=surroundings(self._company.settings, os.environ),
        )
        self._listener = asyncio.create_task(self._listen(self._child))

    async def _listen(self, child: asyncio.subprocess.Process) -> None:
        """Keep the last line of output that tells why it ended; a next step, behind an arrow, is for a shell."""
        assert child.stderr is not None
        while line := await child.stderr.readline():
            said = line.decode(errors="replace").strip()
            self._last_line = said if said and not said.startswith("→") else self._last_line

    async def stop(self) -> None:
        """Let it finish; kill it if it does not."""
        child = self._child
        if child is not None and child.returncode is None:
            assert child.stdin is not None
            child.stdin.close()
            await ended(child)
        if self._listener is not None:
            await self._listener


def surroundings(settings: Settings, env: Mapping[str, str]) -> dict[str, str]:
    """The environment with which the child opens the same store."""
    same = ("home", "company", "database_url", "secret_key")
    return {**env, **{f"CHATAPP_{name.upper()}": getattr(settings, name) for name in same}}


@asynccontextmanager
async def accompanied(
    company: Company,
    *,
    command: Sequence[str] = COMMAND,
    look: float = LOOK,
    patience: float = RETURN,
    again: float = AGAIN,
) -> AsyncIterator[EmbeddedDaemon]:
    """Keep a daemon running meanwhile; one that was here before has ``patience`` seconds to come back.

    ``look`` are the seconds between checks, ``again`` those between a failed start and the next one.
    """
    daemon = EmbeddedDaemon(company, command, look, patience, again)
    try:
        yield daemon
    finally:
        await daemon.stop()
