"""A daemon that is killed while it tells people of an alarm: the next one does not tell them again."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.text import T
from chatapp_cli.services import alarms
from tests.daemons import SECOND, Serving
from tests.runtime.desk import eventually

SCRIPT = """#!/bin/sh
cat >> {folder}/words
echo begun >> {folder}/begun
while [ ! -e {folder}/go ]; do sleep 0.02; done
echo told >> {folder}/told
"""


@pytest.mark.parametrize("moment", ["while the command runs", "after it ran"])
async def test_the_command_is_run_once_for_an_alarm_even_if_the_daemon_is_killed_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    script = tmp_path / "tell"
    script.write_text(SCRIPT.format(folder=tmp_path))
    script.chmod(0o755)
    monkeypatch.setenv("CHATAPP_ALARM_COMMAND", str(script))
    monkeypatch.setenv("CHATAPP_LANG", "en")
    desk = Serving(tmp_path / "home")
    company = desk.company()
    told, begun = tmp_path / "told", tmp_path / "begun"
    try:
        company.write(lambda tx: alarms.raise_(tx, "store", "", T("The store is slow")))
        async with desk.child() as daemon:
            desk.clock.move(passed=61 * SECOND)
            await eventually(begun.exists)
            await daemon.kill()
            if moment == "after it ran":
                tmp_path.joinpath("go").touch()
                await eventually(told.exists)
            async with desk.child():
                await eventually(lambda: tried(desk, company) > 1 or told.exists())
                tmp_path.joinpath("go").touch()
                await eventually(lambda: settled(desk, company))
                company.write(lambda tx: alarms.heal(tx, "store", ""))
                await eventually(lambda: not company.read(alarms.due_to_tell) and len(told.read_text().split()) == 2)
    finally:
        company.close()
    assert told.read_text().split() == ["told", "told"]
    assert begun.read_text().split() == ["begun", "begun"], "once that it broke, and once that it healed"
    broke, _step, healed = tmp_path.joinpath("words").read_text().splitlines()
    assert broke.startswith("main: The store is slow (since ")
    assert healed.startswith("main: over since ")


def tried(desk: Serving, company: Company) -> int:
    """How often telling was begun; time passes meanwhile."""
    desk.clock.move(passed=61 * SECOND)
    (alarm,) = company.read(alarms.open_alarms)
    return alarm.tries


def settled(desk: Serving, company: Company) -> bool:
    """Whether people were told, as the store has it; time passes meanwhile."""
    desk.clock.move(passed=61 * SECOND)
    (alarm,) = company.read(alarms.open_alarms)
    return alarm.told_at is not None
