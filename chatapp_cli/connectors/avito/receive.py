"""Receiving: poll the chats that changed for new messages; a webhook triggers the poll at once.

Webhooks are unsigned and may get lost. So their content is not trusted: a webhook only says which chat to poll, and the
regular poll of all chats continues.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple, TypeVar

from chatapp_cli.connectors.avito import convert, wire
from chatapp_cli.connectors.avito.api import AvitoApi
from chatapp_cli.connectors.avito.convert import Mine
from chatapp_cli.connectors.avito.mark import Mark, credible, mark_of, starting_at
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.errors import Misconfigured, Rejected
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.lenient import read_as
from chatapp_cli.kit.understanding import dead
from chatapp_cli.ports.connector import HookReply, HookRequest
from chatapp_cli.ports.world import Clock

R = TypeVar("R")

EVERY: Final = 10.0
"""Seconds between full polls without a webhook."""
EVERY_BESIDE_HOOK: Final = 45.0
BELL_EVERY: Final = 3600.0
"""Seconds between checks that the webhook is still registered."""
CHAT_TYPES: Final = "u2i,u2u"
"""About advertisements and between profiles; without it Avito shows only the first kind."""
PAGE: Final = 100
_FARTHEST: Final = 1000
"""Avito's largest offset."""
_READ_LOOKS: Final = 5
"""The number of chats whose read state each full poll also checks."""
_NO_SIGN: Final = (0, "")
CLOSED: Final = partial(Rejected, "chat_closed")
_MOST_RUNG: Final = 1000
_CHAT_ID: Final = re.compile(r"[\w~.:=-]{1,200}")
"""A valid chat id, which becomes part of a URL."""


class _Shown(NamedTuple):
    """A chat, decoded and raw."""

    chat: wire.Chat
    raw: bytes

    @property
    def sign(self) -> tuple[int, str]:
        """A value that changes whenever something happens in the chat."""
        newest = self.chat.last_message
        return self.chat.touched, newest.id if newest else ""


def chats_of(account: int) -> str:
    """The path of an account's chats."""
    return f"/messenger/v2/accounts/{account}/chats"


def messages_of(account: int, chat: str) -> str:
    """The path of a chat's messages."""
    return f"/messenger/v3/accounts/{account}/chats/{chat}/messages/"


async def present(api: AvitoApi, clock: Clock) -> Mark:
    """The starting position of a newly bound account."""
    page = await api.page(chats_of(api.account), "chats", offset=0, limit=PAGE, chat_types=CHAT_TYPES)
    shown = (_read_chat(raw) for raw in page)
    return starting_at((one.chat.last_message for one in shown if one and one.chat.last_message), clock.now())


class Reader:
    """Reads one account until cancelled."""

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
        """Deletions and oddities that this session has already reported."""

    def ring(self, request: HookRequest) -> HookReply:
        """Queue the chat that a webhook names; an unreadable webhook triggers a poll of all chats."""
        if request.method != "POST":
            return HookReply(status=405)
        with suppress(ValueError):
            ring = read_as(request.body, wire.Webhook, lax=True).payload.value
            if ring.user_id and str(ring.user_id) != str(self._mine.account):
                return HookReply()
            if _CHAT_ID.fullmatch(ring.chat_id) and len(self._rung) < _MOST_RUNG:
                self._rung.add(ring.chat_id)
        self._bell.set()
        return HookReply()

    async def batches(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Yield new messages; every batch carries the position of its chat."""
        mark = mark_of(cursor) if cursor else await present(self._api, self._clock)
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
        """Wait for a webhook or the next full poll; true if a webhook came."""
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
        """Drop what the next poll does not need."""
        self._chats = {name: shown for name, shown in self._chats.items() if name in mark.unread}
        self._looked = {name: sign for name, sign in self._looked.items() if sign[0] >= mark.floor}

    async def _changed(self, mark: Mark, odd: list[Arrival]) -> AsyncGenerator[_Shown, None]:
        """The chats that changed since the last poll; requests further pages while a page has such chats."""
        for offset in range(0, _FARTHEST + 1, PAGE):
            path = chats_of(self._mine.account)
            page = await self._api.page(path, "chats", offset=offset, limit=PAGE, chat_types=CHAT_TYPES)
            shown_here = list(self._understood(page, odd))
            fresh = [one for one in shown_here if self._may_be_new(one.chat, mark)]
            for shown in fresh:
                self._chats[shown.chat.id] = shown
                if self._looked.get(shown.chat.id) != shown.sign or shown.sign == _NO_SIGN:
                    yield shown
            if len(page) < PAGE or not fresh:
                return

    def _may_be_new(self, chat: wire.Chat, mark: Mark) -> bool:
        return chat.touched >= mark.floor or not credible(chat.touched, self._clock.now())

    def _understood(self, raws: Sequence[bytes], odd: list[Arrival]) -> Iterator[_Shown]:
        for raw in raws:
            if shown := _read_chat(raw):
                yield shown
            else:
                odd += self._once(dead(raw, "a chat of another shape"))

    def _once(self, arrival: Arrival) -> Iterator[Arrival]:
        """Report it once per session."""
        if arrival.provider_id not in self._told:
            self._told.add(arrival.provider_id)
            yield arrival

    async def _known(self, chat: str) -> _Shown | None:
        return self._chats.get(chat) or await self._ask_for(chat)

    async def _ask_for(self, chat: str) -> _Shown | None:
        """Request one chat; ``None`` if it does not exist or is not ours, since anybody can forge a webhook."""
        try:
            raw = await about_chat(self._api, partial(self._api.body, f"{chats_of(self._mine.account)}/{chat}"))
        except Rejected:
            return None
        return _read_chat(raw)

    async def _look(self, shown: _Shown, mark: Mark) -> list[Arrival]:
        """New messages of a chat, oldest first; a chat that Avito does not show is skipped until it changes."""
        try:
            raws = [raw async for raw in self._messages(shown.chat.id, mark.floor)]
        except Rejected as refusal:
            self._looked[shown.chat.id] = shown.sign
            return list(self._once(dead(shown.raw, f"{refusal.code} {refusal.detail}")))
        arrivals: list[Arrival] = []
        ours: list[tuple[wire.Message, bytes]] = []
        for raw in raws:
            try:
                message = convert.message_of(raw)
            except ValueError as error:
                arrivals += self._once(dead(convert.raw_of(shown.raw, raw), f"a message of another shape: {error}"))
                continue
            arrivals += self._news(shown, message, raw, mark)
            if self._mine.wrote(message):
                ours.append((message, raw))
        self._looked[shown.chat.id] = shown.sign
        return [*reversed(arrivals), *_reads(shown.chat.id, ours, mark, self._clock.now())]

    def _news(self, shown: _Shown, message: wire.Message, raw: bytes, mark: Mark) -> Iterator[Arrival]:
        now = self._clock.now()
        if message.type == "deleted":
            yield from self._once(convert.arrival(convert.raw_of(shown.raw, raw), self._mine, now))
        elif mark.is_new(message, now):
            mark.take(message, now)
            arrival = convert.arrival(convert.raw_of(shown.raw, raw), self._mine, now)
            if not credible(message.created, now):
                yield from self._once(arrival)
                return
            if self._mine.wrote(message):
                mark.unread[shown.chat.id] = min(message.created, mark.unread.get(shown.chat.id, message.created))
            yield arrival

    async def _messages(self, chat: str, floor: int) -> AsyncGenerator[bytes, None]:
        """A chat's messages, newest first, up to and including the first page with known ones."""
        path = messages_of(self._mine.account, chat)
        for offset in range(0, _FARTHEST + 1, PAGE):
            ask = partial(self._api.page, path, "messages", offset=offset, limit=PAGE)
            page = await about_chat(self._api, ask)
            for raw in page:
                yield raw
            times = [created for created in map(_created, page) if credible(created, self._clock.now())]
            if len(page) < PAGE or (times and times[-1] < floor):
                return


async def about_chat(
    api: AvitoApi,
    call: Callable[[], Awaitable[R]],
    closed: Callable[[str], Rejected] = CLOSED,
) -> R:
    """Make a call that is about one chat.

    Avito gives the same answer for a closed chat and for an expired tariff; the list of chats tells them apart.
    Raises Rejected for the first, and the error of the list request for the second.
    """
    try:
        return await call()
    except Misconfigured as refusal:
        if refusal.code != "tariff":
            raise
        reason = refusal
    await prove(api)
    raise closed(reason.detail)


async def prove(api: AvitoApi) -> None:
    """Request the latest chat, which requires everything the channel needs: token, rights and tariff."""
    await api.body(chats_of(api.account), chat_types=CHAT_TYPES, limit=1, offset=0)


def _reads(chat: str, ours: Sequence[tuple[wire.Message, bytes]], mark: Mark, now: Millis) -> Iterator[Arrival]:
    """Report what the client has read since the last poll; keep waiting for the rest."""
    since = mark.unread.pop(chat, None)
    if since is None:
        return
    waiting = [message.created for message, _ in ours if not message.read and message.created >= since]
    if waiting:
        mark.unread[chat] = min(waiting)
    yield from (convert.seen(message, raw, now) for message, raw in ours if message.read and message.created >= since)


def _read_chat(raw: bytes) -> _Shown | None:
    try:
        return _Shown(read_as(raw, wire.Chat, lax=True), raw)
    except ValueError:
        return None


def _created(raw: bytes) -> int:
    try:
        return read_as(raw, wire.Newest, lax=True).created
    except ValueError:
        return 0
