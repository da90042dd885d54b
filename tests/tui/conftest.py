"""A store with the invented company, made once in a run and copied for every test."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from chatapp_cli.bootstrap import Company
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.keys.typeahead import HAND
from tests.tui import gallery
from tests.tui.stage import HeldClock, Stage, opened, warm_home

GOOD = (120, 35)
SMALL = (80, 24)


@pytest.fixture(scope="session")
def company_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    clock = HeldClock()
    company = opened(folder, clock)
    warm_home(company, clock)
    company.close()
    return folder


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company as it is in the pictures."""
    folder = tmp_path_factory.mktemp("gallery")
    gallery.furnished(folder)
    return folder


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def company(company_folder: Path, tmp_path: Path, clock: HeldClock) -> Iterator[Company]:
    shutil.copytree(company_folder, tmp_path / "desk")
    found = opened(tmp_path / "desk", clock)
    yield found
    found.close()


@pytest.fixture
def stage(company: Company, clock: HeldClock) -> Stage:
    return Stage(company, clock, first=1000)


class Window:
    """The window under a test's hands and eyes."""

    def __init__(self, app: InboxApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    def text(self) -> str:
        """What is on the screen."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    async def press(self, *keys: str) -> None:
        """As a person does, whose Enter does not come within milliseconds of the letters around it."""
        for key in keys:
            await asyncio.sleep(HAND * 1.5 if key == "enter" else 0)
            await self.pilot.press(key)
            await asyncio.sleep(HAND * 1.5 if key == "enter" else 0)

    async def type(self, text: str) -> None:
        """As letters come over a slow connection: only before and after the first and last of them the window rests."""
        if text:
            await self.pilot.press(text[0])
        for letter in text[1:-1]:
            named = events.Key(letter if letter.isalnum() else _character_to_key(letter), letter)
            named.set_sender(self.app)
            self.app._driver.send_message(named)
        if text[1:]:
            await self.pilot.press(text[-1])

    async def sees(self, *words: str) -> None:
        """Wait until all of it is on the screen."""
        await self.until(lambda: all(word in self.text() for word in words), words)

    async def sees_no(self, words: str) -> None:
        await self.until(lambda: words not in self.text(), words)

    async def until(self, condition: Callable[[], object], what: object = "") -> None:
        try:
            async with asyncio.timeout(15):
                while not condition():
                    await self.pilot.pause(0.01)
        except TimeoutError:
            raise AssertionError(f"waited in vain for {what}\n{self.text()}") from None

    async def open(self, name: str) -> None:
        """Find a dialog by its name and open it."""
        await self.press("1", "/")
        await self.type(name)
        await self.until(lambda: self.app.screen.query_one("DialogList").order.dialog_filter.text == name)
        await self.press("enter", "enter")
        await self.until(lambda: (o := self.app.screen.opening) is not None and name in o.card.name)


Opener = Callable[..., AbstractAsyncContextManager[Window]]


@pytest.fixture
def window(company: Company) -> Opener:
    @asynccontextmanager
    async def opened_window(size: tuple[int, int] = GOOD) -> AsyncIterator[Window]:
        app = InboxApp(company, alone=True)
        async with app.run_test(size=size) as pilot:
            found = Window(app, pilot)
            await found.until(lambda: app.screen.query_one("DialogList").order is not None)
            yield found
        assert not app.guard.unexpected, app.guard.unexpected

    return opened_window
