"""``chatapp serve`` works under the unit that ships: every channel, files, voices, the index, a window in a browser."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from chatapp_cli.bootstrap import Company
from chatapp_cli.runtime.demo import DemoStage, play, staged
from chatapp_cli.sandbox.stage import Customer, StageFile
from chatapp_cli.services import operators, passwords
from tests.real.confined import rules, settings, under
from tests.runtime.desk import eventually

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

UNIT = Path(__file__).parents[2] / "config" / "chatapp.service"
PASSWORD = "тёплый плед 7"
LISTENER = """
import os, sys
print("слышно", open(sys.argv[1]).read(), os.getpriority(os.PRIO_PROCESS, 0))
"""
SPEAKER = Customer(number=7701, name="Говорящий", username="speaker", phone="+79161112233", email="speaker@example.org")
VOICE = StageFile(name="голос.ogg", mime="audio/ogg", content="добрый день".encode())


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[DemoStage]:
    """A company with every channel that has a server in miniature, and an operator who may log in."""
    async with staged(tmp_path / "home", "en") as stage:
        known = passwords.hashed(PASSWORD)
        stage.company.write(lambda tx: operators.add(tx, "Ольга", known, []))
        yield stage


@asynccontextmanager
async def confined(unit: Path, stage: DemoStage, tmp_path: Path) -> AsyncIterator[str]:
    """The daemon under a unit; yields its address, and sees that it ends as it should."""
    listener = tmp_path / "listener.py"
    listener.write_text(LISTENER, "utf-8")
    home, company = stage.company.settings.home, stage.company.settings.company
    given = {"HOME": home, "COMPANY": company, "HTTP_PORT": "0", "WEB": "on", "LOG_LEVEL": "warning"}
    given["TRANSCRIBE_COMMAND"] = shlex.join([sys.executable, str(listener), "{file}"])
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *under(unit, (sys.executable, "-m", "chatapp_cli", "serve")),
            env={**os.environ, **{f"CHATAPP_{name}": value for name, value in given.items()}},
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    try:
        address = (await process.stdout.readline()).decode().strip()
        assert address, (tmp_path / "log").read_text("utf-8")
        yield address
        assert process.returncode is None
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.communicate()
    assert process.returncode == 0


def words_of_voices(company: Company) -> list[str]:
    with company.database.reading() as tx:
        return list(tx.compose(str, "SELECT words FROM file WHERE kind = 'voice' AND words != ''", {}))


def indexed(company: Company) -> bool:
    """Tell whether the daemon's own worker has brought the index up to the last message."""
    mark = company.search.ask(lambda index: index.mark())
    with company.database.reading() as tx:
        (last,) = tx.compose(int, "SELECT max(id) FROM message", {})
    return mark is not None and last > 0


async def speak(stage: DemoStage) -> None:
    telegram = next(one for one in stage.sandboxes if one.kind == "telegram_bot")
    await telegram.say(SPEAKER, "", files=[VOICE])


async def window_in_a_browser(address: str) -> str:
    """Log in, open a window, and give what it painted first."""
    async with httpx.AsyncClient(base_url=address) as http:
        proof = re.search(r'name="proof" value="(\w+)"', (await http.get("/desk/login")).text)
        assert proof is not None
        await http.post("/desk/login", data={"proof": proof[1], "name": "Ольга", "password": PASSWORD})
        cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    url = f"{address.replace('http', 'ws')}/desk/window?width=100&height=30"
    painted = ""
    async with connect(url, origin=address, additional_headers={"cookie": cookies}, max_size=None) as socket:  # type: ignore[arg-type]
        with suppress(TimeoutError):
            async with asyncio.timeout(20):
                while "\x1b]2;" not in painted:
                    said = await socket.recv()
                    painted += said if isinstance(said, str) else said.decode(errors="replace")
    return painted


async def test_every_worker_of_the_daemon_works_under_the_unit(stage: DemoStage, tmp_path: Path) -> None:
    async with confined(UNIT, stage, tmp_path) as address:
        stage.listen_at(address)
        await speak(stage)
        await play(stage, lambda _word, _values: None)
        await eventually(lambda: words_of_voices(stage.company), seconds=30)
        await eventually(lambda: indexed(stage.company), seconds=30)
        assert "\x1b]2;" in await window_in_a_browser(address)
    assert words_of_voices(stage.company) == ["слышно добрый день 19"]
    assert (tmp_path / "log").read_text("utf-8") == ""


async def test_a_unit_that_lets_no_priority_be_set_costs_a_line_in_the_log_and_nothing_else(
    stage: DemoStage, tmp_path: Path
) -> None:
    """Units live longer than the programs that they came with."""
    older = tmp_path / "chatapp.service"
    kept = [line for line in UNIT.read_text("utf-8").splitlines() if line != "SystemCallFilter=setpriority"]
    older.write_text("\n".join(kept), "utf-8")
    async with confined(older, stage, tmp_path):
        for number in (1, 2):
            await speak(stage)
            await eventually(lambda n=number: len(words_of_voices(stage.company)) == n, seconds=30)
    assert words_of_voices(stage.company) == ["слышно добрый день 0"] * 2
    (line,) = (tmp_path / "log").read_text("utf-8").splitlines()
    assert json.loads(line)["event"] == "transcriber.no_priority"


def test_the_rules_are_those_of_the_unit() -> None:
    found = rules(UNIT)
    assert found.error == errno.EPERM
    assert {"read", "clone3", "flock", "setpriority"} <= found.calls
    assert not {"sched_setscheduler", "ioprio_set", "setrlimit", "chroot", "mount", "ptrace"} & found.calls
    assert len(found.families) == len(settings(UNIT, "RestrictAddressFamilies")[0].split()) == 3


def test_the_unit_for_one_company_of_several_differs_only_in_the_company() -> None:
    several = UNIT.with_name("chatapp@.service").read_text("utf-8").splitlines()
    one = UNIT.read_text("utf-8").splitlines()
    assert [line for line in several if line not in one and not line.startswith("#")] == [
        "Description=chatapp for %i: receives and sends customer messages",
        "EnvironmentFile=-/etc/chatapp/%i.env",
        "ExecStart=/opt/chatapp/bin/chatapp --company %i serve",
    ]
    assert [line for line in one if line not in several and not line.startswith("#")] == [
        "Description=chatapp: receives and sends customer messages",
        "ExecStart=/opt/chatapp/bin/chatapp serve",
    ]
