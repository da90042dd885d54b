"""A company with an API channel, its daemon as a process of its own, and signed webhooks ready to be sent."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook

from benchmarks.harness import OWNER
from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.runtime.binding import bind
from chatapp_cli.services import channels, lines
from chatapp_cli.settings import Settings

SECRET = "whsec_" + b64encode(b"thirty-two bytes of fir and pine").decode()
WORDS = "Здравствуйте, хотим заказать плед и двенадцать свечей, когда сможете доставить в Тверь? " * 3


@dataclass(frozen=True, slots=True)
class Told:
    """A person who knows the answers."""

    answers: Mapping[str, str]

    async def form(self, form: Form) -> Mapping[str, str]:
        return {field.name: self.answers.get(field.name, field.default) for field in form.fields}

    async def show(self, notice: Notice) -> None:
        del notice

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        raise AssertionError(f"nobody visits {url} ({state})")


@dataclass(frozen=True, slots=True)
class BenchCompany:
    """The company's folder and its opened desk."""

    folder: Path
    company: Company

    def bind(self, kind: str, answers: Mapping[str, str]) -> str:
        """Bind a channel to the company's line; returns where its webhooks go."""
        line = self.company.read(lines.find).id
        channel = asyncio.run(bind(self.company, Told(answers), line=line, kind=kind))
        return f"/hooks/{self.company.read(lambda tx: channels.one(tx, channel)).hook_key}"


@contextmanager
def company(url: str = "") -> Iterator[BenchCompany]:
    """A fresh company with a line and no channel, in a file or in this database."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        closing(open_company(Settings(home=folder, database_url=url)).seen_by(OWNER)) as company,
    ):
        company.write(lambda tx: lines.add(tx, "Замер"))
        yield BenchCompany(Path(folder), company)


@dataclass(frozen=True, slots=True)
class Shop(BenchCompany):
    """A company whose one API channel only receives."""

    path: str


@contextmanager
def shop(url: str = "") -> Iterator[Shop]:
    """A fresh company with one API channel."""
    with company(url) as made:
        yield Shop(made.folder, made.company, made.bind("api", {"name": "Замер", "secret": SECRET}))


@contextmanager
def serving(made: BenchCompany, **env: str) -> Iterator[tuple[int, int]]:
    """Run the daemon; yields its port and process id."""
    settings = {"CHATAPP_HOME": str(made.folder), "CHATAPP_HTTP_PORT": "0", "CHATAPP_LOG_LEVEL": "error"}
    command = [sys.executable, "-m", "chatapp_cli", "serve"]
    process = subprocess.Popen(
        command, env={**os.environ, **settings, **env}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        while any(row.health != "ok" for row in made.company.read(channels.everything)):
            time.sleep(0.05)
        yield int(address.rpartition(":")[2]), process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)
        process.stdout.close()


def signed(path: str, numbers: range, *, dialogs: int = 500, words: str = WORDS) -> list[bytes]:
    """Whole HTTP requests, each a new message, with the usual words of about 1.1 kB, ready to be written to a socket.

    Each has its number behind the words.
    """
    webhook = Webhook(SECRET)
    now = datetime.now(UTC)
    return [_request(webhook, now, path, number, number % dialogs, words) for number in numbers]


def _request(webhook: Webhook, now: datetime, path: str, number: int, client: int, words: str) -> bytes:
    body = (
        f'{{"type":"message","id":"m{number}","chat_id":"c{client}","text":"{words}{number}",'
        f'"sender":{{"id":"c{client}","name":"Клиент {client}","phone":"+7916{client:07}"}}}}'
    )
    webhook_id = f"w{number}"
    raw = body.encode()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"content-length: {len(raw)}\r\nwebhook-id: {webhook_id}\r\nwebhook-timestamp: {int(now.timestamp())}\r\n"
        f"webhook-signature: {webhook.sign(webhook_id, now, body)}\r\n\r\n"
    )
    return head.encode() + raw
