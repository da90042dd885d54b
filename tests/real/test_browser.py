"""The window in a real browser: headless Chromium in front of a daemon with a channel that works."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error, FilePayload, Page, Playwright, async_playwright

from chatapp_cli.api.server import serve
from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.sandbox.stage import Customer, StageFile
from chatapp_cli.services import operators, passwords, transcript
from chatapp_cli.settings import Settings
from tests.runtime.test_daemon import bound, call_here, eventually, the_dialogs
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
PASTE = """text => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
  document.querySelector(".xterm-helper-textarea").dispatchEvent(paste);
}"""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium: apt-get install chromium"),
]


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


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(tmp_path) as found:
        yield found


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


async def test_the_desk_is_behind_a_login(shop: Shop) -> None:
    async with shop.tab() as tab:
        await tab.log_in("Ольга", "холодный плед")
        await tab.page.get_by_text("Name or password is wrong.").wait_for()
        assert shop.windows() == set()
        await tab.log_in("Ольга")
        await tab.sees("Анна Белова", "Есть ли плед «Облако»?")
        assert len(shop.windows()) == 1


async def test_an_operator_opens_a_dialog_and_answers_in_russian(shop: Shop) -> None:
    async with shop.tab() as tab:
        await tab.log_in("Ольга")
        await tab.sees("Анна Белова")
        await tab.press("Enter", "Enter")
        await tab.sees("Write an answer…", "Enter send")
        await tab.page.keyboard.type("Да, остались серый и молочный. ")
        await tab.page.keyboard.insert_text("Ёмкость — 2 шт.")
        await tab.sees("серый и молочный. Ёмкость — 2 шт.")
        await tab.press("Enter")
        await eventually(lambda: heard(shop), 30)
        assert [one.text for one in await shop.program.heard(ANNA)] == [
            "Да, остались серый и молочный. Ёмкость — 2 шт."
        ]
        assert shop.said()[-1][:2] == ("Ольга", "Да, остались серый и молочный. Ёмкость — 2 шт.")


async def heard(shop: Shop) -> bool:
    return bool(await shop.program.heard(ANNA))


async def test_a_pasted_text_of_several_lines_is_not_sent_by_its_line_ends(shop: Shop) -> None:
    async with shop.tab() as tab:
        await tab.log_in("Ольга")
        await tab.sees("Анна Белова")
        await tab.press("Enter", "Enter")
        await tab.sees("Write an answer…", "Enter send")
        await tab.page.evaluate(PASTE, "первая строка\nвторая строка")
        await tab.sees("первая строка", "вторая строка")
        assert [text for _, text, _ in shop.said()] == ["Есть ли плед «Облако»?"]


async def test_two_operators_see_at_once_who_took_a_dialog(shop: Shop) -> None:
    async with shop.tab() as olga, shop.tab() as ivan:
        await olga.log_in("Ольга")
        await ivan.log_in("Иван")
        await olga.sees("Анна Белова")
        await ivan.sees("Анна Белова")
        await olga.press("I")
        await ivan.sees("Ольга")
        assert len(shop.windows()) == 2


async def test_the_window_follows_the_size_of_the_browser(shop: Shop) -> None:
    async with shop.tab(1180, 720) as tab:
        await tab.log_in("Ольга")
        await tab.sees("Анна Белова")
        columns, rows = await tab.size()
        await tab.page.set_viewport_size({"width": 800, "height": 480})
        await eventually(lambda: smaller(tab, columns, rows))
        await tab.sees("Анна Белова")
        assert (await tab.screen()).splitlines()[-1].strip() != ""


async def smaller(tab: Tab, columns: int, rows: int) -> bool:
    now = await tab.size()
    return now[0] < columns and now[1] < rows


async def test_logging_out_ends_the_process_and_leaving_the_window_too(shop: Shop) -> None:
    async with shop.tab() as tab:
        await tab.log_in("Ольга")
        await tab.sees("Анна Белова")
        await tab.press("q")
        await tab.page.get_by_text("The window has closed.").wait_for()
        await eventually(lambda: not shop.windows())
        await tab.press("Enter")
        await tab.sees("Анна Белова")
        await tab.page.get_by_role("button", name="Log out").click()
        await tab.page.get_by_role("button", name="Log in").wait_for()
        assert shop.windows() == set()


async def test_a_clients_file_is_downloaded_by_the_browser(shop: Shop) -> None:
    offer = StageFile(name="Смета.pdf", mime="application/pdf", content=b"%PDF-1.4 prices")
    await shop.program.say(ANNA, "Вот смета", files=[offer])
    await eventually(lambda: len(shop.said()) == 2)
    async with shop.tab() as tab:
        await tab.log_in("Ольга")
        await tab.sees("Вот смета")
        await tab.press("Enter", "Enter")
        await tab.sees("Смета.pdf", "Write an answer…")
        async with tab.page.expect_download() as coming:
            await tab.press("ArrowUp", "S")
        file = await coming.value
        assert file.suggested_filename == "Смета.pdf"
        assert Path(await file.path()).read_bytes() == b"%PDF-1.4 prices"


async def test_a_file_of_the_operators_own_computer_goes_to_the_client_and_none_of_the_machine(
    shop: Shop, tmp_path: Path
) -> None:
    secret = tmp_path / "other-company.txt"
    secret.write_text("чужое", "utf-8")
    async with shop.tab() as tab:
        await tab.log_in("Ольга")
        await tab.sees("Анна Белова")
        await tab.press("Enter", "Enter")
        await tab.sees("Write an answer…")
        await tab.press("Control+o")
        await tab.sees("In a browser files come from your own")
        offer = FilePayload(name="Смета.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4 prices")
        await tab.page.locator("#files").set_input_files([offer])
        await tab.page.get_by_text("Смета.pdf is here: attach it in the window.").wait_for()
        await tab.press("Control+o")
        await tab.sees("Attach a file")
        await tab.press("Control+u")
        await tab.page.keyboard.type(str(secret))
        await tab.press("Enter")
        await tab.sees("In a browser files come from your own computer.")
        await tab.press("Control+u")
        await tab.page.keyboard.type("Смета.pdf")
        await tab.press("Enter")
        await tab.sees_no("Attach a file")
        await tab.sees("Смета.pdf")
        await tab.page.keyboard.type("Вот смета.")
        await tab.sees("Вот смета.")
        await tab.press("Enter")
        await eventually(lambda: heard(shop), 30)
        (said,) = await shop.program.heard(ANNA)
        assert [(file.name, file.content) for file in said.files] == [("Смета.pdf", b"%PDF-1.4 prices")]
        trays = shop.company.settings.folder / "trays"
        assert [file.name for file in trays.glob("*/*")] == ["Смета.pdf"]
        await tab.page.get_by_role("button", name="Log out").click()
        await tab.page.get_by_role("button", name="Log in").wait_for()
        assert list(trays.glob("*/*")) == []
