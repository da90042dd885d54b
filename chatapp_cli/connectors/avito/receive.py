"""How messages reach us: chats that changed are asked for their new messages, at once where Avito rings.

Webhooks bear no signature, and nobody promises that each of them arrives. So none of their content is believed: a
call only says in which chat to look, and a look at everything goes on beside it.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec

from chatapp_cli.connectors.avito import convert, wire
from chatapp_cli.connectors.avito.api import AvitoApi
from chatapp_cli.connectors.avito.convert import Mine
from chatapp_cli.connectors.avito.mark import Mark, mark_of, starting_at
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.event import Arrival, Batch
from chatapp_cli.ports.connector import HookReply, HookRequest
from chatapp_cli.ports.world import Clock

EVERY: Final = 10.0
"""Seconds between two looks at everything, where Avito cannot ring."""
EVERY_BESIDE_HOOK: Final = 45.0
BELL_EVERY: Final = 3600.0
"""Seconds between two looks whether Avito still rings here."""
CHAT_TYPES: Final = "u2i,u2u"
"""About advertisements and between profiles; without it Avito shows only the first kind."""
PAGE: Final = 100
_FARTHEST: Final = 1000
"""Avito's largest offset."""
_READ_LOOKS: Final = 5
"""Chats in which every look at everything also sees whether the client has read us."""
_MOST_RUNG: Final = 1000
_CHAT_ID: Final = re.compile(r"[\w~.:=-]{1,200}")
"""It becomes part of an address."""


class _Shown(NamedTuple):
    """A chat, understood and as it came."""

    chat: wire.Chat
    raw: bytes

    @property
    def sign(self) -> tuple[int, str]:
        """Changes whenever something happens in the chat."""
        newest = self.chat.last_message
        return self.chat.touched, newest.id if newest else ""


def chats_of(account: int) -> str:
    """Where an account's chats are."""
    return f"/messenger/v2/accounts/{account}/chats"


def messages_of(account: int, chat: str) -> str:
    """Where a chat's messages are."""
    return f"/messenger/v3/accounts/{account}/chats/{chat}/messages/"


async def present(api: AvitoApi) -> Mark:
    """Where reading starts for an account that is bound now."""
    page = await api.get(chats_of(api.account), wire.Chats, chat_types=CHAT_TYPES, limit=PAGE, offset=0)
    shown = (_read_chat(raw) for raw in page.chats)
    return starting_at(one.chat.last_message for one in shown if one and one.chat.last_message)


class Reader:
    """Reads one account, for ever."""

    def __init__(
        self, api: AvitoApi, clock: Clock, mine: Mine, *, every: float, see_to_bell: Callable[[], Awaitable[None]]
    ) -> None:
        self._api, self._clock, self._mine, self._every = api, clock, mine, every
        self._see_to_bell = see_to_bell
        self._bell = asyncio.Event()
        self._rung: set[str] = set()
        self._chats: dict[str, _Shown] = {}
        self._looked: dict[str, tuple[int, str]] = {}
        self._told: set[str] = set()
        """Deletions and oddities that this session has told already."""

    def ring(self, request: HookRequest) -> HookReply:
        """Something happened in the chat that a webhook names; what cannot be read means a look at everything."""
        if request.method != "POST":
            return HookReply(status=405)
        with suppress(msgspec.MsgspecError):
            ring = msgspec.json.decode(request.body, type=wire.Webhook).payload.value
            if str(ring.user_id) != str(self._mine.account):
                return HookReply()
            if _CHAT_ID.fullmatch(ring.chat_id) and len(self._rung) < _MOST_RUNG:
                self._rung.add(ring.chat_id)
        self._bell.set()
        return HookReply()

    async def batches(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Yield what is new; every batch says how far its chat is taken."""
        mark = mark_of(cursor) if cursor else await present(self._api)
        given, bell_seen_to = cursor, self._clock.monotonic()
        while True:
            if self._clock.monotonic() - bell_seen_to >= BELL_EVERY:
                await self._see_to_bell()
                bell_seen_to = self._clock.monotonic()
            due = self._clock.monotonic() + self._every
            async for arrivals in self._everywhere(mark):
                yield Batch(arrivals=arrivals, cursor=(given := mark.text()))
            mark.advance()
            yield Batch(cursor=mark.text() if mark.text() != given else None)
            given = mark.text()
            while await self._rings_before(due):
                async for arrivals in self._where_it_rang(mark):
                    yield Batch(arrivals=arrivals, cursor=(given := mark.text()))

    async def _rings_before(self, due: float) -> bool:
        """Wait for a ring or until everything is to be looked at; tell whether it rang."""
        left = due - self._clock.monotonic()
        if left <= 0:
            return False
        waits = [asyncio.ensure_future(one) for one in (self._bell.wait(), self._clock.sleep(left))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        rang = self._bell.is_set() and bool(self._rung)
        self._bell.clear()
        return rang

    async def _where_it_rang(self, mark: Mark) -> AsyncGenerator[Sequence[Arrival], None]:
        while self._rung:
            shown = await self._ask_for(self._rung.pop())
            if shown and (arrivals := await self._look(shown, mark)):
                yield arrivals

    async def _everywhere(self, mark: Mark) -> AsyncGenerator[Sequence[Arrival], None]:
        self._rung.clear()
        odd: list[Arrival] = []
        changed = [one async for one in self._changed(mark, odd)]
        if odd:
            yield odd
        looked = {one.chat.id for one in changed}
        waiting = [name for name in mark.unread if name not in looked][:_READ_LOOKS]
        for shown in [*sorted(changed, key=lambda one: one.sign), *[await self._known(name) for name in waiting]]:
            if shown and (arrivals := await self._look(shown, mark)):
                yield arrivals
        self._forget(mark)

    def _forget(self, mark: Mark) -> None:
        """Keep of the chats only what the next look needs."""
        self._chats = {name: shown for name, shown in self._chats.items() if name in mark.unread}
        self._looked = {name: sign for name, sign in self._looked.items() if sign[0] >= mark.floor}

    async def _changed(self, mark: Mark, odd: list[Arrival]) -> AsyncGenerator[_Shown, None]:
        """Find the chats in which something happened that we have not looked at, page by page while there are any."""
        for offset in range(0, _FARTHEST + 1, PAGE):
            page = await self._api.get(
                chats_of(self._mine.account), wire.Chats, chat_types=CHAT_TYPES, limit=PAGE, offset=offset
            )
            fresh = [one for one in self._understood(page.chats, odd) if one.chat.touched >= mark.floor]
            for shown in fresh:
                self._chats[shown.chat.id] = shown
                if self._looked.get(shown.chat.id) != shown.sign:
                    yield shown
            if len(page.chats) < PAGE or not fresh:
                return

    def _understood(self, raws: Sequence[msgspec.Raw], odd: list[Arrival]) -> Iterator[_Shown]:
        for raw in raws:
            if shown := _read_chat(raw):
                yield shown
            else:
                odd += self._once(_odd(bytes(raw), "a chat"))

    def _once(self, arrival: Arrival) -> Iterator[Arrival]:
        """Tell it if this session has not yet."""
        if arrival.provider_id not in self._told:
            self._told.add(arrival.provider_id)
            yield arrival

    async def _known(self, chat: str) -> _Shown | None:
        return self._chats.get(chat) or await self._ask_for(chat)

    async def _ask_for(self, chat: str) -> _Shown | None:
        """One chat, or ``None`` where there is none: anybody may ring with a name that they made up."""
        try:
            raw = await self._api.body(f"{chats_of(self._mine.account)}/{chat}")
        except Rejected:
            return None
        return _read_chat(msgspec.Raw(raw))

    async def _look(self, shown: _Shown, mark: Mark) -> list[Arrival]:
        """Take what is new in a chat, oldest first."""
        arrivals: list[Arrival] = []
        ours: list[tuple[wire.Message, bytes]] = []
        async for raw in self._messages(shown.chat.id, mark.floor):
            try:
                message = msgspec.json.decode(raw, type=wire.Message)
            except msgspec.MsgspecError:
                arrivals += self._once(_odd(convert.raw_of(shown.raw, raw), "a message"))
                continue
            arrivals += self._news(shown, message, raw, mark)
            if self._mine.wrote(message):
                ours.append((message, raw))
        self._looked[shown.chat.id] = shown.sign
        return [*reversed(arrivals), *_reads(shown.chat.id, ours, mark)]

    def _news(self, shown: _Shown, message: wire.Message, raw: bytes, mark: Mark) -> Iterator[Arrival]:
        if message.type == "deleted":
            yield from self._once(convert.arrival(convert.raw_of(shown.raw, raw), self._mine))
        elif mark.is_new(message):
            mark.take(message)
            if self._mine.wrote(message):
                mark.unread[shown.chat.id] = min(message.created, mark.unread.get(shown.chat.id, message.created))
            yield convert.arrival(convert.raw_of(shown.raw, raw), self._mine)

    async def _messages(self, chat: str, floor: int) -> AsyncGenerator[bytes, None]:
        """A chat's messages, newest first, a page beyond what is new."""
        for offset in range(0, _FARTHEST + 1, PAGE):
            body = await self._api.body(messages_of(self._mine.account, chat), limit=PAGE, offset=offset)
            page = [bytes(raw) for raw in wire.page_of_messages(body)]
            for raw in page:
                yield raw
            if len(page) < PAGE or _created(page[-1]) < floor:
                return


def _reads(chat: str, ours: Sequence[tuple[wire.Message, bytes]], mark: Mark) -> Iterator[Arrival]:
    """Tell what the client has read since the last look, and go on waiting for the rest."""
    since = mark.unread.pop(chat, None)
    if since is None:
        return
    waiting = [message.created for message, _ in ours if not message.read and message.created >= since]
    if waiting:
        mark.unread[chat] = min(waiting)
    yield from (convert.seen(message, raw) for message, raw in ours if message.read and message.created >= since)


def _read_chat(raw: msgspec.Raw) -> _Shown | None:
    try:
        return _Shown(msgspec.json.decode(raw, type=wire.Chat), bytes(raw))
    except msgspec.MsgspecError:
        return None


def _created(raw: bytes) -> int:
    try:
        return msgspec.json.decode(raw, type=wire.Newest).created
    except msgspec.MsgspecError:
        return 0


def _odd(raw: bytes, what: str) -> Arrival:
    return Arrival(provider_id="sha256:" + hashlib.sha256(raw).hexdigest(), raw=raw, problem=f"{what} of another shape")
