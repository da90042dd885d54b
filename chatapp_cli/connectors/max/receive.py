"""Receiving updates: by webhook or, for trials, by long polling.

MAX allows only one at a time: while a webhook is registered, polling returns nothing.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from hmac import compare_digest
from typing import Final

import msgspec

from chatapp_cli.connectors.max import convert, keyboard, wire
from chatapp_cli.connectors.max.api import MaxApi
from chatapp_cli.connectors.max.gaps import Chats, cursor_at, missed, seen_at
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, PeerChanged
from chatapp_cli.domain.errors import Misconfigured, Rejected, Retryable
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.lenient import read_as
from chatapp_cli.kit.slices import items
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookReply, HookRequest
from chatapp_cli.ports.world import Clock

LONG_POLL: Final = 30
"""The longest long poll, in seconds."""
LIMIT: Final = 100
GAP: Final = 0.5
"""Seconds between requests: MAX allows two per second."""
HEALTH: Final = 45.0
"""Seconds between checks of the webhook; MAX removes an address that failed for eight hours."""
MARK_EVERY: Final = 600.0
"""Seconds between records that MAX had our address."""
SECRET_HEADER: Final = "x-max-bot-api-secret"  # noqa: S105 - a name
_MARKER: Final = re.compile(rb'"marker"\s*:\s*(\d{1,18})')
_TYPES: Final = ",".join(wire.WANTED)


def hook_url(bound: Bound) -> str:
    """Our webhook address."""
    return f"{bound.settings['public_url']}/hooks/{bound.hook_key}"


async def subscriptions(api: MaxApi) -> Sequence[str]:
    """All webhook addresses of this bot."""
    found = await api.get("/subscriptions", wire.Subscriptions)
    return [one.url for one in found.subscriptions]


async def subscribe(api: MaxApi, bound: Bound) -> None:
    """Register our webhook."""
    asked = {"url": hook_url(bound), "update_types": list(wire.WANTED), "secret": bound.secrets["hook_secret"]}
    try:
        await api.change("POST", "/subscriptions", json=asked)
    except Rejected as refusal:
        raise Misconfigured("bad_webhook", refusal.detail, field="public_url") from refusal


async def take_back(api: MaxApi, bound: Bound, *, keep: str = "") -> Sequence[str]:
    """Remove all of this channel's webhooks but one, such as those under a former public address.

    Returns the webhooks that remain; those of other programs stay.
    """
    called = await subscriptions(api)
    stale = [url for url in called if url.endswith(f"/hooks/{bound.hook_key}") and url != keep]
    for url in stale:
        await api.change("DELETE", "/subscriptions", url=url)
    return [url for url in called if url not in stale]


async def marker_now(api: MaxApi) -> str | None:
    """The starting marker of a newly bound bot; ``None`` if MAX does not say, as while a webhook is registered."""
    try:
        answer = await api.get("/updates", wire.Updates, limit=LIMIT, timeout=0, types=_TYPES)
    except (Rejected, Retryable):
        return None
    return None if answer.marker is None else str(answer.marker)


class Titles:
    """Titles of groups and channels: messages lack them, so each is requested once per session."""

    def __init__(self, api: MaxApi, clock: Clock) -> None:
        self._api, self._clock = api, clock
        self._known: set[str] = set()
        self._wanted: set[str] = set()
        self.news = asyncio.Event()

    def notice(self, arrivals: Iterable[Arrival]) -> None:
        """Record which of these arrivals are from chats without a known title."""
        for one in arrivals:
            for event in one.events:
                self._see(event)

    def _see(self, event: object) -> None:
        if not isinstance(event, MessageArrived | PeerChanged) or event.peer.kind == "private":
            return
        gone = isinstance(event, PeerChanged) and not event.reachable
        if event.peer.title or gone:
            self._known.discard(event.peer.key) if gone else self._known.add(event.peer.key)
        elif event.peer.key not in self._known:
            self._wanted.add(event.peer.key)
            self.news.set()

    async def found(self) -> list[Arrival]:
        """Request the missing titles; a chat that MAX does not show gets none."""
        self.news.clear()
        arrivals = []
        while self._wanted:
            key = self._wanted.pop()
            self._known.add(key)
            try:
                chat = await self._api.get(f"/chats/{key}", wire.Chat)
            except Rejected:
                continue
            arrivals.append(self._named(chat))
        return arrivals

    def _named(self, chat: wire.Chat) -> Arrival:
        now = self._clock.now()
        peer = convert.peer(chat.chat_id, convert.kind_of(chat.type, chat.chat_id), chat.title or "")
        event = PeerChanged(peer=peer, at=border.at(now, now))
        provider_id = border.external_id(f"chat:{chat.chat_id}:{now}")
        return Arrival(provider_id=provider_id, raw=msgspec.json.encode(chat), events=(event,))


async def poll(api: MaxApi, clock: Clock, bot: str, cursor: str | None) -> AsyncGenerator[Batch, None]:
    """Yield updates; the cursor is the marker, and polling with it confirms everything before."""
    titles = Titles(api, clock)
    asked: dict[str, int] = {"marker": int(cursor)} if cursor and cursor.isdecimal() else {}
    wait = 0
    while True:
        begun = clock.monotonic()
        updates, marker = await _waited(api, wait, asked)
        ears = convert.Ears(bot, clock.now())
        arrivals = [convert.arrival(raw, ears) for raw in updates]
        titles.notice(arrivals)
        moved = marker is not None and {"marker": marker} != asked
        yield Batch(arrivals=[*await titles.found(), *arrivals], cursor=str(marker) if moved else None)
        await keyboard.answer(api, list(keyboard.presses(arrivals)))
        if updates and not moved:
            raise Retryable("strange_answer", "updates without a marker")
        asked = asked if marker is None else {"marker": marker}
        await clock.sleep(max(0.0, GAP - (clock.monotonic() - begun)))
        wait = LONG_POLL


async def _waited(
    api: MaxApi, wait: int, asked: Mapping[str, int], most: int = LIMIT
) -> tuple[list[bytes], int | None]:
    """Request updates (undecoded) and the next marker.

    An update with malformed JSON breaks the whole answer: it is then requested alone and returned as is.
    """
    body = await api.body("/updates", patience=wait + 30, limit=most, timeout=wait, types=_TYPES, **asked)
    try:
        return items(body, "updates"), read_as(body, wire.Updates, lax=True).marker
    except ValueError:
        found = _MARKER.findall(body)
    if not found:
        raise Retryable("strange_answer", "updates")
    return ([body], int(found[-1])) if most == 1 else await _waited(api, 0, asked, 1)


def accept(request: HookRequest, bound: Bound, at: Millis) -> HookReply:
    """Convert a request that has our secret; any other is refused and nothing is stored."""
    if request.method != "POST":
        return HookReply(status=405)
    given = request.headers.get(SECRET_HEADER, "").encode()
    if not compare_digest(given, bound.secrets["hook_secret"].encode()):
        return HookReply(status=401)
    return HookReply(batch=Batch(arrivals=(convert.arrival(request.body, convert.Ears(bound.account, at)),)))


class Hook:
    """MAX calls us."""

    def __init__(self, api: MaxApi, clock: Clock, bound: Bound, *, forgotten: bool) -> None:
        self._api, self._clock, self._bound = api, clock, bound
        self._forgotten = forgotten
        self._titles = Titles(api, clock)
        self._chats = Chats(bound.memory)
        self._pressed: list[keyboard.Press] = []
        """Presses that are to be answered."""

    def accept(self, request: HookRequest) -> HookReply:
        """Accept a request and record its chats."""
        reply = accept(request, self._bound, self._clock.now())
        self._titles.notice(reply.batch.arrivals)
        self._pressed += keyboard.presses(reply.batch.arrivals)
        if self._chats.notice(reply.batch.arrivals) or self._pressed:
            self._titles.news.set()
        return reply

    async def watch(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        """Check regularly that our webhook is registered, read what was missed meanwhile, and report group titles."""
        seen = seen_at(cursor)
        told = -math.inf
        await self._chats.known()
        while True:
            if self._forgotten and seen is not None:
                ears = convert.Ears(self._bound.account, self._clock.now())
                async for arrivals in missed(self._api, self._chats, ears, seen):
                    yield Batch(arrivals=arrivals)
            seen = self._clock.now()
            due = self._clock.monotonic() >= told + MARK_EVERY
            told = self._clock.monotonic() if due else told
            await self._chats.keep()
            yield Batch(arrivals=tuple(await self._titles.found()), cursor=cursor_at(seen) if due else None)
            await self._rest()
            pressed, self._pressed = self._pressed, []
            await keyboard.answer(self._api, pressed)
            self._forgotten = hook_url(self._bound) not in await subscriptions(self._api)
            if self._forgotten:
                await subscribe(self._api, self._bound)

    async def _rest(self) -> None:
        waits = [asyncio.ensure_future(one) for one in (self._titles.news.wait(), self._clock.sleep(HEALTH))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
