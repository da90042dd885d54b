"""How long an operator's reply takes to reach the provider while ten thousand messages of a mailing wait."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter, sleep

from aiohttp import web

from benchmarks.harness import Case
from benchmarks.incoming import incoming
from benchmarks.shop import SECRET, BenchCompany, company, serving
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.message import Priority
from chatapp_cli.services import channels, ingest, sending
from chatapp_cli.store.tx import Tx

MAILING = 10_000
CLIENTS = 500
REPLIES = 40
PATIENCE = 30.0
_numbers = itertools.count()


@dataclass(slots=True)
class Provider:
    """Takes every webhook at once and tells who waits for one."""

    url: str = ""
    waiting: dict[str, threading.Event] = field(default_factory=dict)
    taken: int = 0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.taken += 1
        for words in [words for words in self.waiting if words in body]:
            self.waiting.pop(words).set()
        return web.json_response({})

    async def listen(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/", self.take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        return runner


@dataclass(slots=True)
class Desk:
    """A company whose daemon runs."""

    made: BenchCompany
    provider: Provider
    queued: int = 0

    def replies(self) -> float:
        """99th percentile of an operator's replies, one after the other."""
        took = sorted(self.reply() for _ in range(REPLIES))
        return took[int(REPLIES * 0.99)]

    def replies_meanwhile(self) -> float:
        """The same, with a mailing of ten thousand on its way."""
        self.mail()
        found = self.replies()
        assert self.queued > self.provider.taken, "the mailing was over before the replies were"
        return found

    def reply(self) -> float:
        """Milliseconds from the operator's transaction to the provider."""
        words = f"reply-{next(_numbers)}-"
        came = self.provider.waiting[words] = threading.Event()
        began = perf_counter()
        self.made.company.write(partial(self._put, DialogId(1), words, Priority.OPERATOR))
        assert came.wait(PATIENCE), words
        return (perf_counter() - began) * 1000

    def mail(self) -> None:
        """Queue as much as is missing from ten thousand, and wait until it goes."""
        while (missing := MAILING - (self.queued - self.provider.taken)) > 0:
            self.made.company.write(partial(self._mailing, min(missing, 1000)))
        taken = self.provider.taken
        while self.provider.taken == taken:
            sleep(0.01)

    def _mailing(self, many: int, tx: Tx) -> None:
        for number in range(many):
            self._put(DialogId(2 + number % (CLIENTS - 1)), "offer", Priority.BULK, tx)

    def _put(self, dialog: DialogId, text: str, priority: int, tx: Tx) -> None:
        order = sending.SendOptions(key=f"k{next(_numbers)}", priority=priority)
        can = self.made.company.capabilities(channels.one(tx, ChannelId(1)))
        sending.enqueue(tx, can, dialog, Draft(text=text), order)
        self.queued += 1


def cases() -> Iterator[Case]:
    with working() as busy, working() as resting:
        yield Case(
            "reply while 10,000 messages wait, p99; without them",
            "ms",
            ours=busy.replies_meanwhile,
            peer=resting.replies,
            at_most=2,
            rounds=3,
        )


@contextmanager
def working() -> Iterator[Desk]:
    """A desk with clients, its daemon and its provider."""
    with company() as made, listening() as provider:
        made.bind("api", {"name": "Bench", "secret": SECRET, "url": provider.url})
        made.company.write(lambda tx: ingest.ingest(tx, ChannelId(1), _clients()))
        with serving(made):
            yield Desk(made, provider)


@contextmanager
def listening() -> Iterator[Provider]:
    """A provider on a thread of its own."""
    provider, loop = Provider(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(provider.listen(), loop).result()
    try:
        yield provider
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _clients() -> Batch:
    return Batch(arrivals=tuple(map(_client, range(1, CLIENTS + 1))))


def _client(number: int) -> Arrival:
    return incoming(f"m{number}", f"c{number}", "hello", name=f"c{number}")
