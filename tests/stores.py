"""The same store on both databases: migrated once in a run, copied for every test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.domain.access import Acting
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile, ProviderEvent
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, DialogId, LineId, MessageId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, composing, ingest, lines, outbox, transcript
from chatapp_cli.services.effects import EFFECTS
from chatapp_cli.services.message_request import MessageRequest, ToAddress
from chatapp_cli.services.routes import Able
from chatapp_cli.services.sending import SendOptions
from chatapp_cli.store.database import Database, driver_for
from chatapp_cli.store.drivers import Driver
from chatapp_cli.store.media import Media
from chatapp_cli.store.migrate import ensure_current
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.secrets import Vault
from chatapp_cli.store.tx import Tx
from tests.postgres import Postgres, Shape


def owner(name: str) -> Acting:
    """Somebody who may do everything, under a name."""
    return Acting(name, owner=True)


OWNER = owner("Ольга")
"""Who acts in most tests."""
NOON = 1_780_000_000_000
"""A day in a calendar, from which tests count milliseconds."""
DIALECTS = ("sqlite", "postgresql")
EVERYTHING = Capabilities(
    intake="poll",
    write_first=("email", "phone", "username", "chat_id"),
    addresses=("email", "phone", "username", "chat_id"),
    max_upload=10_000_000,
    subject=True,
    by_subject_when="by_subject",
    copies=True,
    aliases_in="aliases",
    signature_in="signature",
    replies=True,
    edits=True,
    deletes=True,
    reactions=True,
)


class HeldClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: int = 1_790_000_000_000) -> None:
        self.at = now

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1000

    async def sleep(self, seconds: float) -> None:
        self.at += int(seconds * 1000)


@dataclass(slots=True)
class Shop:
    """A small business at a store: one line, and channels as they are asked for."""

    database: Database
    clock: HeldClock
    media: Media
    vault: Vault
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    acting: Acting = OWNER
    """Who acts, unless a test says otherwise."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    def read(self, job: Callable[[Tx], Any]) -> Any:
        """Ask as whoever acts."""
        return self.database.read(lambda tx: job(tx.by(self.acting)))

    def write(self, job: Callable[[Tx], Any]) -> Any:
        """Change the store as whoever acts."""
        return self.database.write(lambda tx: job(tx.by(self.acting)))

    def line(self, name: str = "") -> LineId:
        """Add a line."""
        return self.write(lambda tx: lines.add(tx, name or f"Продажи {next(self.numbers)}"))

    def channel(self, *, kind: str = "letters", line: LineId | None = None, **bound: Any) -> ChannelId:
        """Bind a channel of an invented kind."""
        line = line or self.line()
        binding = Bound(**{"account": f"account-{next(self.numbers)}", "title": "Почта магазина"} | bound)
        return self.write(lambda tx: channels.save(tx, self.vault, binding, line=line, kind=kind))

    def take(self, channel: ChannelId, *events: ProviderEvent, cursor: str | None = None) -> ingest.Ingested:
        """Let events arrive, each delivered by itself."""
        arrivals = tuple(Arrival(provider_id=f"p{next(self.numbers)}", raw=b"{}", events=(e,)) for e in events)
        return self.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=arrivals, cursor=cursor)))

    def hear(self, channel: ChannelId, text: str = "Здравствуйте", **values: Any) -> MessageId:
        """Let a client write; returns the message."""
        event = said(text, **{"ext_id": f"m{next(self.numbers)}", "at": self.clock.now()} | values)
        self.take(channel, event)
        found = self.read(lambda tx: tx.value("messages.ref_anywhere", channel=channel, ext_id=event.ext_id))
        return MessageId(found)

    def message(self, number: MessageId) -> MessageRow:
        """A message as it stands."""
        return self.read(lambda tx: transcript.message(tx, number))

    def texts(self, dialog: DialogId) -> list[str]:
        """What was said, in order."""
        return [entry.message.text for entry in self.read(lambda tx: transcript.latest(tx, dialog, n=1000))]

    def begin(self, able: Able, channel: ChannelId, to: str, draft: Draft, **order: Any) -> DialogId:
        """Write first to an address in a channel; returns the dialog."""
        request = MessageRequest(to=ToAddress(channel, to), draft=draft, options=self.order(**order))
        return self.message(self.write(lambda tx: composing.accept(tx, able, request))).dialog_id

    def order(self, **values: Any) -> SendOptions:
        """An operator's order under a fresh key."""
        return replace(SendOptions(key=f"{next(self.numbers):032d}"), **values)


def hand_over(tx: Tx, media: Media, channel: ChannelId) -> outbox.Claim | None:
    """Claim what may go and hand it over at once, as a sender does whose turn has come."""
    found = outbox.claim(tx, media, channel)
    assert found is None or outbox.begin(tx, found)
    return found


def said(text: str = "Здравствуйте", *, who: str = "anna", **values: Any) -> MessageArrived:
    """A client's message in a chat of their own."""
    sender = Profile(id=who, name=who.title(), username=who)
    return MessageArrived(**{"peer": Peer(key=who, address=who), "sender": sender, "text": text} | values)


@dataclass(slots=True)
class Templates:
    """Migrated stores to copy, made when the first test asks for one."""

    folder: Path
    server: Callable[[], Postgres]
    made: dict[str, str] = field(default_factory=dict)
    shape: Shape = field(default_factory=list)
    """Of a migrated database."""
    spare: list[str] = field(default_factory=list)
    """Databases that were emptied after a test."""

    def copy(self, dialect: str, folder: Path) -> str:
        """Give the URL of a migrated store without a row."""
        if dialect not in self.made:
            self._make(dialect)
        if dialect == "sqlite":
            return self._copy_file(folder)
        return self.spare.pop() if self.spare else self.server().copy(self.made[dialect])

    def _make(self, dialect: str) -> None:
        file = f"sqlite:///{self.folder}/template.db"
        url = self.made[dialect] = file if dialect == "sqlite" else self.server().fresh()
        ensure_current(driver_for(url))
        if dialect == "postgresql":
            self.shape = self.server().shape(url)

    def _copy_file(self, folder: Path) -> str:
        copy = folder / "chatapp.db"
        shutil.copyfile(self.folder / "template.db", copy)
        return f"sqlite:///{copy}"

    def drop(self, url: str) -> None:
        """Empty a copy that takes room outside the test's own folder, or remove it if its tables were changed."""
        if url.startswith("sqlite:"):
            return
        if self.server().empty(url, self.shape):
            self.spare.append(url)
        else:
            self.server().drop(url)


@pytest.fixture(scope="session")
def templates(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """One migrated store of each kind; the server starts only if a test needs it."""
    return Templates(tmp_path_factory.mktemp("stores"), lambda: request.getfixturevalue("postgres_server"))


ON_SQLITE = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
"""For what only a file can show."""
ON_POSTGRESQL = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
"""For what only a server can show."""


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """Every test that uses a store runs on both."""
    return str(request.param)


@pytest.fixture
def driver(dialect: str, templates: Templates, tmp_path: Path) -> Iterator[Driver]:
    """A migrated store of this test's own."""
    url = templates.copy(dialect, tmp_path)
    yield driver_for(url)
    templates.drop(url)


@pytest.fixture
def clock() -> HeldClock:
    """Time, held."""
    return HeldClock()


@pytest.fixture
def database(driver: Driver, clock: HeldClock) -> Iterator[Database]:
    """The opened store."""
    opened = Database(driver, clock, EFFECTS)
    yield opened
    opened.close()


@pytest.fixture
def shop(database: Database, clock: HeldClock, tmp_path: Path) -> Shop:
    """A business with an empty store."""
    return Shop(database, clock, Media(tmp_path / "media"), Vault(tmp_path / "secret.key"))
