"""Every page of the window with the invented company: for pictures, and for what a page shows at every size."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from chatapp_cli import i18n
from chatapp_cli.bootstrap import Company
from chatapp_cli.tui.app import InboxApp
from tests.tui import furniture
from tests.tui.scenes import SCENES, Scene, Size, listed
from tests.tui.stage import HeldClock, Stage, opened, warm_home

LANGUAGES = ("ru", "en")
THEMES = ("dark", "light")
KEPT = Path(__file__).with_name("snapshots")
STEP = 0.02
PATIENCE = 15.0
LATER = 5000
"""Numbers of what happens for a picture, beyond those of what was there."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A scene in one language, theme and size."""

    scene: Scene
    language: str
    theme: str
    size: Size

    @property
    def name(self) -> str:
        """As its picture is called."""
        return f"{self.scene.name}.{self.language}.{self.theme}.{self.size[0]}x{self.size[1]}"

    @property
    def kept(self) -> Path | None:
        """The text that it has to show; a theme changes none of it, and English words are seldom the longer ones."""
        name = f"{self.scene.name}.{self.language}.{self.size[0]}x{self.size[1]}.txt"
        matters = self.language == LANGUAGES[0] or self.size == self.scene.sizes[0]
        return KEPT / name if matters and self.theme == THEMES[0] else None


def shots() -> Iterator[Shot]:
    """All of them."""
    for scene in SCENES:
        for language in LANGUAGES:
            for theme in THEMES:
                yield from (Shot(scene, language, theme, size) for size in scene.sizes)


class StillClock(HeldClock):
    """The same moment all the time, although one may wait."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@asynccontextmanager
async def played(furnished: Path, shot: Shot) -> AsyncIterator[Pilot[None]]:
    """The window on a page of a company that is left as it was."""
    i18n.use(shot.language)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        if not shot.scene.bare:
            shutil.copytree(furnished, home)
        async with company_of(home, shot) as company:
            app = InboxApp(company, alone=True, user_files=shot.scene.user_files(Path(folder)), token=shot.scene.token)
            async with app.run_test(size=shot.size, notifications=shot.scene.notices) as pilot:
                await _lead(pilot, app, shot.scene)
                yield pilot


@asynccontextmanager
async def company_of(home: Path, shot: Shot) -> AsyncIterator[Company]:
    """The company with what happened before, and with somebody who answers if the scene wants it."""
    clock = StillClock()
    company = opened(home, clock, theme=shot.theme, **shot.scene.settings)
    shot.scene.before(Stage(company, clock, first=LATER))
    daemon = asyncio.create_task(furniture.answered(company, shot.scene.answers))
    try:
        yield company
    finally:
        daemon.cancel()
        with suppress(asyncio.CancelledError):
            await daemon
        company.close()


async def _lead(pilot: Pilot[None], app: InboxApp, scene: Scene) -> None:
    await until(pilot, lambda: len(app.screen_stack) > 1 or listed(app))
    for step in scene.keys:
        if isinstance(step, str):
            await pilot.press(step)
        else:
            await until(pilot, lambda step=step: step(app))
    await until(pilot, lambda: scene.there(app))


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Wait for something. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await pilot.pause(STEP)


def furnished(folder: Path) -> None:
    """Let the invented company live in a folder."""
    clock = HeldClock()
    company = opened(folder, clock)
    furniture.furnish(warm_home(company, clock))
    company.close()
