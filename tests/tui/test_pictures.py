"""Pictures in the conversation: drawn when they are seen, gone without a trace when they cannot be."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from chatapp_cli.domain.arrival import IncomingFile, MessageArrived, Peer
from chatapp_cli.services import channels
from chatapp_cli.tui.app import InboxApp
from chatapp_cli.tui.widgets.transcript import Transcript
from tests.tui.conftest import Window
from tests.tui.stage import ANNA, HeldClock, Stage, opened


@pytest.fixture
def painted(company_folder: Path, tmp_path: Path, clock: HeldClock) -> Iterator[Stage]:
    """The desk of somebody who wants pictures."""
    shutil.copytree(company_folder, tmp_path / "painted")
    company = opened(tmp_path / "painted", clock, pictures="halfcells")
    yield Stage(company, clock, first=5000)
    company.close()


def bot(stage: Stage) -> int:
    return next(row.id for row in stage.company.read(channels.everything) if row.kind == "telegram_bot")


def photo(n: int, size: tuple[int, int] = (80, 40)) -> IncomingFile:
    kept = io.BytesIO()
    Image.new("RGB", size, (n % 256, 90, 200)).save(kept, "PNG")
    content = kept.getvalue()
    return IncomingFile(kind="photo", name=f"фото {n}.png", mime="image/png", size=len(content), content=content)


def send_album(stage: Stage, *, n: int = 3) -> None:
    for one in range(n):
        event = MessageArrived(
            peer=Peer(key="501", address="501"),
            ext_id=f"album-{one}",
            at=stage.clock.at - 1000 + one,
            text="Три вида" if one == 0 else "",
            sender=ANNA,
            files=[photo(one)],
            album="a-1",
        )
        stage.happen(bot(stage), event)


async def test_a_picture_is_drawn_and_a_broken_one_shows_its_name_alone(painted: Stage) -> None:
    painted.hear(bot(painted), ANNA, "Вот так", files=[photo(7)])
    app = InboxApp(painted.company, alone=True)
    async with app.run_test(size=(120, 40)) as pilot:
        it = Window(app, pilot)
        await it.until(lambda: app.screen.query_one("DialogList").order is not None)
        await it.open("Анна")
        await it.sees("▣ фото 7.png", "▀" * 40)
        lines = it.text().splitlines()
        assert sum("▀" * 40 in line for line in lines) == 10
        await it.press("escape", "tab", "G", "k", "k", "k", "k", "k", "k")
        await it.sees("плед.jpg")
        await it.until(lambda: broken(app) == 0)


def broken(app: InboxApp) -> int:
    """Lines that the picture takes which is none."""
    shown = app.screen.query_one(Transcript)
    (file,) = (file for entry in shown.entries for file in entry.files if file.name == "плед.jpg")
    return shown.gallery.rows(file)


async def test_an_album_is_one_block_with_one_time(painted: Stage) -> None:
    send_album(painted)
    app = InboxApp(painted.company, alone=True)
    async with app.run_test(size=(120, 60)) as pilot:
        it = Window(app, pilot)
        await it.until(lambda: app.screen.query_one("DialogList").order is not None)
        await it.open("Анна")
        await it.sees("Три вида", "фото 0.png", "фото 2.png")
        lines = [line[46:] for line in it.text().splitlines()]
        start, end = (next(n for n, line in enumerate(lines) if word in line) for word in ("Три вида", "фото 2.png"))
        assert sum("11:59" in line for line in lines[start - 1 : end + 1]) == 1
        assert all(line.strip() for line in lines[start:end])


async def test_hundreds_of_pictures_are_scrolled_through_with_only_the_last_kept(painted: Stage) -> None:
    for n in range(130):
        painted.hear(bot(painted), ANNA, f"№ {n}", files=[photo(n, (8 + n, 40))], ago=(130 - n) * 400)
    app = InboxApp(painted.company, alone=True)
    async with app.run_test(size=(100, 30)) as pilot:
        it = Window(app, pilot)
        await it.until(lambda: app.screen.query_one("DialogList").order is not None)
        await it.open("Анна")
        await it.press("escape", "tab")
        shown = app.screen.query_one(Transcript)
        for _ in range(60):
            await it.press("pageup")
        await it.until(lambda: len(shown.entries) > 100)
        assert len(shown.gallery) <= 100
