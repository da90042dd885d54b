"""What is always there to compare with: a bare Textual list of as many rows, and a bare store."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.terminal import Terminal, running

LIST = """
import sys
from textual.app import App
from textual.widgets import DataTable

class Bare(App):
    def compose(self):
        rows = DataTable(cursor_type="row", show_header=False)
        rows.add_column("name", width=100)
        rows.add_rows([f"Row {number:06}"] for number in range(int(sys.argv[1]), 0, -1))
        yield rows

Bare().run()
"""
DOWN = b"\x1b[B"
TIMES = 30
_numbers = count()


@dataclass(frozen=True, slots=True)
class Bare:
    """The list on a screen, and the store beside it."""

    screen: Terminal
    store: sqlite3.Connection

    def slower_than(self, share: float) -> float:
        """Milliseconds within which this share of its steps down were drawn."""
        return sorted(self.screen.press(DOWN) for _ in range(TIMES))[int(TIMES * share) - 1]

    def frame(self) -> float:
        """Milliseconds of a step down, the middle of a few."""
        return median(self.screen.press(DOWN) for _ in range(9))

    def stored_and_drawn(self) -> float:
        """Milliseconds of one durable row and one frame: the least in which an arrival could be on the screen."""
        began = perf_counter()
        with self.store:
            self.store.execute("INSERT INTO row (text) VALUES (?)", (f"Здравствуйте {next(_numbers)}",))
        stored = (perf_counter() - began) * 1000
        return stored + self.screen.press(DOWN)

    def stored_and_drawn_within(self, share: float) -> float:
        """Milliseconds within which this share of them was there."""
        return sorted(self.stored_and_drawn() for _ in range(TIMES))[int(TIMES * share) - 1]


@contextmanager
def bare(folder: str | Path, env: Mapping[str, str], rows: int) -> Iterator[Bare]:
    """Show so many rows, and open a store that is durable as ours is."""
    with (
        closing(sqlite3.connect(Path(folder, "bare.db"))) as store,
        running([sys.executable, "-c", LIST, str(rows)], env) as screen,
    ):
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("PRAGMA synchronous = FULL")
        store.execute("CREATE TABLE row (text TEXT)")
        screen.shows(f"Row {rows:06}")
        screen.rest()
        yield Bare(screen, store)
