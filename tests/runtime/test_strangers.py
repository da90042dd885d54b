"""Whom the account may write to, and how often, whoever asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from statistics import median

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import RateLimited
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.manifest import Capabilities, Rate
from chatapp_cli.domain.message import Origin, Priority
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World
from chatapp_cli.runtime.sender import Sender
from chatapp_cli.runtime.sending_permission import SendingTrouble
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import channels, ingest, lines, reaching, sending, transcript
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.outbox import OutboxRow
from tests.stores import OWNER, said

CAUTIOUS = Capabilities(
    intake="socket",
    write_first=("phone", "username"),
    rates=(Rate(scope="account", limit=20, per=1), Rate(scope="phone", limit=1, per=180)),
)
SOURCES = [
    (Origin.OPERATOR, Priority.OPERATOR),
    (Origin.API, Priority.BULK),
    (Origin.AUTOREPLY, Priority.AUTOMATIC),
    (Origin.OPERATOR, Priority.BULK),
]


class QuickClock:
    """Sleeping is over at once; who naps for long wakes up half a minute later, as on a machine that was busy."""

    def __init__(self) -> None:
        self.at = 1_790_000_000.0
        self.stands: asyncio.Event | None = None
        """Set, nobody who sleeps wakes up."""

    def now(self) -> int:
        return int(self.at * 1000)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        await (self.stands.wait() if self.stands else asyncio.sleep(0))
        self.at += seconds if seconds < 5 else 30


class Messenger:
    """A session that notes what goes out and when, and refuses as it is told."""

    def __init__(self, clock: QuickClock, refuse: Callable[[Outbound], RateLimited | None] = lambda _out: None) -> None:
        self.clock, self.refuse = clock, refuse
        self.sent: list[tuple[str, float]] = []

    async def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        while True:
            yield Batch()

    async def send(self, message: Outbound) -> Receipt:
        if refusal := self.refuse(message):
            raise refusal
        self.sent.append((message.address, self.clock.at))
        return Receipt(ids=(str(len(self.sent)),))

    def at(self, begins: str) -> list[float]:
        return [at for address, at in self.sent if address.startswith(begins)]


@pytest.fixture
def clock() -> QuickClock:
    return QuickClock()


@pytest.fixture
def company(companies: Callable[..., Company], clock: QuickClock) -> Company:
    return open_company(companies().settings, World(clock=clock, chance=SystemChance())).seen_by(OWNER)


@pytest.fixture
def channel(company: Company) -> ChannelId:
    line = company.write(lambda tx: lines.add(tx, "Продажи"))
    bound = Bound(account="1", title="Аккаунт")
    return company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="any"))


def write(company: Company, channel: ChannelId, to: str, n: int = 0) -> MessageId:
    origin, priority = SOURCES[n % len(SOURCES)]
    order = sending.SendOptions(key=company.world.chance.key(), origin=origin, priority=priority)

    def accept(tx: object) -> MessageId:
        row = channels.one(tx, channel)
        return sending.enqueue(
            tx, CAUTIOUS, reaching.dialog_for(tx, row, CAUTIOUS, to), Draft(text="Добрый день"), order
        )

    return company.write(accept)


def row_of(company: Company, channel: ChannelId) -> ChannelRow:
    return company.read(lambda tx: channels.one(tx, channel))


async def nobody(trouble: SendingTrouble | None) -> None:
    raise AssertionError(trouble)


async def run(company: Company, channel: ChannelId, messenger: Messenger, until: Callable[[], bool]) -> None:
    """Let a sender work until something is so, and stop it as a daemon is stopped."""
    store = AsyncStore(company)
    row = row_of(company, channel)
    sender = Sender(store, channel, CAUTIOUS, count=lambda _word: None, tell=nobody)
    pauses = {"account": row.paused_until, "strangers": row.strangers_until}
    task = asyncio.create_task(sender.run(messenger, pauses))
    try:
        async with asyncio.timeout(100):
            while not until():
                await asyncio.wait({task}, timeout=0.005)
                assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await store.aclose()


@pytest.mark.req("S-055")
async def test_a_hundred_first_writes_by_phone_go_three_minutes_apart_whatever_their_source(
    company: Company, channel: ChannelId, clock: QuickClock
) -> None:
    messenger = Messenger(clock)
    for n in range(100):
        write(company, channel, f"+7916000{n:04}", n)
    for n in range(10):
        write(company, channel, f"@name_{n}", n)
    await run(company, channel, messenger, lambda: len(messenger.sent) >= 40)
    await run(company, channel, messenger, lambda: len(messenger.sent) >= 110)
    by_phone = messenger.at("+")
    assert len(by_phone) == 100
    gaps = [later - earlier for earlier, later in pairwise(by_phone)]
    assert min(gaps) >= 180
    assert median(gaps) < 215
    assert max(messenger.at("name_")) - min(messenger.at("")) < 180


@pytest.mark.req("S-055")
async def test_what_waits_for_its_turn_by_phone_says_why_and_when(
    company: Company, channel: ChannelId, clock: QuickClock
) -> None:
    def refuse(_out: Outbound) -> None:
        clock.stands = asyncio.Event()

    messenger = Messenger(clock, refuse)
    write(company, channel, "+79160000001")
    second = write(company, channel, "+79160000002")

    def waiting() -> OutboxRow | None:
        return company.read(lambda tx: transcript.entry(tx, second)).waiting

    await run(company, channel, messenger, lambda: (waits := waiting()) is not None and waits.wait_code == "pace")
    waits = waiting()
    assert waits is not None
    assert waits.not_before >= messenger.sent[0][1] * 1000 + 180_000


async def test_a_messenger_that_forbids_strangers_is_obeyed_over_restarts_while_clients_are_answered(
    company: Company, channel: ChannelId, clock: QuickClock
) -> None:
    day = 86_400
    flood = RateLimited("peer_flood", retry_after=day, scope="strangers")
    messenger = Messenger(clock, lambda out: flood if out.stranger and not messenger.sent else None)
    first = clock.at
    write(company, channel, "@stranger")
    await run(company, channel, messenger, lambda: row_of(company, channel).strangers_until > 0)
    event = said(ext_id="1", at=clock.now())
    arrived = replace(Batch(), arrivals=(ingest.Arrival(provider_id="1", raw=b"", events=(event,)),))
    company.write(lambda tx: ingest.ingest(tx, channel, arrived))
    write(company, channel, "@anna")
    write(company, channel, "@another")
    await run(company, channel, messenger, lambda: len(messenger.sent) >= 3)
    (anna, answered), *strangers = messenger.sent
    assert anna == "anna"
    assert answered < first + day
    assert all(at >= first + day for _address, at in strangers)
