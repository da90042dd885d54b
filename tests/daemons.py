"""A real ``chatapp serve`` in a child process, whose clock a test drives and which it may kill."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from chatapp_cli.bootstrap import Desk, open_desk
from chatapp_cli.kit.driven import DrivenClock
from chatapp_cli.kit.system import TEST_CLOCK, SystemChance
from chatapp_cli.ports.world import World
from chatapp_cli.settings import Settings
from tests.stores import OWNER

SECOND = 1_000
DAY = 86_400_000


class Serving:
    """A company's store in a folder, the clock by which it is served, and the daemons that serve it."""

    def __init__(self, home: Path, *, parts: Mapping[str, str] | None = None) -> None:
        self._home = home
        self._env = {**os.environ, "CHATAPP_HOME": str(home), "CHATAPP_HTTP_PORT": "0", "CHATAPP_LOG_LEVEL": "warning"}
        home.mkdir(parents=True, exist_ok=True)
        self.clock = DrivenClock(home / "clock")
        self.clock.move()
        self._env[TEST_CLOCK] = str(home / "clock")
        if parts:
            self._install(parts)

    def _install(self, parts: Mapping[str, str]) -> None:
        """Let the child find a package that adds these parts, by name and ``module:attribute``."""
        info = self._home / "site" / "thrown_away-1.dist-info"
        info.mkdir(parents=True)
        info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: thrown-away\nVersion: 1\n")
        lines = [f"{name} = {value}" for name, value in parts.items()]
        info.joinpath("entry_points.txt").write_text("\n".join(["[chatapp.parts]", *lines, ""]))
        root = str(Path(__file__).parents[1])
        self._env["PYTHONPATH"] = os.pathsep.join([str(info.parent), root, self._env.get("PYTHONPATH", "")])

    def desk(self) -> Desk:
        """The store as another process sees it, by the same clock. The caller closes it."""
        world = World(clock=self.clock, chance=SystemChance())
        return open_desk(Settings(home=str(self._home), http_port=0), world).seen_by(OWNER)

    @asynccontextmanager
    async def child(self) -> AsyncIterator[Child]:
        """A daemon that listens; it ends in good order unless it was killed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chatapp_cli", "serve", env=self._env, stdout=asyncio.subprocess.PIPE
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
