"""Keys in the window with 100,000 dialogs beside the same keys in a bare list of as many rows, and in a mail reader."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.bare import bare
from benchmarks.case_16_window import ALL, DIALOGS, DOWN, TOP, WINDOW, seeded
from benchmarks.case_16_window_and_aerc import mails
from benchmarks.harness import Case, LeftOut
from benchmarks.terminal import Terminal, running
from chatapp_cli.services import search

PAGE_DOWN = b"\x1b[6~"
HOME = b"\x1b[H"
ENTER = b"\r"
ESCAPE = b"\x1b"
HELD = 100
"""Steps of a key that is held down."""
TIMES = 30


def cases() -> Iterator[Case]:
    aerc = shutil.which("aerc")
    with tempfile.TemporaryDirectory(prefix="window-") as folder:
        company = seeded(folder)
        while search.advance(company.database, company.search):
            """What the daemon does beside the window."""
        company.close()
        here = {"HOME": folder, "CHATAPP_HOME": folder, "CHATAPP_LANG": "en", "LANG": "C.UTF-8"}
        env = {**here, "PATH": os.environ["PATH"]}
        with running([sys.executable, "-c", WINDOW], env) as ours, bare(folder, env, DIALOGS) as plain:
            ours.shows(TOP)
            ours.press(ALL)
            yield from pairs(ours, plain.screen, "bare list", at_most=1.5)
            yield Case(
                "search as you type, median; a frame", "ms", ours=partial(searches, ours), peer=plain.frame, at_most=6
            )
            if aerc is None:
                raise LeftOut("beside aerc: apt-get install aerc")
            mails(Path(folder))
            with running([aerc], env) as theirs:
                theirs.shows("Order ")
                yield from pairs(ours, theirs, "aerc", at_most=2)


def pairs(ours: Terminal, theirs: Terminal, name: str, *, at_most: float) -> Iterator[Case]:
    """The same keys on both sides."""
    for what, key in (("key down", DOWN), ("page down", PAGE_DOWN)):
        mine, other = partial(keys, ours, key), partial(keys, theirs, key)
        yield Case(f"{what}, median; {name}", "ms", ours=mine, peer=other, at_most=at_most)
    mine, other = partial(held, ours), partial(held, theirs)
    yield Case(f"a line of a held key; {name}", "ms", ours=mine, peer=other, at_most=at_most)


def keys(screen: Terminal, key: bytes) -> float:
    """The middle of a key pressed again and again, at rest before each."""
    screen.rest(0.2)
    return median(screen.press(key) for _ in range(TIMES))


def held(screen: Terminal) -> float:
    """Milliseconds for each line while a key repeats as fast as it is taken."""
    screen.rest(0.2)
    return screen.press(DOWN * HELD, quiet=0.1) / HELD


def searches(window: Terminal) -> float:
    """From the last letter of a name to the row that it finds."""

    def once(number: int) -> float:
        window.press(ESCAPE, quiet=0.3)
        window.press(ALL)
        window.press(b"/")
        name = f"{number:06}"
        for letter in name[:-1]:
            window.press(letter.encode())
        window.rest(0.2)
        began = perf_counter()
        window.send(name[-1].encode())
        return window.until(f"Клиент {name}", began)

    return median(once(DIALOGS // 2 + 1111 * n) for n in range(1, 6))
