"""Draws every page of the window with an invented company: ``make gallery``, to be looked at.

SVG pictures go to ``build/gallery``; the text of each page goes beside the tests, which compare. Names of scenes draw
those alone, ``--texts`` draws what the tests compare alone: ``make gallery ARGS="--texts inbox"``.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path

os.environ["TZ"] = "UTC"
time.tzset()

from textual._context import visible_screen_stack  # noqa: E402 - what lies behind a small page

from tests.tui import gallery, scenes  # noqa: E402 - the time zone comes first

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "build" / "gallery"
SETTLED = 0.5
"""Seconds after which nothing moves any more."""


TEXTS = "--texts"


def wanted(words: Collection[str]) -> Iterator[gallery.Shot]:
    """The shots of the named scenes, or of all."""
    names = {*words} - {TEXTS}
    for shot in gallery.shots():
        if (not names or shot.scene.name in names) and (shot.kept or TEXTS not in words):
            yield shot


async def drawn(company: Path, words: Collection[str]) -> None:
    """Draw what is wanted."""
    for shot in wanted(words):
        async with gallery.played(company, shot) as pilot:
            await pilot.pause(SETTLED)
            if shot.kept is not None:
                shot.kept.write_text(scenes.text_of(pilot.app), "utf-8")
            visible_screen_stack.set(pilot.app._background_screens)
            (PICTURES / f"{shot.name}.svg").write_text(pilot.app.export_screenshot(), "utf-8")
        sys.stderr.write(f"{shot.name}\n")


def main() -> None:
    """Furnish a company and draw."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    gallery.KEPT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        gallery.furnished(Path(folder))
        asyncio.run(drawn(Path(folder), sys.argv[1:]))


if __name__ == "__main__":
    main()
