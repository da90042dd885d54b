"""A machine on which chatapp is installed, below a folder, and the blocks of the documentation that are typed there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.access import DAEMON
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import OutcomeUnknown
from chatapp_cli.domain.ids import ChannelId, DialogId, LineId, MessageId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, lines, outbox
from chatapp_cli.services.ingest import ingest
from chatapp_cli.services.sending import SendOptions, enqueue
from chatapp_cli.settings import Settings
from chatapp_cli.store.tx import Tx
from tests.stores import EVERYTHING, OWNER

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"(?m)^(#+ [^\n]+)$|^```(\w*)\n([\s\S]*?)^```$")
"""A heading, or a block; a comment of a block is no heading, for the block began before."""
NOWHERE = {
    "api_url": "http://127.0.0.1:9",
    "imap_host": "127.0.0.1",
    "imap_port": "9",
    "smtp_host": "127.0.0.1",
    "smtp_port": "9",
}
"""Servers of the channels: none of them answers."""
_DIALOG = DialogId(1)
"""Anna's, by mail."""


def blocks(page: str) -> dict[str, tuple[str, str]]:
    """Language and text of every block of a page of the documentation, by its heading and its number there."""
    heading = ""
    found: dict[str, tuple[str, str]] = {}
    numbers: dict[str, int] = {}
    for title, language, text in _BLOCK.findall((ROOT / "docs" / page).read_text("utf-8")):
        if title:
            heading = title.lstrip("# ")
            continue
        numbers[heading] = numbers.get(heading, 0) + 1
        found[f"{heading} {numbers[heading]}"] = (language, text)
    return found


def numbered(script: str, numbers: Sequence[int]) -> str:
    """The script with these in the places of its ``NUMBER``, in order."""
    rest = iter(numbers)
    return re.sub(r"\bNUMBER\b", lambda _found: str(next(rest)), script)


def program(file: Path, script: str) -> None:
    """Write a program for a shell."""
    file.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    file.chmod(0o755)


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine: its home, its programs, and its /etc."""

    root: Path
    env: Mapping[str, str]
    company: Company
    _keys: Iterator[int] = field(default_factory=count)

    def script(self, text: str) -> str:
        """A script as it is typed here."""
        return text.replace("/etc/", f"{self.root}/etc/")

    def sh(self, script: str, *, flags: str = "-eu", hosts: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Type a block into a shell; by default its first failure ends it. ``hosts`` takes the place of /etc/hosts."""
        own_hosts = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts; exec "$@"', str(hosts))
        return subprocess.run(
            [*(own_hosts if hosts else ()), "/bin/sh", flags],
            input=self.script(script),
            env={**self.env},
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    @property
    def folder(self) -> Path:
        """The company's."""
        return self.root / "home" / ".local" / "share" / "chatapp" / "main"

    def ask(self, query: str) -> list[object]:
        """One column of the store."""
        with self.company.database.reading() as tx:
            return list(tx.compose(lambda value: value, query, {}))

    def arrive(self, channel: ChannelId, *arrivals: Arrival) -> None:
        """Let something come in."""
        self.company.write(lambda tx: ingest(tx, channel, Batch(arrivals=arrivals)))

    def answer(self, text: str = "Завтра") -> MessageId:
        """Answer Anna; the message waits."""
        order = SendOptions(key=f"{next(self._keys):032}")
        return self.company.write(lambda tx: enqueue(tx, EVERYTHING, _DIALOG, Draft(text=text), order))

    def uncertain(self) -> MessageId:
        """Answer Anna, and learn no outcome."""
        message, desk = self.answer(), self.company.seen_by(DAEMON)
        claim = desk.write(lambda tx: outbox.claim(tx, desk.media, ChannelId(1)))
        assert claim is not None
        assert claim.message.id == message
        desk.write(lambda tx: outbox.begin(tx, claim))
        desk.write(lambda tx: outbox.leave_uncertain(tx, claim, OutcomeUnknown("no_answer")))
        return message


def _writes(tx: Tx, address: str, name: str, *, username: str = "") -> Arrival:
    peer = Peer(key=address, address=address, title=name)
    sender = Profile(id=address, name=name, username=username)
    said = MessageArrived(peer=peer, ext_id="1", at=tx.now, text="Где заказ?", sender=sender)
    return Arrival(provider_id="1", raw=b"raw", events=(said,))


def _fill(company: Company) -> None:
    """Two lines, a channel of each kind that the page names, a message with what belongs to it."""

    def bound(tx: Tx, line: LineId, kind: str, account: str, link: str = "") -> ChannelId:
        facts = {"Link": link} if link else {}
        secrets, settings = {"password": "x", "token": "1:x"}, {"login": account, **NOWHERE}
        one = Bound(account=account, title=account, secrets=secrets, settings=settings, facts=facts)
        return channels.save(tx, company.vault, one, line=line, kind=kind)

    def write(tx: Tx) -> None:
        wholesale, sales = lines.add(tx, "Wholesale"), lines.add(tx, "Sales")
        mail = bound(tx, wholesale, "email", "desk@example.org")
        bot = bound(tx, sales, "telegram_bot", "first_bot", "https://t.me/first_bot")
        ingest(tx, mail, Batch(arrivals=(_writes(tx, "anna@example.org", "Анна"),)))
        ingest(tx, bot, Batch(arrivals=(_writes(tx, "77", "Olga", username="olga"),)))

    company.write(write)
    company.media.put(b"a file")


def machine(folder: Path, *, database_url: str = "", path: Sequence[Path] = ()) -> Machine:
    """A machine in a folder, with a company that has something of everything; its ``company`` is to be closed.

    ``path`` names the folders of further programs.
    """
    programs = folder / "bin"
    (folder / "etc").mkdir()
    programs.mkdir()
    program(programs / "chatapp", f'exec {shlex.quote(sys.executable)} -m chatapp_cli "$@"')
    env = {
        "PATH": ":".join(map(str, (programs, *path, os.environ["PATH"]))),
        "HOME": str(folder / "home"),
        "PYTHONPATH": str(ROOT),
        "CHATAPP_LANG": "en",
        "LC_ALL": "C.UTF-8",
    }
    home = folder / "home" / ".local" / "share" / "chatapp"
    if database_url:
        env["CHATAPP_DATABASE_URL"] = database_url
    company = open_company(Settings(home=str(home), database_url=database_url)).seen_by(OWNER)
    found = Machine(folder, env, company)
    _fill(found.company)
    return found
