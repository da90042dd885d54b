"""A person at a shell: the program as they run it, on a store of their own, with a program to bind as a channel."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from chatapp_cli.api.server import serve
from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.cli import app
from chatapp_cli.domain.arrival import Arrival, Batch, IncomingFile, MessageArrived, Peer, Profile
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.services import links
from chatapp_cli.services.ingest import ingest
from chatapp_cli.services.raw_bodies import store_large
from chatapp_cli.settings import Settings
from tests.commands.crm_office import PATIENCE, Office, eventually
from tests.hurried import hurried
from tests.stores import OWNER

NOON = 1_795_000_000_000


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        return [line.split("\t") for line in self.out.splitlines()]


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs the program."""

    env: Mapping[str, str]

    def run(self, *words: object, stdin: str = "", **env: str) -> Said:
        """Run it and take what it says, however it ends."""
        done = CliRunner().invoke(app, [str(word) for word in words], input=stdin, env={**self.env, **env})
        return Said(done.exit_code, done.stdout, done.stderr)

    def bytes(self, *words: object) -> bytes:
        """What it writes, to the byte."""
        return CliRunner().invoke(app, [str(word) for word in words], env=dict(self.env)).stdout_bytes

    def __call__(self, *words: object, stdin: str = "", **env: str) -> Said:
        """Run it; it has to succeed."""
        target = self.run(*words, stdin=stdin, **env)
        assert target.code == 0, target
        return target


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("template")
    open_company(Settings(home=str(home))).close()
    return home / "main" / "chatapp.db"


@pytest.fixture
def home(tmp_path: Path, migrated: Path) -> Path:
    folder = tmp_path / "home" / "main"
    folder.mkdir(parents=True)
    shutil.copy(migrated, folder / "chatapp.db")
    return tmp_path / "home"


@pytest.fixture
def env(home: Path, tmp_path: Path) -> dict[str, str]:
    return {
        "CHATAPP_HOME": str(home),
        "CHATAPP_CONFIG": str(tmp_path / "config.toml"),
        "CHATAPP_LANG": "en",
        "CHATAPP_OPERATOR": "Ольга",
    }


@pytest.fixture
def chatapp(env: Mapping[str, str]) -> Shell:
    return Shell(env)


@pytest.fixture
def company(home: Path) -> Iterator[Company]:
    """The same store, for a look behind the command line."""
    opened = open_company(Settings(home=str(home))).seen_by(OWNER)
    yield opened
    opened.close()


class _WithoutSignals(asyncio.SelectorEventLoop):
    """They belong to the main thread."""

    def add_signal_handler(self, *_: object) -> None:
        pass

    def remove_signal_handler(self, _: int) -> bool:
        return False


@contextmanager
def elsewhere() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop on a thread of its own: what runs there is another program."""
    loop = _WithoutSignals()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@dataclass(frozen=True, slots=True)
class Program:
    """The program behind the API channel, answering on loopback."""

    sandbox: ApiSandbox
    loop: asyncio.AbstractEventLoop

    def do(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    @property
    def answers(self) -> list[str]:
        return [word for name, value in self.sandbox.answers.items() for word in ("--set", f"{name}={value}")]

    @property
    def heard(self) -> list[str]:
        return [event["text"] for event in self.sandbox.events if event["type"] == "message"]


@pytest.fixture
def program() -> Iterator[Program]:
    with elsewhere() as loop:
        running = Program(ApiSandbox(), loop)
        running.do(running.sandbox.__aenter__())
        yield running
        running.do(running.sandbox.vanish())


@pytest.fixture
def bound(chatapp: Shell, program: Program) -> ChannelId:
    """A line with the program bound to it."""
    chatapp("line", "add", "Магазин")
    return ChannelId(int(chatapp("line", "bind", "api", *program.answers).out))


Write = Callable[..., None]


@pytest.fixture
def client_writes(company: Company, bound: ChannelId) -> Write:
    """Анна writes to the shop."""

    def write(text: str, *, ext_id: str = "in-1", key: str = "client-7", name: str = "Анна", **more: Any) -> None:
        event = MessageArrived(
            peer=Peer(key=key, address=key, title=name),
            ext_id=ext_id,
            at=NOON,
            text=text,
            sender=Profile(id=key, name=name),
            **more,
        )
        batch = store_large(
            company.media, Batch(arrivals=(Arrival(provider_id=ext_id, raw=text.encode(), events=(event,)),))
        )
        company.write(lambda tx: ingest(tx, bound, batch))

    return write


def a_file(name: str = "price.txt", content: bytes = b"fir 900") -> IncomingFile:
    return IncomingFile(kind="document", name=name, mime="text/plain", size=len(content), content=content)


@contextmanager
def _daemon(loop: asyncio.AbstractEventLoop, home: Path) -> Iterator[str]:
    """A daemon on a loop, which logs nothing; yields its address."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    company = hurried(open_company(Settings(home=str(home), http_port=0)))
    address, stop = Future[str](), asyncio.Event()
    running = asyncio.run_coroutine_threadsafe(serve(company, announce=address.set_result, stop=stop), loop)
    try:
        yield address.result(PATIENCE)
    finally:
        loop.call_soon_threadsafe(stop.set)
        running.result(PATIENCE)
        company.close()


@pytest.fixture
def office(home: Path) -> Iterator[Office]:
    with elsewhere() as loop, _daemon(loop, home) as address:
        found = Office(Portal(rate=50.0), address, loop)
        found.do(found.portal.come_back())
        yield found
        found.do(found.portal.vanish())


@pytest.fixture
def installed(chatapp: Shell, company: Company, office: Office, tmp_path: Path) -> LinkId:
    """A link that works."""
    chatapp("company", "configure", "--set", f"public_url={office.address}")
    file = tmp_path / "answers.toml"
    file.write_text("".join(f'{name} = "{value}"\n' for name, value in office.answers.items()), "utf-8")
    said = chatapp("crm", "link", "bitrix24", "--answers", file)
    link = LinkId(int(said.out))
    row = company.read(lambda tx: links.one(tx, link))
    assert f"{office.address}/hooks/{row.hook_key}/install" in said.err
    assert office.portal.client_secret not in said.out + said.err
    eventually(lambda: office.installs(row.hook_key))
    eventually(lambda: company.read(lambda tx: links.one(tx, link)).state == LinkState.OK)
    return link
