"""A spell checker in a child process: ``hunspell`` if installed, otherwise our own program with spylls.

Loading Russian takes spylls two seconds and 120 MB: too much for the window's process, but fine for a child that is
started with the first word and exits with the window.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress

from chatapp_cli.kit.spelling import dictionaries
from chatapp_cli.runtime.parent_watch import ended

PATIENCE = 20.0
"""The timeout for loading a dictionary, in seconds."""


def command() -> list[str]:
    """The command to run; empty if this machine has no dictionary."""
    found = dictionaries()
    if not found:
        return []
    if hunspell := shutil.which("hunspell"):
        return [hunspell, "-a", "-i", "utf-8", "-d", ",".join(map(str, found))]
    return [sys.executable, "-m", "chatapp_cli.kit.spelling", *map(str, found)]


class Speller:
    """Asks the child word by word and caches the answers."""

    def __init__(self, program: Sequence[str]) -> None:
        self._program = program
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._known: dict[str, bool] = {}

    async def wrong(self, words: Iterable[str]) -> set[str]:
        """The misspelt words; none without a child."""
        for word in words:
            if word not in self._known:
                answer = await self._ask(f"^{word}")
                if not answer:
                    return set()
                self._known[word] = answer[0] not in "#&"
        return {word for word in words if not self._known[word]}

    async def meant(self, word: str) -> list[str]:
        """The suggestions, likeliest first."""
        answer = await self._ask(word)
        _head, _colon, listed = answer.partition(": ")
        return listed.split(", ") if answer.startswith("&") and listed else []

    def learn(self, word: str) -> None:
        """Accept a word from now on."""
        self._known[word] = True

    async def _ask(self, line: str) -> str:
        """The answer to a line; empty if the child is gone or too slow."""
        async with self._turn:
            with suppress(TimeoutError, OSError):
                return await asyncio.wait_for(self._asked(line), PATIENCE)
            self._program = ()
            return ""

    async def _asked(self, line: str) -> str:
        child = await self._started()
        if child is None or child.stdin is None or child.stdout is None:
            return ""
        child.stdin.write(f"{line}\n".encode())
        await child.stdin.drain()
        answer = ""
        while received := (await child.stdout.readline()).decode(errors="replace"):
            if answer and not received.strip():
                return answer
            answer = received.strip() if received.strip() and not received.startswith("@") else answer
        raise OSError("the speller has ended")

    async def _started(self) -> asyncio.subprocess.Process | None:
        if self._child is None and self._program:
            pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
            self._child = await asyncio.create_subprocess_exec(
                *self._program, stdin=pipe, stdout=pipe, stderr=nowhere, env={**os.environ, "PYTHONIOENCODING": "utf-8"}
            )
        return self._child if self._program else None

    async def aclose(self) -> None:
        """End the child."""
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()
            await ended(self._child)
