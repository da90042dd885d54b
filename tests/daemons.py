"""A real ``chatapp serve`` in a child process, whose clock a test drives and which it may kill."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.kit.driven import DrivenClock
from chatapp_cli.kit.system import TEST_CLOCK, SystemChance
from chatapp_cli.ports.world import World
from chatapp_cli.settings import Settings
from tests.stores import OWNER

ROOT = Path(__file__).parents[1]
SECOND = 1_000
DAY = 86_400_000


class Serving:
    """A company's store in a folder, the clock by which it is served, and the daemons that serve it.

    ``root`` is where the program's sources are; packages in ``site`` are found beside them. With a ``port`` every
    daemon listens there, so that what calls it finds the next one.
    """

    def __init__(self, home: Path, *, parts: Mapping[str, str] | None = None, root: Path = ROOT, port: int = 0) -> None:
        self.home = home
        self.site = home / "site"
        self._root = root
        self._port = port
        ours = {"CHATAPP_HOME": str(home), "CHATAPP_HTTP_PORT": str(port), "CHATAPP_LOG_LEVEL": "warning"}
        self._env = {**os.environ, **ours}
        self._env["PYTHONPATH"] = os.pathsep.join([str(self.site), str(root), self._env.get("PYTHONPATH", "")])
        home.mkdir(parents=True, exist_ok=True)
        self.clock = DrivenClock(home / "clock")
        self.clock.move()
        self._env[TEST_CLOCK] = str(home / "clock")
        if parts:
            self.install("chatapp.parts", parts)

    def install(self, group: str, points: Mapping[str, str]) -> None:
        """Let the child find a package with these entry points, by name; its modules are to be put into ``site``."""
        info = self.site / "thrown_away-1.dist-info"
        info.mkdir(parents=True)
        info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: thrown-away\nVersion: 1\n")
        lines = [f"{name} = {value}" for name, value in points.items()]
        info.joinpath("entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))

    @property
    def _program(self) -> tuple[str, ...]:
        return sys.executable, "-m", "chatapp_cli"

    def company(self) -> Company:
        """The store as another process sees it, by the same clock. The caller closes it."""
        world = World(clock=self.clock, chance=SystemChance())
        return open_company(Settings(home=str(self.home), http_port=self._port), world).seen_by(OWNER)

    async def chatapp(self, *words: str) -> tuple[int, str]:
        """A command in English beside the daemon: how it ended, and what it said."""
        process = await self.begun(*words)
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def begun(self, *words: str) -> asyncio.subprocess.Process:
        """The same, under way: a test may kill it."""
        return await asyncio.create_subprocess_exec(
            *self._program,
            *words,
            env={**self._env, "CHATAPP_LANG": "en"},
            cwd=self._root,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    @asynccontextmanager
    async def child(self) -> AsyncIterator[Child]:
        """A daemon that listens; it ends in good order unless it was killed."""
        process = await asyncio.create_subprocess_exec(
            *self._program, "serve", env=self._env, cwd=self._root, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        try:
            yield Child(process, (await process.stdout.readline()).decode().strip())
        finally:
            if process.returncode is None:
                process.terminate()
            await process.communicate()


class Child:
    """One daemon."""

    def __init__(self, process: asyncio.subprocess.Process, address: str) -> None:
        self._process = process
        self.address = address

    async def kill(self) -> None:
        """As a power cut does."""
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def terminate(self) -> float:
        """As a service manager does; returns the seconds that it takes to end."""
        began = time.monotonic()
        self._process.terminate()
        await self._process.wait()
        return time.monotonic() - began
