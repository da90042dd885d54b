"""The child's side of the protocol: receives orders, sends answers, events and news."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Raw

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child.feed import Feed
from chatapp_cli.connectors.whatsapp_web.child.journal import Journal, carry_over
from chatapp_cli.connectors.whatsapp_web.child.library import log, version
from chatapp_cli.connectors.whatsapp_web.child.phone import Phone, Unfit
from chatapp_cli.connectors.whatsapp_web.child.requests import ORDERS, Requests
from chatapp_cli.connectors.whatsapp_web.wire import Failure

THREADS: Final = 64
"""Each connection occupies a thread for ever; asyncio's default pool would run out."""
GOODBYE: Final = 2.0
"""The timeout for disconnecting, in seconds."""
_LONGEST_ORDER: Final = 1 << 22


async def serve(orders: int, out: int) -> None:
    """Serve until the orders end or a failure is final; then end the process, whatever still runs in it."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
    log.setLevel("WARNING")
    server = Server(out)
    server.tell(wire.Line(hello=wire.Hello(wire.VERSION, f"neonize {version}")))
    reading = asyncio.create_task(server.read(await _reader(orders)))
    ending = asyncio.create_task(server.ended.wait())
    await asyncio.wait({reading, ending}, return_when=asyncio.FIRST_COMPLETED)
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE):
            await server.phone.close()
    os._exit(0)


async def _reader(orders: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=_LONGEST_ORDER)
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(orders, "rb", 0))
    return reader


class Server:
    """One parent, one device."""

    def __init__(self, out: int) -> None:
        self._out = out
        self._tasks: set[asyncio.Task[None]] = set()
        self._feed: Feed | None = None
        self._deeds: Requests | None = None
        self.ended = asyncio.Event()
        self.phone = Phone(self.tell, self.fail)

    def tell(self, line: wire.Line) -> None:
        """Write a line; ignored if the parent is gone."""
        rest = wire.encode(line) + b"\n"
        try:
            while rest:
                rest = rest[os.write(self._out, rest) :]
        except BrokenPipeError:
            self.ended.set()

    def fail(self, failure: Failure) -> None:
        """Report the final failure."""
        if not self.ended.is_set():
            self.tell(wire.Line(error=failure))
            self.ended.set()

    async def read(self, lines: asyncio.StreamReader) -> None:
        """Read orders until stdin ends."""
        async for line in lines:
            try:
                order = wire.order(line)
            except (ValueError, RecursionError) as error:  # without its number nobody can be answered
                sys.stderr.write(f"an order that cannot be read: {type(error).__name__}\n")
                continue
            if order.ack:
                self._acknowledge(order.ack)
            else:
                self._start(self._answer(order))

    def _acknowledge(self, n: int) -> None:
        if self._feed:
            self._feed.acknowledge(n)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        """End the process after a bug of ours: it is restarted instead of staying without a reader."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.fail(Failure("child_ended", "retry", f"{type(error).__name__}: {error}"))

    async def _answer(self, order: wire.Order) -> None:
        try:
            done = await self._do(order)
        except Unfit as unfit:
            self.tell(wire.Line(id=order.id, error=unfit.failure))
        except msgspec.MsgspecError as error:
            self.tell(wire.Line(id=order.id, error=Failure("bad_request", "refused", str(error))))
        else:
            self.tell(wire.Line(id=order.id, ok=Raw(wire.encode(done))))

    async def _do(self, order: wire.Order) -> msgspec.Struct:
        if order.do == "open":
            return await self._open(msgspec.json.decode(order.args, type=wire.Open))
        if order.do not in ORDERS or self._deeds is None:
            raise Unfit(Failure("bad_request", "refused", order.do))
        shape, deed = ORDERS[order.do]
        return await deed(self._deeds, msgspec.json.decode(order.args, type=shape))

    async def _open(self, args: wire.Open) -> wire.Account:
        """Connect; from then on events are sent."""
        self.phone.claim(Path(args.folder))
        journal = await asyncio.to_thread(_journal, args)
        self.phone.wants_history = journal.since > 0
        feed = Feed(self.phone, journal, self.tell)
        self._start(feed.record())
        account = await self.phone.open(args)
        self._feed, self._deeds = feed, Requests(self.phone, journal)
        self._start(feed.tell())
        account.renewed = journal.since > 0
        return account


def _journal(args: wire.Open) -> Journal:
    path, now = Path(args.folder, "journal"), time.time_ns() // 1_000_000
    if not args.pair or path.exists():
        return Journal(path, now)
    if args.renews:
        carry_over(Path(args.renews, "journal"), path)
    journal = Journal(path, now)
    journal.linked(now)
    return journal
