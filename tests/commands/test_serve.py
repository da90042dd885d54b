"""What ``chatapp serve`` refuses before anything runs, and how it ends."""

import json
import os
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.services import lines
from tests.commands.conftest import Program, Shell, Write
from tests.commands.crm_office import eventually
from tests.runtime.desk import answer, state_of, the_dialogs


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


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("</dev/null", "Standard input is a file, which never closes."),
        ("<&-", "Standard input is closed already."),
    ],
)
def test_a_daemon_that_nobody_could_end_by_its_input_is_refused_in_words(
    chatapp: Shell, company: Company, given: str, said: str
) -> None:
    line = f"{sys.executable} -m chatapp_cli serve --no-http --until-stdin-closes {given}"
    done = subprocess.run(
        ["sh", "-c", line], env={**os.environ, **chatapp.env}, capture_output=True, text=True, check=False, timeout=30
    )
    step = "Give a pipe or a terminal, or leave the option out to go on until stopped."
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{said}\n→ {step}\n")


def test_a_daemon_ends_with_the_pipe_that_it_reads_even_if_nothing_was_ever_in_it(
    chatapp: Shell, company: Company
) -> None:
    program = [sys.executable, "-m", "chatapp_cli", "serve", "--no-http", "--until-stdin-closes"]
    with subprocess.Popen(program, env={**os.environ, **chatapp.env}, stdin=subprocess.PIPE) as daemon:
        assert daemon.stdin is not None
        with pytest.raises(subprocess.TimeoutExpired):
            daemon.wait(1)
        daemon.stdin.close()
        assert daemon.wait(30) == 0


def serving(env: Mapping[str, str], *before: str) -> subprocess.Popen[str]:
    """A daemon that has started, so that a signal meets its handlers."""
    words = [*before, sys.executable, "-m", "chatapp_cli", "serve"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    daemon = subprocess.Popen(words, env={**os.environ, **env, "CHATAPP_HTTP_PORT": "0"}, **pipes)
    assert daemon.stdout is not None
    assert daemon.stdout.readline().startswith("http://")
    return daemon


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_daemon_that_is_told_to_end_waits_for_the_answer_to_what_it_sends(
    chatapp: Shell, company: Company, program: Program, bound: ChannelId, client_writes: Write, number: int
) -> None:
    client_writes("Есть ёлки?")
    message = answer(company, bound, *the_dialogs(company), "Есть, двухметровые.")
    program.sandbox.slowness = 0.3
    with serving(chatapp.env, "env", "--default-signal=INT,HUP") as daemon:
        eventually(lambda: program.heard)
        assert state_of(company, message) == "sending"
        daemon.send_signal(number)
        _, log = daemon.communicate(timeout=30)
    assert daemon.returncode == 0
    assert [json.loads(line)["event"] for line in log.splitlines()][-2:] == ["daemon.stopping", "daemon.stopped"]
    assert (state_of(company, message), program.heard) == ("sent", ["Есть, двухметровые."])


def test_a_daemon_under_nohup_outlives_the_terminal(chatapp: Shell, company: Company) -> None:
    with serving(chatapp.env, "env", "--ignore-signal=HUP") as daemon:
        daemon.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            daemon.wait(0.5)
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=30)
    assert daemon.returncode == 0


def test_a_port_that_another_company_has_is_told_with_the_command_that_changes_only_this_one(chatapp: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        chatapp("config", "set", "http_port", port)
        refused = chatapp.run("--company", "second", "serve")
    assert (refused.code, refused.out) == (2, "")
    assert f"Cannot listen on 127.0.0.1:{port}" in refused.err
    words = shlex.split(refused.err.rpartition(": chatapp ")[2])
    assert words == ["--company", "second", "config", "set", "--this-company", "http_port", str(int(port) + 1)]
    file = chatapp("--company", "second", "config", "path", "--this-company").out.strip()
    assert chatapp(*words).err == f"http_port is set in {file}.\n"
    assert chatapp("--company", "second", "config", "get", "http_port").out == f"{int(port) + 1}\n"
    assert chatapp("config", "get", "http_port").out == f"{port}\n"
    row = chatapp("--company", "second", "config", "list", "--json").json["http_port"]
    assert row == {"value": int(port) + 1, "source": "company_file"}
    said = chatapp("--company", "second", "config", "set", "http_port", "7").err.splitlines()[1]
    assert said == f"http_port: the value in {file} takes precedence."
    assert chatapp.run("config", "set", "--this-company", "company", "x").code == 2


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
    told = company.settings.folder / "told"
    for _start in range(2):
        ended = chatapp.run("serve", "--no-http", CHATAPP_ALARM_COMMAND=f"tee -a {told}")
        assert (ended.code, "is damaged" in ended.err) == (2, True), ended.err
        assert "docs/operations.md" in ended.err
    assert (company.settings.folder / "store.damaged").exists()
    assert told.read_text("utf-8").count("is damaged") == 1
