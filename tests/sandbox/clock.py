"""A clock that only a test moves."""

from __future__ import annotations

from chatapp_cli.domain.ids import Millis


class HandClock:
    """Moves only when a test moves it."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> Millis:
        return 1_796_000_000_000 + int(self.passed * 1000)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing in a CRM sleeps on this clock")
