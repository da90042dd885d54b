"""Whatever a provider sends, bent in every way: nothing escapes, and nothing that arrived is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.rounds import EACH, HOOKED, KINDS, SEED, SLOW, play

DOORS = 1_000


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in SLOW])
def test_no_arrival_escapes_its_channels_understanding(tmp_path: Path, kind: str) -> None:
    found = play(tmp_path, kind, SEED, range(EACH))
    assert not found.escapes, "\n".join([str(found), *found.escapes[:10]])
    assert found.words["understood"] > EACH // 50, found


@pytest.mark.parametrize("kind", HOOKED)
def test_no_call_escapes_a_channels_door(tmp_path: Path, kind: str) -> None:
    found = play(tmp_path, kind, SEED, range(DOORS), hook=True)
    assert not found.escapes, "\n".join([str(found), *found.escapes[:10]])
    assert found.words["understood"], found
