"""A daemon for as long as somebody looks: the window starts one where none runs, and it ends with the window.

The child watches its standard input: the pipe closes when we leave, and also when we crash, on every system.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chatapp_cli.bootstrap import Desk
from chatapp_cli.domain.text import T, Text
from chatapp_cli.runtime.leash import ended
from chatapp_cli.runtime.owner import Kind, owner
from chatapp_cli.settings import Settings

LOOK = 2.0
"""Seconds between two looks whether somebody carries the messages."""
AGAIN = 30.0
"""Seconds after a failed start before the next one."""
RETURN = 60.0
"""Seconds that a daemon which was here is given to come back before a child takes its place."""
COMMAND = (sys.executable, "-m", "chatapp_cli", "serve", "--until-stdin-closes")


@dataclass(frozen=True, slots=True)
class Carried:
    """Whether somebody carries the messages, and what to say if it is worth a word."""

    said: Text
    trouble: bool = False


RUNS = Carried(Text(""))
STARTS = Carried(T("the daemon starts"))
AWAY = Carried(T("the daemon has ended; waiting for it"))


class Companion:
    """Our own child, if there has to be one."""

    def __init__(self, desk: Desk, command: Sequence[str], look: float, patience: float, again: float) -> None:
        self._desk = desk
        self._command = command
        self._look = look
        self._patience = patience
        self._again = again
        self._expected_until = 0.0
        self._child: asyncio.subprocess.Process | None = None
        self._said = ""
        self._listener: asyncio.Task[None] | None = None

    async def states(self) -> AsyncIterator[Carried]:
        """What to tell, whenever it changes; starts a child whenever the store has no owner."""
        told: Carried | None = None
        while True:
            state = await self._seen()
            if state != told:
                told = state
                yield state
            await asyncio.sleep(self._again if state.trouble else self._look)

    async def _seen(self) -> Carried:
        """Where neither the store's owner can be seen nor a child started, it is tried again after a while."""
        try:
            return await self._state()
        except OSError as error:
            return Carried(T("no daemon: {why}", why=error.strerror or str(error)), trouble=True)

    async def _state(self) -> Carried:
        found = await asyncio.to_thread(owner, self._desk)
        child = self._child
        if child is not None and child.returncode is not None:
            self._child = None
        if found is not None:
            if found.kind is Kind.DAEMON:
                self._expect()
            return RUNS
        if child is not None and child.returncode is None:
            return STARTS
        if child is not None and child.returncode:
            return Carried(T("no daemon: {why}", why=self._said or "?"), trouble=True)
        if child is not None:  # it made way for a daemon
            self._expect()
        if asyncio.get_running_loop().time() < self._expected_until:
            return AWAY
        await self._start()
        return STARTS

    def _expect(self) -> None:
        """A daemon was here: should it be gone, somebody restarts it."""
        self._expected_until = asyncio.get_running_loop().time() + self._patience

    async def _start(self) -> None:
        self._child = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=surroundings(self._desk.settings, os.environ),
        )
        self._listener = asyncio.create_task(self._listen(self._child))

    async def _listen(self, child: asyncio.subprocess.Process) -> None:
        """Keep the last thing that it said: that is why it ended."""
        assert child.stderr is not None
        while said := await child.stderr.readline():
            self._said = said.decode(errors="replace").strip() or self._said

    async def stop(self) -> None:
        """Let it finish; end it if it does not."""
        child = self._child
        if child is not None and child.returncode is None:
            assert child.stdin is not None
            child.stdin.close()
            await ended(child)
        if self._listener is not None:
            await self._listener


def surroundings(settings: Settings, env: Mapping[str, str]) -> dict[str, str]:
    """The environment in which the child opens the very store that we have open."""
    same = ("home", "company", "database_url", "secret_key")
    return {**env, **{f"CHATAPP_{name.upper()}": getattr(settings, name) for name in same}}


@asynccontextmanager
async def accompanied(
    desk: Desk,
    *,
    command: Sequence[str] = COMMAND,
    look: float = LOOK,
    patience: float = RETURN,
    again: float = AGAIN,
) -> AsyncIterator[Companion]:
    """Have the store served while this lasts; a daemon that was here has ``patience`` seconds to come back.

    ``look`` and ``again`` are the seconds between two looks, while all is well and after something failed.
    """
    companion = Companion(desk, command, look, patience, again)
    try:
        yield companion
    finally:
        await companion.stop()
