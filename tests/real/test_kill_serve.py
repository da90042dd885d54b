"""``chatapp serve`` is killed at random while messages go both ways through seven channels: none lost, none doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rehearsals.kill import TENTH, rehearse

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


@pytest.mark.req("S-115")
async def test_kill_minus_nine_loses_nothing_doubles_nothing_and_leaves_uncertain_only_what_was_handed_over(
    tmp_path: Path,
) -> None:
    figures = await rehearse(tmp_path, TENTH, say=lambda _: None)
    assert list(figures.violations()) == [], str(figures)
    assert figures.kills >= TENTH.kills
