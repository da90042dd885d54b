"""From a signed webhook to its row on the screen of a window beside the daemon."""

from __future__ import annotations

import itertools
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from benchmarks.bare import bare
from benchmarks.case_16_window import ALL, WINDOW
from benchmarks.harness import Case
from benchmarks.shop import Shop, serving, shop, signed
from benchmarks.terminal import Terminal, running

HOME = b"\x1b[H"
TIMES = 100
FEW = 100
"""Rows of the bare list: as many as the window has seen."""
_numbers = itertools.count(100_000)


def cases() -> Iterator[Case]:
    with shop() as made, serving(made) as (port, _pid):
        env = {"HOME": str(made.folder), "CHATAPP_HOME": str(made.folder), "CHATAPP_LANG": "en"}
        env["PATH"] = os.environ["PATH"]
        with running([sys.executable, "-c", WINDOW], env) as window, bare(made.folder, env, FEW) as plain:
            window.shows("help")
            window.rest(1)
            window.press(ALL)
            arrivals = Arrivals(made, port, window)
            for name, share in (("p50", 0.5), ("p99", 0.99)):
                row, least = partial(arrivals.slower_than, share), partial(plain.stored_and_drawn_within, share)
                title = f"webhook to its row, {name}; stored and a frame"
                yield Case(title, "ms", ours=row, peer=least, at_most=10, rounds=3)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """New clients who write one after the other, each once the window is at rest."""

    made: Shop
    port: int
    window: Terminal

    def slower_than(self, share: float) -> float:
        """Milliseconds within which this share of them was on the screen."""
        return sorted(self.once() for _ in range(TIMES))[int(TIMES * share) - 1]

    def once(self) -> float:
        """Milliseconds from the first byte of the request to the client's name."""
        number = next(_numbers)
        (request,) = signed(self.made.path, range(number, number + 1), dialogs=number + 1)
        self.window.press(HOME)
        self.window.rest(0.05)
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            began = perf_counter()
            connection.sendall(request)
            took = self.window.until(f"Клиент {number}", began)
            assert connection.recv(64).startswith(b"HTTP/1.1 200")
        return took
