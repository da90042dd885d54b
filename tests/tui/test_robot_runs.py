"""The page of robots' runs: for whom each was, how it ended and why, and doing it again."""

from __future__ import annotations

from chatapp_cli.bootstrap import Company
from chatapp_cli.services import runs
from chatapp_cli.tui.screens.crm import CrmScreen
from chatapp_cli.tui.screens.robot_runs import RobotRunsScreen
from tests.tui import portals
from tests.tui.conftest import Opener
from tests.tui.stage import Stage


async def test_a_run_tells_for_whom_it_was_and_why_it_failed_and_is_done_again_by_a_key(
    window: Opener, stage: Stage, company: Company
) -> None:
    portals.automated(stage)
    async with window() as it:
        await it.press("ctrl+k")
        await it.until(lambda: isinstance(it.app.screen, CrmScreen))
        await it.sees(portals.HOME)
        await it.press("h")
        await it.until(lambda: isinstance(it.app.screen, RobotRunsScreen))
        await it.sees("✗ ", "Send a message", "@nobody_of_ours", "Card: deal 17", "What: Спасибо за покупку!")
        await it.sees("[CANNOT_WRITE_FIRST]", "Press s to do it again")
        await it.press("s")
        await it.until(lambda: len(company.read(runs.latest)) == 3)
        await it.sees("◷ ")
        await it.press("s")
        await it.until(lambda: any("tried again already" in one.message for one in it.app._notifications))
