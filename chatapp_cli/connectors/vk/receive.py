"""Receiving events by polling: the Bots Long Poll API, https://dev.vk.com/api/bots-long-poll/getting-started."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chatapp_cli.connectors.vk import convert
from chatapp_cli.connectors.vk.api import VERSION, Params, VkApi
from chatapp_cli.connectors.vk.convert import WANTED, Reader
from chatapp_cli.connectors.vk.history import missed
from chatapp_cli.connectors.vk.names import Names, mentioned
from chatapp_cli.connectors.vk.wire import CHATS, LongPollServer, Polled
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Profile
from chatapp_cli.domain.errors import NeedsRebind, Rejected, Retryable
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.lenient import UNREADABLE
from chatapp_cli.ports.world import Clock

STALE: Final = 3600
"""Seconds after which VK may have dropped events, which are then read from the conversations."""
_PASSED, _KEY_OVER, _ALL_OVER = 1, 2, 3
_HOPELESS: Final = 3
"""Failures in a row, despite a new key and a new number, after which we give up."""

T = TypeVar("T")


class Cursor(Struct, frozen=True, omit_defaults=True):
    """The read position: VK's number of the last event, and the time of the last message in seconds."""

    ts: str = ""
    seen: int = 0

    @classmethod
    def of(cls, stored: str | None) -> Cursor:
        """Decode a stored cursor; an unreadable one starts from now."""
        try:
            return msgspec.json.decode(stored, type=cls) if stored else cls()
        except UNREADABLE:
            return cls()

    @property
    def stored(self) -> str:
        """Encode it for storage."""
        return msgspec.json.encode(self).decode()

    def after(self, arrivals: Iterable[Arrival], ts: str | int = "", *, now: Millis) -> Cursor:
        """Advance past these arrivals; a time in the future is ignored, because it would hide a later gap."""
        heard = (event for one in arrivals for event in one.events if isinstance(event, MessageArrived))
        said = (min(event.at, now) // 1000 for event in heard)
        return Cursor(ts=str(ts) or self.ts, seen=max((self.seen, *said)))


class Receiver:
    """Converts raw events to arrivals, with the names needed."""

    def __init__(self, api: VkApi, reader: Reader, names: Names, clock: Clock) -> None:
        self.api, self.reader, self.clock = api, reader, clock
        self._names = names

    async def arrivals(self, raws: Sequence[bytes]) -> list[Arrival]:
        """Read events; new group chats are introduced first."""
        found = await self._names.learn({number for raw in raws for number in mentioned(raw)})
        understood = [self.understood(raw) for raw in raws]
        chats = {number for number in peers(understood) if number > CHATS}
        return [*self._introduce(found, chats), *understood]

    def understood(self, raw: bytes) -> Arrival:
        """Read one event with the names known so far."""
        return self.reader.arrival(raw, self.clock.now())

    async def introductions(self, strangers: Iterable[int], among: Iterable[int]) -> list[Arrival]:
        """Request unknown names, and return the events that introduce peers among them."""
        return self._introduce(await self._names.learn(strangers), among)

    def _introduce(self, found: Mapping[int, Profile], among: Iterable[int]) -> list[Arrival]:
        now = self.clock.now()
        named = {number: found[number].name for number in among if number in found}
        return [self.understood(convert.known(number, name, now)) for number, name in named.items() if name]

    async def missed(self, cursor: Cursor) -> AsyncGenerator[Batch, None]:
        """Read what was missed since; the last batch moves the cursor."""
        after = cursor
        async for raws in missed(self.api, cursor.seen):
            arrivals = await self.arrivals(raws)
            after = after.after(arrivals, now=self.clock.now())
            yield Batch(arrivals=arrivals)
        yield Batch(cursor=after.stored)

    def begin(self, stored: str | None) -> Cursor:
        """The starting cursor; a new channel starts now."""
        cursor = Cursor.of(stored)
        return replace(cursor, seen=cursor.seen or self.clock.now() // 1000)

    def is_stale(self, cursor: Cursor) -> bool:
        """Whether the last event is so old that VK may have dropped some since."""
        return not cursor.ts or cursor.seen < self.clock.now() // 1000 - STALE


def peers(arrivals: Iterable[Arrival]) -> set[int]:
    """The conversations with new messages."""
    said = (event.peer.key for one in arrivals for event in one.events if isinstance(event, MessageArrived))
    return {int(key) for key in said if key.isdecimal()}


class LongPoll:
    """The polling loop; a request with the next number tells VK that the last events are stored."""

    def __init__(self, receiver: Receiver, stored: str | None) -> None:
        self._receiver = receiver
        self._cursor = receiver.begin(stored)
        self._gap = stored is not None and receiver.is_stale(self._cursor)
        self._failures = 0

    async def events(self) -> AsyncGenerator[Batch, None]:
        """Yield events."""
        await of_the_key(listen(self._receiver.api, self._receiver.reader.community))
        self._server = await self._ask_where()
        self._cursor = replace(self._cursor, ts=self._cursor.ts or str(self._server.ts))
        yield Batch()
        while True:
            if self._gap:
                async for batch in self._receiver.missed(self._cursor):
                    self._cursor = Cursor.of(batch.cursor) if batch.cursor else self._cursor
                    yield batch
            answer = await self._receiver.api.poll(self._server, self._cursor.ts)
            self._gap = answer.failed in {_PASSED, _ALL_OVER}
            if answer.failed:
                await self._recover(answer)
            else:
                yield await self._batch(answer)

    async def _batch(self, answer: Polled) -> Batch:
        self._failures = 0
        told = [(raw, convert.typist(raw)) for raw in map(bytes, answer.updates)]
        arrivals = await self._receiver.arrivals([raw for raw, typist in told if typist is None])
        self._cursor = self._cursor.after(arrivals, answer.ts, now=self._receiver.clock.now())
        typing = tuple(typist for _, typist in told if typist)
        return Batch(arrivals=arrivals, cursor=self._cursor.stored if arrivals else None, typing=typing)

    async def _recover(self, answer: Polled) -> None:
        """Recover from a failed poll: with VK's number, a new key, or both."""
        self._failures += 1
        if self._failures >= _HOPELESS:
            raise Retryable("long_poll_lost", f"failed {answer.failed}")
        if answer.failed == _PASSED:
            self._cursor = replace(self._cursor, ts=str(answer.ts))
            return
        self._server = await self._ask_where()
        if answer.failed == _ALL_OVER:
            self._cursor = replace(self._cursor, ts=str(self._server.ts))

    async def _ask_where(self) -> LongPollServer:
        return await of_the_key(long_poll_server(self._receiver.api, self._receiver.reader.community))


async def listen(api: VkApi, community: int) -> int:
    """Enable the events that we want at VK."""
    about: Params = {"group_id": community, "enabled": True, "api_version": VERSION}
    return await api.patiently("groups.setLongPollSettings", int, {**about, **dict.fromkeys(WANTED, True)})


async def long_poll_server(api: VkApi, community: int) -> LongPollServer:
    """The long poll server; its key expires now and then."""
    return await api.patiently("groups.getLongPollServer", LongPollServer, {"group_id": community})


async def of_the_key(asked: Awaitable[T]) -> T:
    """Make a call that receiving depends on: a refusal here concerns the key."""
    try:
        return await asked
    except Rejected as refusal:
        raise NeedsRebind(refusal.code, refusal.detail) from refusal
