"""A window of the desk in Chromium."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from playwright.async_api import Browser, Error, Page, Playwright, async_playwright

from chatapp_cli.api.server import serve
from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.services import operators, passwords, transcript
from chatapp_cli.settings import Settings
from tests.runtime.desk import bound, call_here, eventually, the_dialogs
from tests.stores import OWNER

CHROMIUM = Path("/usr/bin/chromium")


ANNA = Customer(number=501, name="Анна Белова", username="anna")


PASSWORD = "тёплый плед 7"


SEAT = """
Object.defineProperty(Object.prototype, "refreshBytes", { configurable: true, set(bytes) {
  window.seat = this;
  Object.defineProperty(this, "refreshBytes", { value: bytes, writable: true });
} });
"""
"""Finds the page's terminal, which its script keeps to itself, by a field that it sets."""


SCREEN = """() => {
  const screen = window.seat?.terminal.buffer.active;
  const lines = Array.from({ length: screen?.length ?? 0 }, (_, n) => screen.getLine(n).translateToString());
  return lines.join("\\n");
}"""


class Tab:
    """A page that somebody looks at."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def log_in(self, name: str, password: str = PASSWORD) -> None:
        await self.page.get_by_label("Your name").fill(name)
        await self.page.get_by_label("Password").fill(password)
        await self.page.get_by_role("button", name="Log in").click()

    async def screen(self) -> str:
        """What the terminal shows."""
        said: str = await self.page.evaluate(SCREEN)
        return said

    async def sees(self, *words: str) -> None:
        async def seen() -> bool:
            with suppress(Error):  # the page is just being left
                screen = await self.screen()
                return all(word in screen for word in words)
            return False

        try:
            await eventually(seen, 40)
        except TimeoutError:
            raise AssertionError(f"waited in vain for {words}\n{await self.screen()}") from None

    async def sees_no(self, words: str) -> None:
        async def gone() -> bool:
            return words not in await self.screen()

        await eventually(gone, 40)

    async def press(self, *keys: str) -> None:
        """Press keys as a hand does: a moment after the one before, held for a moment."""
        for key in keys:
            await asyncio.sleep(0.06)
            await self.page.keyboard.press(key, delay=60)

    async def size(self) -> tuple[int, int]:
        found = await self.page.evaluate("[window.seat.terminal.cols, window.seat.terminal.rows]")
        return found[0], found[1]


class Shop:
    """A daemon with two operators and a client who wrote."""

    def __init__(self, address: str, company: Company, program: ApiSandbox, browser: Browser) -> None:
        self.address, self.company, self.program, self._browser = address, company, program, browser

    @asynccontextmanager
    async def tab(self, width: int = 1180, height: int = 720) -> AsyncIterator[Tab]:
        """A page of a browser with cookies of its own; nothing on it may be refused or fail."""
        context = await self._browser.new_context(viewport={"width": width, "height": height})
        page = await context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        await page.add_init_script(SEAT)
        await page.goto(f"{self.address}/desk")
        yield Tab(page)
        await context.close()
        assert complaints == []

    def windows(self) -> set[int]:
        """The processes that were started for browsers."""
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        return {int(pid) for pid in children if b"inbox" in Path(f"/proc/{pid}/cmdline").read_bytes()}

    def said(self) -> list[tuple[str, str, str]]:
        found = self.company.read(lambda tx: transcript.latest(tx, DialogId(1)))
        return [(entry.message.author, entry.message.text, entry.message.state) for entry in found]


@asynccontextmanager
async def opened(home: Path) -> AsyncIterator[Shop]:
    """The shop, and a browser in front of it."""
    company = open_company(Settings(home=str(home), http_port=0, lang="en")).seen_by(OWNER)
    for name in ("Ольга", "Иван"):
        known = passwords.hashed(PASSWORD)
        company.write(lambda tx, name=name, known=known: operators.add(tx, name, known, []))
    async with ApiSandbox() as program, async_playwright() as tools:
        channel = await bound(company, program)
        async with serving(company) as address, chromium(tools) as browser:
            call_here(company, program, channel, address)
            await program.say(ANNA, "Есть ли плед «Облако»?")
            await eventually(lambda: the_dialogs(company))
            yield Shop(address, company, program, browser)
    company.close()


@asynccontextmanager
async def serving(company: Company) -> AsyncIterator[str]:
    """The daemon as ``chatapp serve --web`` runs it."""
    stop, address = asyncio.Event(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(company, web=True, announce=address.set_result, stop=stop))
    try:
        yield await address
    finally:
        stop.set()
        await task


@asynccontextmanager
async def chromium(tools: Playwright) -> AsyncIterator[Browser]:
    browser = await tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield browser
    await browser.close()
