"""One window in a process of its own, with the protocol of Textual's web driver.

A packet is one letter, four bytes for the length of the content, and the content:
``D`` is what a terminal reads or writes, ``M`` a JSON object, ``P`` a packed piece of a file.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from chatapp_cli.i18n import language
from chatapp_cli.runtime.embedded_daemon import surroundings
from chatapp_cli.runtime.login_token import TOKEN
from chatapp_cli.runtime.parent_watch import ended
from chatapp_cli.runtime.restricted import RESTRICTED_VARIABLE, UPLOADS_VARIABLE, own_settings
from chatapp_cli.settings import OWN_SETTINGS_VARIABLE, Settings, stored_language

COMMAND: Final = (sys.executable, "-m", "chatapp_cli", "inbox")
DRIVER: Final = "chatapp_cli.tui.media.browser:BrowserDriver"
GREETING: Final = b"__GANGLION__\n"
LARGEST: Final = 500
"""The most columns or rows that a browser may request."""
STDERR_KEPT: Final = 2_000
"""Bytes of its stderr that are kept."""


class Child:
    """A running window process; its owner must call ``stop``."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._errors = b""
        self._listener = asyncio.create_task(self._listen())

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def packets(self) -> AsyncIterator[tuple[bytes, bytes]]:
        """Kind and content of all its packets; if it ended before its greeting, the reason as terminal output."""
        assert self._process.stdout is not None
        stdout = self._process.stdout
        try:
            await stdout.readuntil(GREETING)
            while True:
                head = await stdout.readexactly(5)
                yield head[:1], await stdout.readexactly(int.from_bytes(head[1:], "big"))
        except asyncio.IncompleteReadError as cut:
            if cut.expected is None:
                await self._listener
                yield b"D", self._errors.replace(b"\n", b"\r\n")

    async def type(self, text: str) -> None:
        """Pass on terminal input."""
        await self._write(b"D", text.encode(errors="replace"))

    async def tell(self, kind: str, **values: object) -> None:
        """Send a message other than terminal input."""
        await self._write(b"M", json.dumps({"type": kind, **values}).encode())

    async def resize(self, width: int, height: int) -> None:
        """Send the browser's size in cells."""
        await self.tell("resize", width=_fitting(width), height=_fitting(height))

    async def stop(self) -> None:
        """Close its stdin, which ends it; kill it if it does not end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        rest = asyncio.create_task(_drained(self._process.stdout))
        await ended(self._process)
        await asyncio.gather(rest, self._listener)

    async def _write(self, kind: bytes, content: bytes) -> None:
        assert self._process.stdin is not None
        with suppress(ConnectionError):  # it has ended; ``packets`` reports that
            self._process.stdin.write(kind + len(content).to_bytes(4, "big") + content)
            await self._process.stdin.drain()

    async def _listen(self) -> None:
        """Keep the end of its stderr."""
        assert self._process.stderr is not None
        while piece := await self._process.stderr.read(STDERR_KEPT):
            self._errors = (self._errors + piece)[-STDERR_KEPT:]


async def start(
    command: Sequence[str], settings: Settings, *, operator: str, token: str, uploads: Path, width: int, height: int
) -> Child:
    """Start a window for the operator of this token; ``uploads`` is the folder of their uploads."""
    own = str(own_settings(settings.folder, operator))
    person = {RESTRICTED_VARIABLE: "on", OWN_SETTINGS_VARIABLE: own, TOKEN: token, UPLOADS_VARIABLE: str(uploads)}
    env = {**_environment(settings, width, height), **person}
    env["CHATAPP_LANG"] = stored_language(Path(own)) or language()
    return Child(await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=env))


def _environment(settings: Settings, width: int, height: int) -> Mapping[str, str]:
    return {
        **surroundings(settings, os.environ),
        "CHATAPP_PLAIN": "off",
        "TEXTUAL_DRIVER": DRIVER,
        "TEXTUAL_COLOR_SYSTEM": "truecolor",
        "COLUMNS": str(_fitting(width)),
        "ROWS": str(_fitting(height)),
    }


def _fitting(cells: int) -> int:
    return min(max(cells, 1), LARGEST)


async def _drained(stdout: asyncio.StreamReader) -> None:
    while await stdout.read(1 << 16):
        pass
