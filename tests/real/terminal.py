"""A terminal that a program really runs in: tmux on a socket of its own, typed into and read like a person would."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

CLEAN = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
"""What a fresh login has: no size of some other terminal."""
PATIENCE = 30.0
BETWEEN = 0.05
ALONE = 0.25
"""Seconds after Esc: what comes sooner is taken for a key with Alt."""


class Terminal:
    """One tmux session."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def _tmux(self, *words: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "tmux", "-S", str(self._socket), "-f", "/dev/null", *words, stdout=asyncio.subprocess.PIPE, env=CLEAN
        )
        said, _ = await process.communicate()
        assert process.returncode == 0, words
        return said.decode()

    async def start(self, program: Sequence[str], env: Mapping[str, str], size: tuple[int, int]) -> None:
        """Run a program; what it said last stays to be read when it ends."""
        around = [word for name, value in env.items() for word in ("-e", f"{name}={value}")]
        options = {"remain-on-exit": "on", "default-size": "{}x{}".format(*size), "status": "off"}
        setting = [word for name, value in options.items() for word in ("set-option", "-g", name, value, ";")]
        await self._tmux(*setting, "new-session", "-d", *around, shlex.join(program))
        await self._tmux("set-option", "-s", "escape-time", "0")

    async def press(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        for key in keys:
            await self._tmux("send-keys", key)
            await asyncio.sleep(ALONE if key == "Escape" else BETWEEN)

    async def type(self, text: str) -> None:
        """Type as it stands; what comes at once is a paste, and an Enter right after it would be a part of it."""
        await self._tmux("send-keys", "-l", text)
        await asyncio.sleep(BETWEEN)

    async def screen(self) -> str:
        """What is on it."""
        return await self._tmux("capture-pane", "-p")

    async def sees(self, *words: str) -> str:
        """Wait until all of it is on the screen."""
        return await self.until(lambda screen: all(word in screen for word in words), words)

    async def sees_no(self, *words: str) -> str:
        """Wait until none of it is."""
        return await self.until(lambda screen: not any(word in screen for word in words), words)

    async def until(self, condition: Callable[[str], bool], what: object) -> str:
        """Wait for a screen; returns it."""
        screen = ""
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition(screen := await self.screen()):
                    await asyncio.sleep(BETWEEN)
        except TimeoutError:
            raise AssertionError(f"waited in vain for {what}\n{screen}") from None
        return screen

    async def end(self) -> None:
        """End the session and what runs in it."""
        await self._tmux("kill-server")


@asynccontextmanager
async def terminal(
    folder: Path, program: Sequence[str], env: Mapping[str, str], size: tuple[int, int] = (120, 35)
) -> AsyncIterator[Terminal]:
    """A program in a terminal."""
    found = Terminal(folder / "tmux")
    await found.start(program, env, size)
    try:
        yield found
    finally:
        await found.end()
