"""A portal beside a daemon that is another program."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chatapp_cli.sandbox.bitrix24 import Portal

PATIENCE = 20


@dataclass(frozen=True, slots=True)
class Office:
    """A portal on a loop of its own, and the address of the daemon that it calls."""

    portal: Portal
    address: str
    loop: asyncio.AbstractEventLoop

    def do(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE)

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
