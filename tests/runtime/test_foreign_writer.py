"""A process that keeps everybody from writing to SQLite is named by doctor and readiness, and webhooks are refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.runtime.doctor import examine
from chatapp_cli.runtime.readiness import not_stored
from chatapp_cli.settings import LoadedSettings

SITS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("sits", flush=True)
sys.stdin.read()
"""


@contextmanager
def sitting(store: Path) -> Iterator[int]:
    """Another process with an open writing transaction."""
    command = [sys.executable, "-c", SITS, str(store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"sits\n"
        yield process.pid


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux tells who holds a lock")
def test_doctor_names_the_process_that_sits_on_the_store_in_the_words_of_readiness(company: Company) -> None:
    company.database.make()
    with sitting(company.settings.folder / "chatapp.db") as process:
        words = not_stored(company, 3.0)
        found = [one for one in examine(LoadedSettings(company.settings, {}, None)) if not one.ok]
        assert [(str(one.what), str(one.next_step)) for one in found if one.name == "store"] == [tuple(map(str, words))]
        assert str(words[0]) == "Nothing could be stored for 3 s."
        assert str(words[1]) == f"Process {process} writes to the store all this time: let it finish, or end it."
    assert str(not_stored(company, 3.0)[1]) == "Check the disk or the database."
    assert all(one.ok for one in examine(LoadedSettings(company.settings, {}, None)) if one.name == "store")
