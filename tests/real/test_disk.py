"""``chatapp serve`` on a disk that fails in four ways: all are told, and nothing is acknowledged that is not kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.rehearsals.disk import TENTH, rehearse

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small disk")
async def test_a_disk_that_is_full_read_only_damaged_or_slow_is_said_everywhere_and_loses_nothing_acknowledged(
    tmp_path: Path,
) -> None:
    figures = await rehearse(tmp_path, TENTH, say=lambda _: None)
    assert list(figures.violations()) == [], str(figures)
    assert figures.refused > 0
    assert len(figures.acknowledged) > TENTH.webhooks
