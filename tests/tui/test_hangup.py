"""A window whose terminal goes away ends, whether or not a signal says so."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.runtime.lease import current_holder
from tests.tui.stage import Stage

PATIENCE = 30


class Window(NamedTuple):
    """``chatapp inbox`` in a terminal that is not the leader's own, so that closing it sends no signal."""

    process: subprocess.Popen[bytes]
    person: int

    def reads(self, words: bytes) -> None:
        """Read what it writes until the words are there."""
        said = b""
        while words not in said:
            said += os.read(self.person, 65536)


@pytest.fixture
def window(company: Company, stage: Stage) -> Iterator[Window]:
    settings = company.settings
    told = {"HOME": settings.home, "COMPANY": settings.company, "LANG": "en", "VIEW": "all", "HTTP_PORT": "0"}
    person, terminal = pty.openpty()
    process = subprocess.Popen(
        ["env", "--default-signal=HUP", sys.executable, "-m", "chatapp_cli", "inbox"],
        env={**os.environ, **{f"CHATAPP_{name}": value for name, value in told.items()}, "TERM": "xterm"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    it = Window(process, person)
    it.reads("Анна".encode())
    yield it
    process.kill()
    process.wait()


def carried(company: Company) -> bool:
    return current_holder(company) is not None


def eventually(company: Company, *, wanted: bool) -> None:
    until = time.monotonic() + PATIENCE
    while carried(company) is not wanted:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_window_ends_when_its_terminal_goes_away_without_a_word(window: Window, company: Company) -> None:
    eventually(company, wanted=True)
    os.close(window.person)
    assert window.process.wait(PATIENCE) == 0
    eventually(company, wanted=False)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_window_that_is_told_to_end_is_left_in_order(window: Window, number: int) -> None:
    window.process.send_signal(number)
    window.reads(b"\x1b[?1049l")
    assert window.process.wait(PATIENCE) == 0
    os.close(window.person)


@pytest.mark.parametrize("keys", [0, 5, 20])
def test_a_window_that_is_told_to_end_while_its_terminal_goes_away_ends(window: Window, keys: int) -> None:
    os.write(window.person, b"\x1b[B" * keys)
    window.process.send_signal(signal.SIGTERM)
    os.close(window.person)
    window.process.wait(PATIENCE)


WRITES_ON = """
import os, pty
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread
from chatapp_cli.tui.session.terminal_driver import HangupProofOutput

person, terminal = pty.openpty()
thread = WriterThread(HangupProofOutput(os.fdopen(terminal, "w")))
thread.start()
os.close(person)
for _ in range(10 * MAX_QUEUED_WRITES):
    thread.write("painted")
thread.stop()
"""


def test_who_writes_to_a_terminal_that_went_away_does_not_wait() -> None:
    subprocess.run([sys.executable, "-c", WRITES_ON], timeout=PATIENCE, check=True)
