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
from chatapp_cli.runtime.owner import owner
from chatapp_cli.settings import Settings

LOOK = 2.0
"""Seconds between two looks whether somebody carries the messages."""
AGAIN = 30.0
"""Seconds after a failed start before the next one."""
COMMAND = (sys.executable, "-m", "chatapp_cli", "serve", "--until-stdin-closes")


@dataclass(frozen=True, slots=True)
class Carried:
    """Whether somebody carries the messages, and what to say if it is worth a word."""

    said: Text
    trouble: bool = False


RUNS = Carried(Text(""))
STARTS = Carried(T("the daemon starts"))


class Companion:
    """Our own child, if there has to be one."""

    def __init__(self, desk: Desk, command: Sequence[str], look: float) -> None:
        self._desk = desk
        self._command = command
        self._look = look
        self._child: asyncio.subprocess.Process | None = None
        self._said = ""
        self._listener: asyncio.Task[None] | None = None

    async def states(self) -> AsyncIterator[Carried]:
        """What to tell, whenever it changes; starts a child whenever the store has no owner."""
        told: Carried | None = None
        while True:
            state = await self._state()
            if state != told:
                told = state
                yield state
            await asyncio.sleep(AGAIN if state.trouble else self._look)

    async def _state(self) -> Carried:
        if await asyncio.to_thread(owner, self._desk) is not None:
            return RUNS
        if self._child is not None and self._child.returncode is None:
            return STARTS
        if self._child is not None and self._child.returncode:
            self._child = None
            return Carried(T("no daemon: {why}", why=self._said or "?"), trouble=True)
        await self._start()
        return STARTS

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
async def accompanied(desk: Desk, *, command: Sequence[str] = COMMAND, look: float = LOOK) -> AsyncIterator[Companion]:
    """Have the store served while this lasts."""
    companion = Companion(desk, command, look)
    try:
        yield companion
    finally:
        await companion.stop()
