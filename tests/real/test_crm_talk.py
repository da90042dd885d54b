"""A portal and three channels talk while everything fails; ``make rehearse bitrix24`` plays it in full."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rehearsals.bitrix24 import TENTH, rehearse

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


@pytest.mark.req("S-115")
async def test_a_failing_portal_and_a_killed_daemon_lose_nothing_double_nothing_and_tell_nothing_back(
    tmp_path: Path,
) -> None:
    figures = await rehearse(tmp_path, TENTH, say=lambda _: None)
    assert list(figures.violations()) == [], str(figures)
    assert figures.kills >= TENTH.kills
