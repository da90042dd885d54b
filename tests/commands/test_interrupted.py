"""Ctrl+C, and what a system ends a command with: it says what is done and what goes on."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.dialog import TOGETHER
from chatapp_cli.runtime.lease import holding
from tests.commands.conftest import Program, Shell, Write
from tests.commands.process import in_a_shell, started
from tests.leases import clock_of, rewrite

HOUR = 3_600_000
SEND = ("send", "client-7", "-c", "api", "-t", "Алло")
STOP_IT = "→ To stop it: chatapp message cancel 1"


def until_message_is(company: Company, *states: str) -> str:
    """The state of the first message, once it is one of these."""
    deadline = time.monotonic() + 30
    while (state := company.read(lambda tx: tx.compose(lambda *row: row, STATES, {}))) not in [[(s,)] for s in states]:
        assert time.monotonic() < deadline, state
        time.sleep(0.02)
    return str(state[0][0])


STATES = "SELECT state FROM message"
PINNED = "SELECT count(*) FROM dialog WHERE pinned = 1"
SLOW = f"""
CREATE TRIGGER slow AFTER UPDATE ON dialog WHEN NEW.id = {TOGETHER + 1}
BEGIN SELECT sum(a.id * b.id * c.id) FROM dialog a, dialog b, dialog c, dialog d WHERE d.id <= 9; END
"""
"""Makes the second piece take long enough to be interrupted in."""
IMPORTED = "SELECT count(*) FROM quick_reply"
LEFT = "SELECT count(*) FROM message"
_LONG = "SELECT length(hex(randomblob(10000000)))"
SLOW_REPLY = f"CREATE TRIGGER slow AFTER INSERT ON quick_reply WHEN NEW.title LIKE '% 31' BEGIN {_LONG}; END"
SLOW_REMOVAL = f"CREATE TRIGGER slow AFTER DELETE ON message BEGIN {_LONG}; END"
"""Each takes some hundredths of a second."""


def test_an_interrupted_wait_says_that_the_message_goes_on_and_how_it_is_stopped(
    env: Mapping[str, str], chatapp: Shell, company: Company, bound: int
) -> None:
    with holding(company, beat=HOUR):
        rewrite(company, beat_at=clock_of(company) - 60_000)
        with started(env, *SEND) as process:
            assert process.stderr is not None
            silent = process.stderr.readline()
            assert silent.startswith("The daemon gives no sign of life since "), silent
            until_message_is(company, "queued")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
    assert (in_a_shell(process.returncode), out) == (130, "1\n")
    assert err.splitlines() == ["Message 1 goes on: the daemon sends it.", STOP_IT]


def test_an_interrupted_deed_on_many_dialogs_says_how_many_are_changed(
    env: Mapping[str, str], chatapp: Shell, client_writes: Write, company: Company
) -> None:
    for n in range(2 * TOGETHER + 1):
        client_writes("Алло", ext_id=f"in-{n}", key=f"client-{n}")
    company.database.connection().execute(SLOW)
    with started(env, "dialog", "pin", *map(str, range(1, 2 * TOGETHER + 2))) as process:
        deadline = time.monotonic() + 30
        while not (done := company.read(lambda tx: tx.compose(lambda *row: row, PINNED, {}))[0][0]):
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=20)
    done = company.read(lambda tx: tx.compose(lambda *row: row, PINNED, {}))[0][0]
    assert in_a_shell(process.returncode) == 130, err
    assert done == 2 * TOGETHER
    assert err == f"Interrupted: {done} of {2 * TOGETHER + 1} dialogs are changed, the others are not.\n"


def test_an_interrupted_import_says_how_many_quick_replies_are_there_and_that_it_may_be_repeated(
    env: Mapping[str, str], chatapp: Shell, company: Company, tmp_path: Path
) -> None:
    file, total = tmp_path / "replies.csv", 40
    lines = [f"Общее,Ответ {n},Текст {n}" for n in range(total)]
    file.write_text("\n".join(["section,title,text", *lines]), "utf-8")
    chatapp("quick", "add-section", "Общее")
    company.database.connection().execute(SLOW_REPLY)
    with started(env, "quick", "import", str(file)) as process:
        deadline = time.monotonic() + 30
        while not company.read(lambda tx: tx.compose(lambda *row: row, IMPORTED, {}))[0][0]:
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=30)
    done = company.read(lambda tx: tx.compose(lambda *row: row, IMPORTED, {}))[0][0]
    assert in_a_shell(process.returncode) == 130, err
    assert 0 < done < total
    assert err.splitlines() == [
        f"Interrupted: {done} of {total} quick replies are imported, the others are not.",
        "→ Import the file again: what is there already stays as it is.",
    ]
    company.database.connection().execute("DROP TRIGGER slow")
    assert f"the same: {done}" in chatapp("quick", "import", file).err


def test_an_interrupted_removal_says_how_many_messages_are_deleted_and_that_the_channel_stays(
    env: Mapping[str, str], chatapp: Shell, client_writes: Write, company: Company, bound: int
) -> None:
    for n in range(30):
        client_writes("Алло", ext_id=f"in-{n}")
    company.database.connection().execute(SLOW_REMOVAL)
    with started(env, "line", "unbind", str(bound), "--force") as process:
        deadline = time.monotonic() + 30
        while company.read(lambda tx: tx.compose(lambda *row: row, LEFT, {}))[0][0] == 30:
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=30)
    left = company.read(lambda tx: tx.compose(lambda *row: row, LEFT, {}))[0][0]
    assert in_a_shell(process.returncode) == 130, err
    assert err.splitlines()[0] == f"Interrupted: {30 - left} of 30 messages of Ёлочный базар are deleted."
    assert chatapp("line", "show", "--json").json["channels"][0]["id"] == bound


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_ended_while_it_sends_leaves_no_message_on_its_way(
    env: Mapping[str, str], chatapp: Shell, company: Company, program: Program, bound: int, number: signal.Signals
) -> None:
    program.sandbox.slowness = 3.0
    with started(env, *SEND) as process:
        until_message_is(company, "sending")
        process.send_signal(number)
        _out, err = process.communicate(timeout=20)
    assert in_a_shell(process.returncode) == 130, err
    assert err.startswith("Message 1 "), err
    assert until_message_is(company, "sent", "uncertain", "queued") != "sending"
