"""Two processes want one store while databases, networks and processes fail; `make rehearse owner` plays it in full."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import pooler
from tests.rehearsals.owner import TENTH, rehearse

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not pooler.PROGRAM, reason="pgbouncer is not installed"),
]


async def test_never_two_send_and_only_what_was_handed_over_becomes_uncertain(tmp_path: Path) -> None:
    figures = await rehearse(tmp_path, TENTH, say=lambda _: None)
    assert list(figures.violations()) == [], str(figures)
    assert len(figures.played) == 3
