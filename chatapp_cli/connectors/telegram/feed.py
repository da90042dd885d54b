"""The stream of an account's updates, with our own counting.

A pushed update is applied if it is the next one; otherwise the difference from our position is requested. The position
is the cursor of each batch, so it is stored together with the messages. Telethon's own counters run ahead of the store
and are not used.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from telethon.tl import functions as fn

from chatapp_cli.connectors.telegram import moves
from chatapp_cli.connectors.telegram.durable import Findings, entries
from chatapp_cli.connectors.telegram.errors import stage
from chatapp_cli.connectors.telegram.gaps import Gaps
from chatapp_cli.connectors.telegram.moves import Move
from chatapp_cli.connectors.telegram.peers import Known
from chatapp_cli.connectors.telegram.position import OWN, Box, ChannelPosition, Position
from chatapp_cli.connectors.telegram.pushes import Pushed, typists, unpacked
from chatapp_cli.connectors.telegram.reading import Reading
from chatapp_cli.connectors.telegram.wire import Wire
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.errors import Retryable
from chatapp_cli.kit.understanding import digest
from chatapp_cli.ports.memory import Memory

QUIET: Final = 50.0
"""Seconds without updates after which we request them."""
SWEEP: Final = 900.0
"""Seconds after which every box is requested for updates not pushed; https://core.telegram.org/api/updates says so."""
MOST: Final = 100
"""Updates in a batch."""


@dataclass(frozen=True, slots=True)
class Ours:
    """An update in the answer to our own request: it moves the counter but produces no event."""

    update: Any


@dataclass(frozen=True, slots=True)
class Look:
    """Our own request changed a box without the answer saying so."""

    box: Box


@dataclass(frozen=True, slots=True)
class Begin:
    """Start to read a channel."""

    channel: Box
    place: ChannelPosition


class Feed:
    """All updates of one account."""

    def __init__(self, wire: Wire, reading: Reading, memory: Memory, findings: Findings) -> None:
        self._wire = wire
        self._reading = reading
        self._memory = memory
        self._findings = findings
        self._gaps = Gaps(wire, reading)
        self._news: asyncio.Queue[Any] = asyncio.Queue()
        self._swept_at = reading.clock.monotonic()
        wire.client.hear = self._news.put_nowait

    def ours(self, answer: Any) -> None:
        """Count the updates in the answer to a request of ours."""
        found = [one for one in getattr(answer, "updates", None) or [answer] if getattr(one, "pts", 0)]
        for update in sorted(found, key=lambda one: one.pts - (getattr(one, "pts_count", 0) or 0)):
            self._news.put_nowait(Ours(update))

    async def moved(self, old: str, known: Known) -> None:
        """A dialog changed its key; remembered until that is stored."""
        move = Move(old=old, new=str(known.number), title=known.name)
        await self._memory.save({moves.PREFIX + old: move.to_bytes().decode()})
        self._news.put_nowait(move)

    def look(self, box: Box) -> None:
        """Request what is new in a box: Telegram does not push our own actions."""
        self._news.put_nowait(Look(box))

    def begin(self, channel: Box, place: ChannelPosition) -> None:
        """Read a channel from this position."""
        self._news.put_nowait(Begin(channel, place))

    async def batches(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Yield what came after the cursor, then what arrives. Raises ChannelError."""
        watching = asyncio.create_task(self._watch(), name="telegram-connection")
        try:
            with stage("catching up"):
                async for batch in self._resume(cursor):
                    yield batch
            with stage("reading"):
                while True:
                    async for batch in self._step():
                        yield batch
        finally:
            watching.cancel()

    async def _watch(self) -> None:
        """Signal the loss of the connection."""
        with suppress(Exception):  # whatever ended it: the restart finds out why
            await self._wire.client.disconnected
        self._news.put_nowait(None)

    async def _resume(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Emit the moves first: otherwise messages under the new key would open a second dialog."""
        unfinished = await entries(self._memory, moves.PREFIX, lambda _, text: Move.read(text), self._findings)
        position = await self._position(cursor)
        yield Batch(arrivals=[*(self._told(move) for move in unfinished), *self._findings.take()])
        await self._forget(unfinished)
        self._reading.resume(position)
        async for batch in self._gaps.newcomers(position.when):
            yield batch
        async for batch in self._gaps.fill():
            yield batch

    async def _position(self, cursor: str | None) -> Position:
        """The position of the last session; an unreadable cursor is reported, and reading starts now."""
        if cursor:
            try:
                return Position.of(cursor, self._findings)
            except msgspec.MsgspecError as error:
                self._findings.add(f"cursor:{digest(cursor.encode())}", error)
        return await self._present()

    async def _present(self) -> Position:
        position = Position(pts=0, qts=0, date=0)
        position.take(await self._wire.ask(fn.updates.GetStateRequest()))
        return position

    async def _step(self) -> AsyncGenerator[Batch, None]:
        """Take what was pushed, or wait for it; then fill the gaps found."""
        news = await self._gathered()
        if not news:
            yield Batch()
        if typing := [key for one in news for key in typists(one)]:
            yield Batch(typing=typing)
        arrivals = [arrival for one in news for arrival in await self._applied(one)]
        if arrivals:
            yield Batch(arrivals=arrivals, cursor=self._reading.at.cursor())
            await self._forget([one for one in news if isinstance(one, Move)])
        if self._reading.clock.monotonic() - self._swept_at > SWEEP:
            self._swept_at = self._reading.clock.monotonic()
            self._reading.doubt_all()
        async for batch in self._gaps.fill():
            yield batch

    async def _gathered(self) -> Sequence[Any]:
        """The pushed updates; none after a long silence or when a resting chat is due."""
        try:
            async with asyncio.timeout(min(QUIET, self._gaps.patience())):
                news = [await self._news.get()]
        except TimeoutError:
            self._reading.doubts[OWN] = None
            return []
        while len(news) < MOST and not self._news.empty():
            news.append(self._news.get_nowait())
        return news

    async def _applied(self, news: Any) -> Sequence[Arrival]:
        if news is None:
            raise Retryable("unreachable", "disconnected")
        if isinstance(news, Move):
            return [self._told(news)]
        if isinstance(news, Ours | Look | Begin):
            self._note(news)
            return []
        return [arrival for pushed in unpacked(news) for arrival in await self._heard(pushed)]

    async def _heard(self, pushed: Pushed) -> Sequence[Arrival]:
        await self._wire.peers.learn(pushed.entities.values())
        await self._wire.peers.hear(pushed.update)
        return self._reading.apply(pushed.update, pushed.entities)

    def _note(self, news: Ours | Look | Begin) -> None:
        if isinstance(news, Ours):
            self._reading.count(news.update)
        elif isinstance(news, Look):
            self._reading.doubts[news.box] = None
        else:
            self._reading.begin(news.channel, news.place)

    def _told(self, move: Move) -> Arrival:
        return moves.arrival(move.to_bytes(), self._reading.clock.now())

    async def _forget(self, done: Sequence[Move]) -> None:
        if done:
            await self._memory.save({moves.PREFIX + move.old: "" for move in done})
