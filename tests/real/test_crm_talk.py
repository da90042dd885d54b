"""Two CRMs and three channels talk while everything fails; ``make rehearse crm`` plays it in full."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rehearsals.crm import TENTH, rehearse

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


@pytest.mark.req("S-115", "C-02")
async def test_two_failing_crms_and_a_killed_daemon_lose_nothing_double_nothing_and_tell_nothing_back(
    tmp_path: Path,
) -> None:
    figures = await rehearse(tmp_path, TENTH, say=lambda _: None)
    assert list(figures.violations()) == [], str(figures)
    assert figures.kills >= TENTH.kills
