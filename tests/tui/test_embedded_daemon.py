"""The window has a daemon for as long as it lives, and never a second one."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import closing
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.i18n import show
from chatapp_cli.runtime.embedded_daemon import accompanied, surroundings
from chatapp_cli.runtime.lease import HolderKind, current_holder, holding

DAEMON = """
import sys
from chatapp_cli.bootstrap import open_company
from chatapp_cli.runtime.lease import holding
from chatapp_cli.settings import load

with holding(open_company(load().settings)):
    sys.stdin.read()
    open(sys.argv[1], "w").write("ended well")
"""
BROKEN = "import sys; print('the port is taken', file=sys.stderr); sys.exit(2)"


async def next_state(states: object) -> str:
    async with asyncio.timeout(20):
        return show((await anext(states)).text)


async def test_a_daemon_starts_where_none_runs_and_ends_well_with_the_window(company: Company, tmp_path: Path) -> None:
    note = tmp_path / "note"
    async with accompanied(company, command=(sys.executable, "-c", DAEMON, str(note)), look=0.05) as daemon:
        states = daemon.states()
        assert await next_state(states) == "the daemon starts"
        assert await next_state(states) == ""
        child = current_holder(company)
        assert child not in {None, os.getpid()}
        await states.aclose()
    assert current_holder(company) is None
    assert note.read_text() == "ended well"


async def test_where_a_daemon_runs_already_no_second_one_is_started(company: Company) -> None:
    with holding(company):
        async with accompanied(company, command=(sys.executable, "-c", BROKEN), look=0.05) as daemon:
            states = daemon.states()
            assert await next_state(states) == ""
            await states.aclose()


async def test_a_daemon_without_a_sign_of_life_is_said_and_no_second_one_is_started(company: Company) -> None:
    with holding(company, beat=60):
        with closing(company.database.driver.connect()) as connection:
            connection.execute("UPDATE lease SET beat_at = beat_at - 20000")
        async with accompanied(company, command=(sys.executable, "-c", BROKEN), look=0.05) as daemon:
            states = daemon.states()
            assert (await next_state(states)).startswith("the daemon gives no sign of life since ")
            await states.aclose()


async def test_a_daemon_that_was_here_is_given_time_to_come_back_before_another_starts(
    company: Company, tmp_path: Path
) -> None:
    command = (sys.executable, "-c", DAEMON, str(tmp_path / "note"))
    async with accompanied(company, command=command, look=0.05, patience=1) as daemon:
        states = daemon.states()
        with holding(company):
            assert await next_state(states) == ""
        assert await next_state(states) == "the daemon has ended; waiting for it"
        with holding(company):
            assert await next_state(states) == ""
        assert await next_state(states) == "the daemon has ended; waiting for it"
        assert current_holder(company) is None
        assert await next_state(states) == "the daemon starts"
        await states.aclose()


async def test_a_daemon_that_comes_is_seen_at_once_though_our_own_was_not_to_start_again_yet(company: Company) -> None:
    async with accompanied(company, command=(sys.executable, "-c", BROKEN), look=0.05, again=600) as daemon:
        states = daemon.states()
        assert await next_state(states) == "the daemon starts"
        assert await next_state(states) == "no daemon: the port is taken"
        with holding(company):
            assert await next_state(states) == ""
        await states.aclose()


async def test_where_nothing_can_be_started_it_is_said_and_tried_again(company: Company, tmp_path: Path) -> None:
    program = tmp_path / "program"
    async with accompanied(company, command=(str(program),), look=0.05, again=0.05) as daemon:
        states = daemon.states()
        assert await next_state(states) == "no daemon: No such file or directory"
        program.write_text("#!/bin/sh\nread line\n")
        program.chmod(0o755)
        assert await next_state(states) == "the daemon starts"
        await states.aclose()


@pytest.mark.parametrize("kind", [HolderKind.WINDOW, HolderKind.COMMAND])
async def test_nobody_waits_for_one_who_held_the_store_only_meanwhile(
    company: Company, tmp_path: Path, kind: HolderKind
) -> None:
    command = (sys.executable, "-c", DAEMON, str(tmp_path / "note"))
    async with accompanied(company, command=command, look=0.05, patience=60) as daemon:
        states = daemon.states()
        with holding(company, kind):
            assert await next_state(states) == ""
        assert await next_state(states) == "the daemon starts"
        await states.aclose()


async def test_a_window_whose_store_was_changed_by_another_version_says_restart(company: Company) -> None:
    async with accompanied(company, command=(sys.executable, "-c", BROKEN), look=0.05) as daemon:
        states = daemon.states()
        with closing(company.database.driver.connect()) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        state = await anext(states)
        assert show(state.text) == "another version of chatapp has changed the store: restart this window"
        assert state.trouble
        await states.aclose()


async def test_a_daemon_that_cannot_start_says_why(company: Company) -> None:
    async with accompanied(company, command=(sys.executable, "-c", BROKEN), look=0.05) as daemon:
        states = daemon.states()
        assert await next_state(states) == "the daemon starts"
        assert await next_state(states) == "no daemon: the port is taken"
        await states.aclose()


@pytest.mark.parametrize("name", ["HOME", "COMPANY"])
def test_the_child_opens_the_store_that_we_have_open(company: Company, name: str) -> None:
    found = surroundings(company.settings, {"PATH": "/bin", "CHATAPP_COMPANY": "other"})
    assert found["PATH"] == "/bin"
    assert found[f"CHATAPP_{name}"] == getattr(company.settings, name.lower())
