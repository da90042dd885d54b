"""Mails, and what the accounts of people receive: nothing escapes, and nothing that arrived is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.rounds import EACH, SEED, SLOW, play


@pytest.mark.parametrize("kind", SLOW)
def test_no_arrival_escapes_its_channels_understanding(tmp_path: Path, kind: str) -> None:
    found = play(tmp_path, kind, SEED, range(EACH))
    assert not found.escapes, "\n".join([str(found), *found.escapes[:10]])
    assert found.words["understood"] > EACH // 50, found
