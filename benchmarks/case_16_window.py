"""The window in a real terminal on 100,000 dialogs: first paint, keys, opening, and a message that arrives."""

from __future__ import annotations

import itertools
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.bare import bare
from benchmarks.harness import OWNER, Case
from benchmarks.incoming import incoming
from benchmarks.terminal import Terminal, running
from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, ingest, lines
from chatapp_cli.settings import Settings

DIALOGS = 100_000
TALKED = 200
"""Dialogs at the top that hold a long conversation."""
HELLO = """
from textual.app import App
from textual.widgets import Static

class Hello(App):
    def compose(self):
        yield Static("hello world")

Hello().run()
"""
WINDOW = """
from chatapp_cli.bootstrap import open_company
from chatapp_cli.settings import load
from chatapp_cli.tui.launch import run

run(open_company(load().settings), alone=True)
"""
ALL = b"1"
"""Drops every filter: the newest come first."""
DOWN = b"\x1b[B"
BACK = b"\x1b"
"""From wherever the focus is to the list."""
FIRST = b"\x1b[H"
TOP = f"Клиент {DIALOGS:06}"
_numbers = itertools.count()


def cases() -> Iterator[Case]:
    with tempfile.TemporaryDirectory(prefix="window-") as folder:
        company = seeded(folder)
        env = {"HOME": folder, "CHATAPP_HOME": folder, "CHATAPP_LANG": "en", "PATH": os.environ["PATH"]}
        yield Case(
            "first paint, 100,000 dialogs",
            "s",
            ours=partial(paints, WINDOW, TOP, env),
            peer=partial(paints, HELLO, "hello world", env),
            at_most=1.5,
        )
        with running([sys.executable, "-c", WINDOW], env) as window, bare(folder, env, DIALOGS) as plain:
            window.shows(TOP)
            window.press(ALL)
            window.rest()
            step, opening, arrival = (
                partial(steps, window),
                partial(openings, window),
                partial(arrivals, window, company),
            )
            yield Case("key down, p95; bare list", "ms", ours=step, peer=partial(plain.slower_than, 0.95), at_most=1.5)
            yield Case("open a dialog, median; a frame", "ms", ours=opening, peer=plain.frame, at_most=4)
            yield Case(
                "arrival, median; stored and a frame", "ms", ours=arrival, peer=plain.stored_and_drawn, at_most=15
            )
        company.close()


def paints(program: str, words: str, env: Mapping[str, str]) -> float:
    """Seconds from the start of a process to its words."""
    with running([sys.executable, "-c", program], env) as window:
        return window.shows(words)


def steps(window: Terminal) -> float:
    """95th percentile of a step down."""
    return sorted(window.press(DOWN) for _ in range(60))[57]


def openings(window: Terminal) -> float:
    """The middle of a few dialogs opened one after the other, each told by its name on the screen."""
    window.press(BACK)
    window.press(FIRST)

    def once(number: int) -> float:
        window.press(DOWN)
        took = window.press(b"\r", quiet=0.1, shows=f"Клиент {number:06}")
        window.press(BACK)
        return took

    return median(once(DIALOGS - place) for place in range(1, 8))


def arrivals(window: Terminal, company: Company) -> float:
    """From the transaction of an arrival to its words in the window."""
    window.press(BACK)
    window.press(FIRST)
    window.rest()

    def once() -> float:
        number = next(_numbers)
        began = perf_counter()
        company.write(lambda tx: ingest.ingest(tx, ChannelId(1), _arrival(number)))
        took = window.until(f"news{number}", began)
        window.rest()
        return took

    return median(once() for _ in range(9))


def _arrival(number: int) -> Batch:
    return Batch(arrivals=(incoming("1", f"n{number}", "hello", name=f"news{number}"),))


def seeded(folder: str, *, dialogs: int = DIALOGS, messages: int = TALKED * 60) -> Company:
    """A company with very many dialogs; rows are written at once, the desk's own way would take minutes."""
    company = open_company(Settings(home=folder)).seen_by(OWNER)
    line = company.write(lambda tx: lines.add(tx, "Main"))
    bound = Bound(account="bench", title="Bench")
    company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="api"))
    with closing(sqlite3.connect(Path(folder, "main", "chatapp.db"))) as store, store:
        store.executemany(_DIALOG, map(_dialog, range(1, dialogs + 1), range(dialogs, 0, -1)))
        store.executemany(_MESSAGE, ({"n": n, "dialog": dialogs - n // 60 % dialogs} for n in range(messages)))
    return company


def _dialog(number: int, waiting: int) -> Mapping[str, object]:
    """The newest of them waits the longest, so that it is on top of every view."""
    return {"n": number, "name": f"Клиент {number:06}", "waiting": waiting}


_DIALOG = """INSERT INTO dialog (id, channel_id, line_id, key, address, kind, name, renamed, pinned, blocked, reachable,
  unreachable_code, unread, waiting_since, last_at, last_direction, last_state, preview, search, created_at)
VALUES (:n, 1, 1, :n, :n, 'private', :name, 0, 0, 0, 1, '', 0, :waiting, 1000 * :n, 'in', 'received',
  'Здравствуйте, подскажите, пожалуйста', lower(:name), 0)"""
_MESSAGE = """INSERT INTO message (dialog_id, channel_id, direction, origin, author, ext_id, state, code, detail, text,
  subject, reply_to, album, automatic, at, stored_at)
VALUES (:dialog, 1, iif(:n % 2, 'in', 'out'), iif(:n % 2, 'client', 'operator'), 'Клиент', :n, 'sent', '', '',
  'Здравствуйте! Подскажите, пожалуйста, когда придёт мой заказ номер ' || :n || ' и можно ли поменять адрес доставки?',
  '', '', '', 0, 1000 * :n, 0)"""
