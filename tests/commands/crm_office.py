"""A portal on a loop of its own, and links to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chatapp_cli.sandbox.bitrix24 import Portal

DESK = "http://127.0.0.1:9"
FIRM = "firma.bitrix24.test"
PATIENCE = 20


def run_on(loop: asyncio.AbstractEventLoop, coroutine: Any) -> Any:
    """Run something on the loop of another thread, and wait for it."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(PATIENCE)


@dataclass(frozen=True, slots=True)
class Office:
    """A portal on a loop of its own, and the address of the daemon that it calls."""

    portal: Portal
    address: str
    loop: asyncio.AbstractEventLoop

    def do(self, coroutine: Any) -> Any:
        return run_on(self.loop, coroutine)

    @property
    def answers(self) -> Mapping[str, str]:
        return {
            "portal": self.portal.address,
            "client_id": self.portal.client_id,
            "client_secret": self.portal.client_secret,
            "auth_server": self.portal.auth_address,
        }

    def installs(self, key: str) -> bool:
        """An administrator presses «Install»."""
        answered = self.do(self.portal.install(f"{self.address}/hooks/{key}/install"))
        return bool(answered.status == 200)


def eventually(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
