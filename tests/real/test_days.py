"""Days pass for a real ``serve`` within seconds: what waits for its time goes, once, whatever ends the process."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.draft import Draft
from chatapp_cli.kit.driven import driven
from chatapp_cli.kit.system import TEST_CLOCK
from chatapp_cli.sandbox.telegram_bot.server import TelegramBotSandbox
from chatapp_cli.services import channels, sending, timers
from chatapp_cli.services.sending import SendOptions
from chatapp_cli.store.tx import Tx
from tests.contract.connector_contract import ANNA
from tests.daemons import DAY, SECOND, Serving
from tests.rehearsals.parts import DUE, FAR, FIRED, TWICE
from tests.runtime.desk import bound, eventually, state_of, the_dialogs

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]
ROOT = Path(__file__).parents[2]
TIMERS = 60


async def test_a_message_that_is_scheduled_in_three_days_goes_when_they_have_passed_and_not_before(
    tmp_path: Path,
) -> None:
    serving = Serving(tmp_path)
    async with TelegramBotSandbox() as telegram:
        with closing(serving.company()) as company:
            channel = await bound(company, telegram)
            async with serving.child():
                await telegram.say(ANNA, "Ау")
                (dialog,) = await eventually(lambda: the_dialogs(company), seconds=60)  # type: ignore[misc]
                can = company.capabilities(company.read(lambda tx: channels.one(tx, channel)))
                order = SendOptions(key=company.world.chance.key(), at=company.world.clock.now() + 3 * DAY)
                job = partial(sending.enqueue, can=can, dialog=dialog.id, draft=Draft(text="Готово"), options=order)
                message = company.write(job)
                serving.clock.move(passed=3 * DAY - 120 * SECOND)
                await asyncio.sleep(2)
                assert (state_of(company, message), await telegram.heard(ANNA)) == ("scheduled", [])
                serving.clock.move(passed=120 * SECOND)
                await eventually(lambda: state_of(company, message) == "sent", seconds=30)
        assert [heard.text for heard in await telegram.heard(ANNA)] == ["Готово"]


async def test_timers_fire_once_and_none_early_though_the_daemon_is_killed_while_they_do(tmp_path: Path) -> None:
    serving = Serving(tmp_path, parts={"rehearsal": "tests.rehearsals.parts:PART"})
    chance = random.Random(4)
    with closing(serving.company()) as company:
        start = company.world.clock.now()
        due = {f"t{n}": start + (n + 1) * DAY // 10 for n in range(TIMERS)}
        company.write(partial(_set, due=due))
        for _ in range(4):
            async with serving.child() as child:
                serving.clock.move(passed=DAY)
                await asyncio.sleep(chance.uniform(0.5, 1.5))
                serving.clock.move(passed=DAY // 2)
                await asyncio.sleep(chance.uniform(0, 0.3))
                await child.kill()
        assert 0 < len(_fired(company, due)) <= TIMERS
        async with serving.child():
            serving.clock.move(passed=DAY)
            await eventually(lambda: len(_fired(company, due)) == TIMERS, seconds=30)
        assert [ref for ref in due if company.read(partial(timers.at, kind=TWICE, ref=ref)) is not None] == []
        assert [ref for ref, at in _fired(company, due).items() if at < due[ref]] == []


def _set(tx: Tx, *, due: dict[str, int]) -> None:
    for ref, at in due.items():
        timers.put(tx, DUE, ref, at, keeps_hour=True)


def _fired(company: Company, due: dict[str, int]) -> dict[str, int]:
    found = {ref: company.read(partial(timers.at, kind=FIRED, ref=ref)) for ref in due}
    return {ref: at - FAR for ref, at in found.items() if at is not None}


def test_an_installed_program_refuses_a_tests_clock(tmp_path: Path) -> None:
    (tmp_path / "chatapp_cli").symlink_to(ROOT / "chatapp_cli")
    script = f"""
import sys
sys.path[:] = [{str(tmp_path)!r}] + [place for place in sys.path if place not in ("", {str(ROOT)!r})]
from pathlib import Path
from chatapp_cli.kit.driven import driven
driven(Path("clock"))
"""
    env = {"PATH": "/usr/bin", TEST_CLOCK: str(tmp_path / "clock")}
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"{TEST_CLOCK} is for tests" in done.stderr


def test_the_clock_of_a_test_is_understood_beside_the_tests(tmp_path: Path) -> None:
    clock = driven(tmp_path / "clock")
    clock.move(passed=DAY, set_by=-3600 * SECOND)
    before = clock.monotonic()
    clock.move(passed=5 * SECOND)
    assert clock.monotonic() - before >= 5
