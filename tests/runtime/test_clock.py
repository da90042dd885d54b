"""A wall clock that jumps delays nothing and loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.kit.system import SystemChance, SystemClock
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.timekeeper import TICK
from chatapp_cli.sandbox.telegram_bot.server import Fault
from tests.runtime.desk import eventually
from tests.runtime.judged import played
from tests.stores import OWNER

HOUR = 3_600_000


class JumpingClock(SystemClock):
    """The real clock, with a wall clock that somebody sets."""

    def __init__(self) -> None:
        self.ahead = 0
        self.ticks = 0

    async def sleep(self, seconds: float) -> None:
        self.ticks += seconds == TICK
        await super().sleep(seconds)

    def now(self) -> int:
        return super().now() + self.ahead


async def test_a_clock_that_was_an_hour_ahead_and_is_set_right_delays_nothing(
    tmp_path: Path, companies: Callable[..., Company]
) -> None:
    clock = JumpingClock()
    company = open_company(companies().settings, World(clock=clock, chance=SystemChance())).seen_by(OWNER)
    async with played(company) as scene:
        clock.ahead = HOUR
        scene.telegram.faults.append(Fault("sendMessage", 429, "Too Many Requests: retry after 2", {"retry_after": 2}))
        number = scene.say("после прыжка")
        await eventually(lambda: scene.message(number).code == "too_many_requests" or scene.channel_row().paused_until)
        ticks = clock.ticks
        await eventually(lambda: clock.ticks > ticks + 1)
        clock.ahead = 0
        await scene.until(number, "sent")
        assert await scene.heard() == ["после прыжка"]
    company.close()
