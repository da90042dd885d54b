"""Words of clients and servers do not control a terminal, and a program gets them as they are."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys

import pytest

from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.text import T
from chatapp_cli.ports.connector import Finding

REFUSED = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
WORDS = "\x1b[2J\x9b31m \x7f\u202eслова\u2066"
TOLD = {"text": WORDS, "lines": ["Анна\nБелова"]}


def on_terminal(code: str) -> str:
    """What a program shows on a terminal, stderr included."""
    person, terminal = pty.openpty()
    program = subprocess.Popen([sys.executable, "-c", code], stdout=terminal, stderr=terminal)
    os.close(terminal)
    shown = b""
    try:
        while some := os.read(person, 65_536):
            shown += some
    except OSError:  # how Linux says that nobody holds the terminal any more
        pass
    finally:
        os.close(person)
    program.wait(30)
    return shown.decode()


@pytest.mark.parametrize("way", ["document", "json_line"])
def test_json_on_a_terminal_says_the_same_and_controls_nothing(way: str) -> None:
    shown = on_terminal(f"from chatapp_cli.commands.printing import {way}; {way}({TOLD!r})")
    assert json.loads(shown) == TOLD
    assert not REFUSED.search(shown)


@pytest.mark.parametrize("way", ["document", "json_line"])
def test_a_program_gets_json_unescaped(way: str) -> None:
    code = f"from chatapp_cli.commands.printing import {way}; {way}({TOLD!r})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert json.loads(done.stdout) == TOLD
    assert "\x7f\u202eслова\u2066" in done.stdout.decode()


def test_an_error_repeats_what_a_server_said_without_its_commands() -> None:
    shown = on_terminal(
        "from chatapp_cli.commands.errors import ending\n"
        "from chatapp_cli.domain.errors import UsageError\n"
        "from chatapp_cli.domain.text import T\n"
        f"words = {WORDS!r}\n"
        "with ending(): raise UsageError(T('No file {name}.', name=words), T('Look for {name}.', name=words))"
    )
    assert shown.count("слова") == 2
    assert not REFUSED.search(shown)


def test_what_a_server_said_is_clean_from_where_it_came_in() -> None:
    assert Rejected("refused", "нет\0 \x1b[31mтакого\ud83d").detail == "нет [31mтакого\ufffd"
    named = T("It is called {name}.", name="\x9bбот")
    finding = Finding(name="receive", ok=True, what=T("{what} {n}", what=named, n=3))
    assert str(finding.what) == "It is called бот. 3"
