"""What every page shows at each size and in each language is what somebody looked at and found good."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from tests.tui import gallery
from tests.tui.scenes import text_of


@pytest.mark.req("S-013")
@pytest.mark.parametrize("shot", [shot for shot in gallery.shots() if shot.kept], ids=lambda shot: shot.name)
async def test_a_page_shows_what_was_looked_at(furnished: Path, shot: gallery.Shot) -> None:
    assert shot.kept is not None
    kept = shot.kept.read_text("utf-8")
    async with gallery.played(furnished, shot) as pilot:
        with suppress(TimeoutError):
            await gallery.until(pilot, lambda: text_of(pilot.app) == kept)
        assert text_of(pilot.app) == kept


def test_nothing_is_kept_of_pages_that_are_gone() -> None:
    assert {file.name for file in gallery.KEPT.iterdir()} == {s.kept.name for s in gallery.shots() if s.kept}
