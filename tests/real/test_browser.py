"""The window in a real browser: headless Chromium in front of a daemon with a channel that works."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import FilePayload

from chatapp_cli.sandbox.stage import StageFile
from tests.real.browser import ANNA, CHROMIUM, Shop, Tab, opened
from tests.runtime.desk import eventually

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


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(tmp_path) as found:
        yield found


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
