"""Two windows in terminals and one in a browser, on one store: whoever takes a dialog or writes is seen at once."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chatapp_cli.services.presence import TYPING
from tests.real.browser import CHROMIUM, Tab, opened
from tests.real.terminal import Terminal, terminal

SOON = TYPING / 1000 - 1
"""Seconds within which colleagues see one another: before the sign that one is typing has run out."""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium: apt-get install chromium"),
]


def around(home: Path, operator: str) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CHATAPP_HOME": str(home),
        "CHATAPP_CONFIG": str(home / "config.toml"),
        "CHATAPP_LANG": "en",
        "CHATAPP_OPERATOR": operator,
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
    }


@asynccontextmanager
async def window(home: Path, operator: str) -> AsyncIterator[Terminal]:
    """A window in a terminal."""
    place = home / operator
    place.mkdir()
    async with terminal(place, (sys.executable, "-m", "chatapp_cli", "inbox"), around(home, operator)) as found:
        await found.sees("Анна Белова")
        yield found


@asynccontextmanager
async def soon() -> AsyncIterator[None]:
    async with asyncio.timeout(SOON):
        yield


async def test_three_windows_see_at_once_who_takes_a_dialog_and_who_writes(tmp_path: Path) -> None:
    async with opened(tmp_path) as shop, shop.tab() as olga:
        await olga.log_in("Ольга")
        await olga.sees("Анна Белова")
        async with window(tmp_path, "Марина") as marina, window(tmp_path, "Пётр") as pyotr:
            await everybody_opens(olga, marina, pyotr)
            await marina.press("Escape", "I")
            async with soon():
                await asyncio.gather(pyotr.sees("@Марина"), olga.sees("@Марина"))
            await pyotr.type("Посмотрю на складе")
            async with soon():
                await asyncio.gather(marina.sees("Пётр is writing"), olga.sees("Пётр is writing"))
            await olga.page.keyboard.type("Облако")
            async with soon():
                await asyncio.gather(marina.sees("Ольга"), pyotr.sees("Ольга"))
        assert shop.said()[0][1] == "Есть ли плед «Облако»?"


async def everybody_opens(olga: Tab, *terminals: Terminal) -> None:
    for one in terminals:
        await one.press("Enter")
        await one.sees("Write an answer…")
    await olga.press("Enter")
    await olga.sees("Write an answer…")
