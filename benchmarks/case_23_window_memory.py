"""What the window takes with a hundred dialogs and with a hundred thousand that hold a million messages."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from functools import partial

from benchmarks.case_16_window import ALL, DIALOGS, WINDOW, seeded
from benchmarks.case_17_keys import ENTER, ESCAPE, HOME, PAGE_DOWN
from benchmarks.case_19_idle import megabytes
from benchmarks.harness import Case
from benchmarks.terminal import running

PAGES = 40
FEW = 100
MILLION = 1_000_000


def cases() -> Iterator[Case]:
    with tempfile.TemporaryDirectory(prefix="few-") as small, tempfile.TemporaryDirectory(prefix="many-") as large:
        seeded(small, dialogs=FEW, messages=FEW * 60).close()
        seeded(large, messages=MILLION).close()
        yield Case(
            "window's memory: 100,000 dialogs, 1,000,000 messages; 100",
            "MB",
            ours=partial(used, large, DIALOGS),
            peer=partial(used, small, FEW),
            at_most=1.15,
            rounds=2,
            warm_up=False,
        )


def used(folder: str, dialogs: int) -> float:
    """Megabytes after paging through the list, opening dialogs and going back to the top."""
    env = {"HOME": folder, "CHATAPP_HOME": folder, "CHATAPP_LANG": "en", "PATH": os.environ["PATH"]}
    with running([sys.executable, "-c", WINDOW], env) as window:
        window.shows(f"Клиент {dialogs:06}")
        window.press(ALL)
        for _ in range(PAGES):
            window.press(PAGE_DOWN)
        for _ in range(5):
            window.press(HOME)
            window.press(ENTER, quiet=0.1)
            window.press(ESCAPE, quiet=0.3)
        window.rest()
        return megabytes(window.pid)
