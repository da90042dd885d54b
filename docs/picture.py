"""Draws ``docs/inbox.svg`` from the running window with an invented company: ``make picture``."""  # noqa: INP001 - a script beside the pages

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ["TZ"] = "UTC"
time.tzset()
sys.path.insert(0, str(Path(__file__).parent.parent))

from chatapp_cli import i18n  # noqa: E402 - the time zone and the path come first
from chatapp_cli.bootstrap import Company  # noqa: E402
from chatapp_cli.tui.app import InboxApp  # noqa: E402
from chatapp_cli.tui.widgets.composer import Pen  # noqa: E402
from chatapp_cli.tui.widgets.dialog_list import DialogList  # noqa: E402
from chatapp_cli.tui.widgets.transcript import Transcript  # noqa: E402
from tests.tui.stage import HeldClock, opened, warm_home  # noqa: E402

SIZE = (120, 35)
TITLE = "Лавка «Тёплый дом»"
TARGET = Path(__file__).with_name("inbox.svg")


async def drawn(company: Company) -> str:
    """The first dialog open, an answer begun."""
    app = InboxApp(company, alone=True)
    async with app.run_test(size=SIZE) as pilot:
        while not app.screen.query_one(DialogList).current:
            await pilot.pause(0.02)
        await pilot.press("enter")
        while not app.screen.query_one(Transcript).entries:
            await pilot.pause(0.02)
        app.screen.query_one(Pen).insert("Конечно! Положим «Кедр» к поясу, с вас 490 ₽")
        await pilot.pause(0.3)
        return app.export_screenshot(title=TITLE)


def main() -> None:
    """Draw in Russian and dark."""
    i18n.use("ru")
    with tempfile.TemporaryDirectory() as folder:
        clock = HeldClock()
        company = opened(Path(folder), clock, theme="dark")
        warm_home(company, clock)
        TARGET.write_text(asyncio.run(drawn(company)), "utf-8")
        company.close()


if __name__ == "__main__":
    main()
