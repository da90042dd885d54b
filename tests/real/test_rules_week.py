"""What a trial of thirty-four rules on a week says is what a ``serve`` does that is killed while the week passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rehearsals.rules import TENTH, rehearse

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]


@pytest.mark.req("S-035", part="rules do what their trial said")
async def test_rules_do_what_their_trial_on_the_same_week_said_once_each_whatever_kills_the_daemon(
    tmp_path: Path,
) -> None:
    figures = await rehearse(tmp_path, TENTH, say=lambda _: None)
    assert list(figures.violations()) == [], str(figures)
    assert figures.kills >= TENTH.kills
    assert len(figures.lived) > TENTH.messages
