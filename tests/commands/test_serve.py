"""What ``chatapp serve`` refuses before anything runs."""

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.services import lines
from tests.commands.conftest import Shell


@pytest.mark.parametrize(
    ("words", "changes", "said"),
    [
        (["--web"], {}, "chatapp user add"),
        (["--web", "--no-http"], {}, "leave --no-http out"),
        (["--web"], {"CHATAPP_HTTP_HOST": ""}, "Set http_host"),
    ],
)
def test_a_login_page_that_nobody_could_use_is_refused_with_what_to_do(
    chatapp: Shell, words: list[str], changes: dict[str, str], said: str
) -> None:
    refused = chatapp.run("serve", *words, **changes)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err


def test_a_daemon_without_browsers_loads_nothing_for_them() -> None:
    script = "import sys; import chatapp_cli.api.server; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "chatapp_cli.api.server" in loaded
    assert loaded.isdisjoint({"chatapp_cli.api.web", "textual", "textual_serve", "websockets"})


def test_a_daemon_that_starts_sweeps_what_was_begun_and_left(chatapp: Shell, company: Company) -> None:
    old, young = company.media.scratch(), company.media.scratch()
    os.utime(old, (time.time() - 90_000,) * 2)
    program = [sys.executable, "-m", "chatapp_cli", "serve", "--no-http", "--until-stdin-closes"]
    around = {**os.environ, **chatapp.env}
    subprocess.run(program, env=around, input=b"", capture_output=True, check=True, timeout=30)
    assert (old.exists(), young.exists()) == (False, True)


def test_a_daemon_ends_in_words_on_a_damaged_store_and_does_not_start_on_it_again(
    chatapp: Shell, company: Company
) -> None:
    company.write(lambda tx: lines.add(tx, "Продажи"))
    file = company.settings.folder / "chatapp.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'journal'").fetchone()[0]
    company.close()
    with file.open("r+b") as damaged:
        damaged.seek((root - 1) * 4096)
        damaged.write(b"\xff" * 4096)
    for _start in range(2):
        ended = chatapp.run("serve", "--no-http")
        assert (ended.code, "is damaged" in ended.err) == (2, True), ended.err
        assert "docs/operations.md" in ended.err
    assert (company.settings.folder / "store.damaged").exists()
