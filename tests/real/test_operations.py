"""Every block of docs/operations.md is run as written, or a table says why it cannot be and what runs it then."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, lines
from chatapp_cli.services.ingest import ingest
from chatapp_cli.settings import Settings
from chatapp_cli.store.tx import Tx
from tests.stores import OWNER

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(?m)^(#+ [^\n]+)$|^```(\w*)\n([\s\S]*?)^```$")
"""A heading, or a block; a comment of a block is no heading, for the block began before."""
RUN, PARSED = "run", "parsed"
HOW: Mapping[str, tuple[str, str]] = {
    "Installing as a service 1": (PARSED, "adds a user and a service; tests/real/test_unit.py runs the unit"),
    "Operators 1": ("elsewhere", "tests/real/test_restricted.py runs the command in a terminal"),
    "Options of company, lines and channels 1": (RUN, ""),
    "Several bots on one line 1": (PARSED, "asks a provider; tests/commands/test_pool.py"),
    "Proxies 1": (PARSED, "asks a provider; tests/commands/test_proxies.py"),
    "Voice messages in words 1": (RUN, ""),
    "Alarms 1": (PARSED, "sends to people; tests/commands/test_alarms.py"),
    "Growth, and `chatapp gc` 1": (RUN, ""),
    "Growth, and `chatapp gc` 2": (RUN, ""),
    "Backups 1": (RUN, ""),
    "Backups 2": (PARSED, "serves for ever; the test of the backup starts the daemon on the copy"),
    "Uncertain messages 1": (PARSED, "its lines exclude each other; tests/commands/test_messages.py"),
    "Dead letters 1": (PARSED, "its lines need an arrival that was not understood; tests/commands/test_messages.py"),
}
"""How each block is tried, by its heading and its number there; with a reason where it is not run."""


def blocks() -> dict[str, tuple[str, str]]:
    """Language and text of every block of the page."""
    heading = ""
    found: dict[str, tuple[str, str]] = {}
    numbers: dict[str, int] = {}
    for title, language, text in BLOCK.findall((ROOT / "docs" / "operations.md").read_text("utf-8")):
        if title:
            heading = title.lstrip("# ")
            continue
        numbers[heading] = numbers.get(heading, 0) + 1
        found[f"{heading} {numbers[heading]}"] = (language, text)
    return found


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine on which chatapp is installed, below a folder: its /etc too."""

    root: Path
    env: Mapping[str, str]

    def sh(self, script: str) -> subprocess.CompletedProcess[str]:
        """Type a block into a shell."""
        here = script.replace("/etc/", f"{self.root}/etc/")
        return subprocess.run(
            ["/bin/sh", "-eu"],
            input=here,
            env={**self.env},
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    @property
    def company(self) -> Path:
        return self.root / "home" / ".local" / "share" / "chatapp" / "main"


def fill(company: Company) -> None:
    """Two lines, a channel of each kind that the page names, a message with what belongs to it."""

    def write(tx: Tx) -> None:
        line = lines.add(tx, "Wholesale")
        lines.add(tx, "Sales")
        bound = Bound(account="desk@example.org", title="desk@example.org", secrets={"password": "x"})
        channel = channels.save(tx, company.vault, bound, line=line, kind="email")
        peer = Peer(key="anna@example.org", address="anna@example.org", title="Анна")
        said = MessageArrived(peer=peer, ext_id="1", at=tx.now, text="Где заказ?", sender=Profile(id="a", name="Анна"))
        ingest(tx, channel, Batch(arrivals=(Arrival(provider_id="1", raw=b"raw", events=(said,)),)))

    company.write(write)
    company.media.put(b"a file")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    programs = tmp_path / "bin"
    (tmp_path / "etc").mkdir()
    programs.mkdir()
    program = programs / "chatapp"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m chatapp_cli "$@"\n', "utf-8")
    program.chmod(0o755)
    env = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(ROOT),
        "CHATAPP_LANG": "en",
        "LC_ALL": "C.UTF-8",
    }
    found = Machine(tmp_path, env)
    company = open_company(Settings(home=str(found.company.parent))).seen_by(OWNER)
    fill(company)
    yield found
    company.close()


def test_every_block_has_an_entry_and_every_entry_a_block() -> None:
    assert list(blocks()) == list(HOW)
    for kind, why in HOW.values():
        assert bool(why) == (kind != RUN)
        assert all((ROOT / name).exists() for name in re.findall(r"tests/[\w/.]+\.py", why))


@pytest.mark.parametrize("name", [name for name, (kind, _) in HOW.items() if kind == PARSED])
def test_a_block_that_cannot_be_run_is_a_script_nonetheless(name: str) -> None:
    language, text = blocks()[name]
    parsed = subprocess.run(["/bin/sh", "-n"], input=text, capture_output=True, text=True, check=False)
    assert (language, parsed.returncode, parsed.stderr) == ("sh", 0, "")


@pytest.mark.parametrize("name", [name for name, (kind, _) in HOW.items() if kind == RUN])
def test_a_block_does_what_it_says(machine: Machine, name: str) -> None:
    said = machine.sh(blocks()[name][1])
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
        (machine.company / name).parent.mkdir(parents=True)
        (machine.company / name).write_text("", "utf-8")
    copies = []
    for _ in range(2):
        said = machine.sh(blocks()["Backups 1"][1] + "sleep 1\n")
        assert (said.returncode, said.stderr) == (0, "")
        copies.append(Path(said.stdout.removesuffix(" is whole\n")))
    assert copies[0] != copies[1]
    for copy in copies:
        media = {f"media/{name}" for name in tree(machine.company / "media")}
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
    served = "true | chatapp serve --until-stdin-closes >&2\n"
    shown = machine.sh(f"{there}chatapp dialog list\n{served}chatapp line list\n")
    assert shown.returncode == 0, shown.stderr
    assert "Где заказ?" in shown.stdout


def test_a_backup_that_fails_says_so_and_leaves_no_copy_that_looks_whole(machine: Machine) -> None:
    (machine.company / "chatapp.db").write_bytes(b"no store at all, and long enough to be looked at" * 200)
    said = machine.sh(blocks()["Backups 1"][1])
    assert (said.returncode != 0, "is whole" in said.stdout) == (True, False)
